import { cutPoint } from '../../effects/cut-point.ts';
import { EffectPage } from '../../effects/effect-page.ts';
import type { Attempt } from '../../effects/attempt.ts';
import type { Connector } from '../../port.ts';
import type { DatasetRow } from '../../../contracts/dataset.ts';
import type { Issuers, Pick } from '../issuers.ts';
import type { Ledger } from '../../../ledger/ports.ts';
import type { PageCall, PageResult } from '../../../contracts/effects.ts';
import type { Screened, TargetReport } from '../../effects/act.ts';

/** What the paged actions on credentials work with. */
export interface CredentialPageOptions {
  readonly ledger: Ledger;
  readonly issuers: Issuers;
  /** Attempt to run as; without it the running Temporal activity's. */
  readonly attempt?: Attempt;
}

/** Opens a page of credentials; raw values are opened only where a connector of that kind needs them. */
export async function openCredentialPage(
  call: PageCall,
  { ledger, issuers, attempt }: CredentialPageOptions,
  pick: Pick,
): Promise<EffectPage> {
  return EffectPage.open(call, {
    ledger,
    opens: call.mode === 'live' && issuers.needsRawValue(pick),
    ownCredentials: issuers.ownSubjects(),
    ...(attempt === undefined ? {} : { attempt }),
  });
}

/**
 * One page of an act that each credential's own issuer does: `credentials.revoke`, `credentials.disable`, `sessions.end`.
 *
 * @param pick - connector of an issuer that does it.
 * @param without - verdict on rows whose issuer is not configured or cannot do it.
 */
export async function actAtIssuers(
  call: PageCall,
  options: CredentialPageOptions,
  pick: Pick,
  without: (row: DatasetRow) => Screened,
): Promise<PageResult> {
  const page = await openCredentialPage(call, options, pick);
  try {
    const rows = await page.admit(call.uses, (row) => row.subject);
    const reports = await Promise.all(
      [...options.issuers.group(rows)].map(([name, group]) =>
        runAtIssuer(page, call.uses, { ...options, name, pick, without }, group),
      ),
    );
    const result = await page.close(reports.flat());
    cutPoint('settled-not-reported');
    return result;
  } finally {
    page.dispose();
  }
}

/** Runs one act on rows of one issuer inside an open page. */
export async function runAtIssuer(
  page: EffectPage,
  action: string,
  at: {
    readonly issuers: Issuers;
    readonly name: string;
    readonly pick: Pick;
    readonly without: (row: DatasetRow) => Screened;
  },
  rows: readonly DatasetRow[],
): Promise<readonly TargetReport[]> {
  const issuer = at.issuers.get(at.name);
  const connector = issuer && at.pick(issuer);
  if (connector) return page.run(at.issuers.act(action, at.name, connector), rows);
  const act = at.issuers.act(action, at.name, nobody);
  return page.run({ ...act, screen: (screened) => Promise.resolve(screened.map(at.without)) }, rows);
}

/** Stands where no connector is: every row is screened before it. */
const nobody: Connector = {
  name: 'none',
  effect: 'idempotent',
  checks: false,
  notifiesOwner: false,
  reversible: true,
  needsRawValue: false,
  effectDelayMaxMs: 0,
  endsSessions: false,
  longestRequestMs: 0,
  batch: { max: 500, concurrency: 1 },
  apply: () => Promise.resolve([]),
};
