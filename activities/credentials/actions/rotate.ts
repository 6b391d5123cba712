import { openCredentialPage, runAtIssuer } from './act-at-issuers.ts';
import { cutPoint } from '../../effects/cut-point.ts';
import { durationMs } from '../../../contracts/duration.ts';
import { failedWithout } from './without-connector.ts';
import { isCodedError } from '../../../contracts/errors.ts';
import { isOpen } from '../../effects/act.ts';
import { READ_BATCH } from '../port.ts';
import { text } from '../connectors/answers.ts';
import type { Act, TargetReport } from '../../effects/act.ts';
import type { CredentialPageOptions } from './act-at-issuers.ts';
import type { DatasetRow } from '../../../contracts/dataset.ts';
import type { EffectPage } from '../../effects/effect-page.ts';
import type { JsonObject } from '../../../contracts/json.ts';
import type { PageCall, PageResult } from '../../../contracts/effects.ts';
import type { Rotation } from '../port.ts';

/** The three effects of a rotation, keyed by the same subject as everywhere (facts/engine item 4). */
const ISSUE = 'credentials.issue';
const HAND_OVER = 'credentials.handover';
const REVOKE = 'credentials.revoke';

/** First look at whether owners confirmed: the demo's owners take a second or two. */
const CONFIRM_FIRST_MS = 1_500;
/** Later looks are a tenth of the time already waited apart, at most this. */
const CONFIRM_MAX_MS = 20_000;

interface HandedOver {
  readonly report: TargetReport;
  readonly replacement: string;
}

/**
 * One page of `credentials.rotate`: issue, hand over, and revoke the old one as soon as its owner confirmed.
 *
 * A target that waits for its owner is `left`; at `revokeAfter` from the hand-over it is revoked without confirmation.
 *
 * @effect three a target; the last one is the same effect as that of `credentials.revoke`, and counts against its limit: a
 * target is begun only where that leaves room for its end.
 */
export async function rotatePage(call: PageCall, options: CredentialPageOptions): Promise<PageResult> {
  const { issuers } = options;
  const page = await openCredentialPage(call, options, (issuer) => issuer.rotation && issuer.revoke);
  try {
    const subject = (row: DatasetRow): string => row.subject;
    const rows = await page.admit(ISSUE, subject, [{ action: REVOKE, subject }]); // no new one whose old one must not die
    const reports: TargetReport[] = [];
    for (const [name, group] of issuers.group(rows)) {
      const rotation = issuers.get(name)?.rotation;
      reports.push(
        ...(rotation
          ? await rotateAt(page, options, name, rotation, group)
          : await runAtIssuer(
              page,
              ISSUE,
              { issuers, name, pick: () => undefined, without: failedWithout(issuers) },
              group,
            )),
      );
    }
    const result = await page.close(reports);
    cutPoint('settled-not-reported');
    return result;
  } finally {
    page.dispose();
  }
}

async function rotateAt(
  page: EffectPage,
  { issuers }: CredentialPageOptions,
  name: string,
  rotation: Rotation,
  rows: readonly DatasetRow[],
): Promise<readonly TargetReport[]> {
  const run = async (act: Act, some: readonly DatasetRow[]): Promise<readonly TargetReport[]> => page.run(act, some);
  const revoked = await page.states(
    REVOKE,
    rows.map((row) => row.subject),
  );
  const waiting = rows.filter((row) => isOpen(revoked.get(row.subject)?.state));
  const issued = await run(issuers.act(ISSUE, name, rotation.issue), waiting);
  const ready = await withReplacements(page, issued);
  const handed = await run(issuers.act(HAND_OVER, name, rotation.handOver), ready);
  const given = handed.filter(isDone).map((report): HandedOver => ({ report, replacement: replacementOf(report.row) }));
  const { due, pending } = await dueForRevoke(page, rotation, given);
  const done = await runAtIssuer(
    page,
    REVOKE,
    { issuers, name, pick: (issuer) => issuer.revoke, without: failedWithout(issuers) },
    [...rows.filter((row) => !waiting.includes(row)), ...due],
  );
  return [
    ...issued.filter((report) => !isDone(report)),
    ...handed.filter((report) => !isDone(report)),
    ...pending,
    ...done,
  ];
}

/** Rows of issued replacements, each with the id of its replacement: from this attempt's receipt or the ledger's. */
async function withReplacements(page: EffectPage, issued: readonly TargetReport[]): Promise<readonly DatasetRow[]> {
  return Promise.all(
    issued.filter(isDone).map(async ({ row, receipt }) => {
      const receipts = receipt ? [receipt] : await receiptsOf(page, row.subject);
      const replacement = receipts.map((body) => text(body['replacement'])).findLast((id) => id !== '') ?? '';
      return { ...row, attributes: { ...row.attributes, replacement } };
    }),
  );
}

async function receiptsOf(page: EffectPage, subject: string): Promise<readonly JsonObject[]> {
  const receipts = await page.ledger.effects.receipts(page.call.incident, ISSUE, subject);
  return receipts.map(({ body }) => body);
}

async function dueForRevoke(
  page: EffectPage,
  rotation: Rotation,
  given: readonly HandedOver[],
): Promise<{ readonly due: readonly DatasetRow[]; readonly pending: readonly TargetReport[] }> {
  if (given.length === 0) return { due: [], pending: [] };
  const revokeAfterMs = durationMs(text(page.call.with['revokeAfter']));
  const nowMs = Date.parse(await page.ledger.effects.now());
  const { confirmed, code } = await confirmations(rotation, given);
  const due: DatasetRow[] = [];
  const pending: TargetReport[] = [];
  for (const { report, replacement } of given) {
    const waitedMs = nowMs - Date.parse(report.settledAt ?? new Date(nowMs).toISOString());
    if (confirmed.has(replacement) || waitedMs >= revokeAfterMs) due.push(report.row);
    else {
      const nextMs = Math.min(Math.max(CONFIRM_FIRST_MS, waitedMs / 10), CONFIRM_MAX_MS, revokeAfterMs - waitedMs);
      pending.push({ row: report.row, subject: report.subject, state: 'planned', left: true, waitMs: nextMs, code });
    }
  }
  return { due, pending };
}

/** Who confirmed. Where the issuer cannot say now, nobody did, and the code tells why. */
async function confirmations(
  rotation: Rotation,
  given: readonly HandedOver[],
): Promise<{ readonly confirmed: ReadonlySet<string>; readonly code: string }> {
  const confirmed = new Set<string>();
  try {
    for (let from = 0; from < given.length; from += READ_BATCH) {
      const ids = given.slice(from, from + READ_BATCH).map(({ replacement }) => replacement);
      for (const id of await rotation.confirmed(ids)) confirmed.add(id);
    }
    return { confirmed, code: 'CREDENTIALS_HANDOVER_PENDING' };
  } catch (error) {
    if (!isCodedError(error)) throw error;
    return { confirmed, code: error.code };
  }
}

function replacementOf(row: DatasetRow): string {
  return text(row.attributes['replacement']);
}

function isDone({ state }: TargetReport): boolean {
  return state === 'accepted' || state === 'verified';
}
