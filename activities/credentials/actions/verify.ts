import { beating, currentAttempt } from '../../effects/attempt.ts';
import { isCodedError } from '../../../contracts/errors.ts';
import { leaseId } from '../../../contracts/ids.ts';
import { receiptRoot } from '../../effects/receipt-root.ts';
import type { ApplyContext } from '../../port.ts';
import type { Attempt } from '../../effects/attempt.ts';
import type { CredentialPageOptions } from './act-at-issuers.ts';
import type { DatasetRow } from '../../../contracts/dataset.ts';
import type { EffectCounts, EffectState, Observation, PageCall, PageResult } from '../../../contracts/effects.ts';
import type { EffectRow } from '../../../ledger/ports.ts';
import type { JsonObject } from '../../../contracts/json.ts';

/** Actions whose effects a look may move; the first that stands for a credential is the one. */
const SETTLES = ['credentials.revoke', 'credentials.disable'] as const;
/** Rows of one look: its start is read from the database, so a look must not drag on. */
const LOOK_BATCH = 100;
const BUDGET_MS = 30_000;
/** Wait before a credential is looked at again that nobody could tell about. */
const UNCLEAR_WAIT_MS = 2_000;

interface Looked {
  readonly row: DatasetRow;
  readonly state: EffectState;
  readonly left: boolean;
  readonly waitMs?: number;
  readonly code?: string;
}

/**
 * One page of `credentials.verify`: looks with read credentials and moves the acting rows by what it saw.
 *
 * A credential that still works counts as refuted only when its issuer's longest delay is over; until then it is left.
 * Raw values of credentials that are verified dead are destroyed in every dataset of the incident.
 *
 * @effect none outside; observation receipts and states in the ledger.
 */
export async function verifyPage(call: PageCall, options: CredentialPageOptions): Promise<PageResult> {
  const attempt = options.attempt ?? currentAttempt();
  const look = new VerifyPage(call, options, attempt);
  return beating(attempt, () => look.run());
}

class VerifyPage {
  readonly #call: PageCall;
  readonly #options: CredentialPageOptions;
  readonly #attempt: Attempt;
  readonly #deadlineMs = performance.now() + BUDGET_MS;
  readonly #receipts: JsonObject[] = [];

  constructor(call: PageCall, options: CredentialPageOptions, attempt: Attempt) {
    this.#call = call;
    this.#options = options;
    this.#attempt = attempt;
  }

  async run(): Promise<PageResult> {
    const { ledger, issuers } = this.#options;
    const { incident, dataset, from, to, first } = this.#call;
    const open = issuers.needsRawValue((issuer) => issuer.revoke);
    const rows = await ledger.datasets.read(incident, dataset, { from, to, first, open });
    const looked: Looked[] = [];
    for (const [name, group] of issuers.group(rows)) {
      for (let start = 0; start < group.length; start += LOOK_BATCH) {
        looked.push(...(await this.#lookAt(name, group.slice(start, start + LOOK_BATCH))));
      }
    }
    const result = resultOf(looked);
    await this.#summarise(result);
    return result;
  }

  async #lookAt(name: string, rows: readonly DatasetRow[]): Promise<readonly Looked[]> {
    const acting = await this.#actingRows(rows);
    const open = rows.filter((row) => acting.get(row.subject)?.row.state !== 'verified');
    const startedAt = await this.#options.ledger.effects.now();
    const { seen, code, waitMs } = await this.#check(name, open);
    await this.#observe(name, startedAt, open, acting, seen);
    const after = seen.size > 0 ? await this.#actingRows(rows) : acting;
    const delayMs = this.#options.issuers.get(name)?.revoke.effectDelayMaxMs ?? 0;
    const looked = rows.map((row) => {
      const effect = after.get(row.subject)?.row;
      return { row, ...judge(effect, seen.get(row.subject)?.dead, { delayMs, startedAt, code, waitMs }) };
    });
    await this.#destroyValues(looked);
    return looked;
  }

  /** The acting row of each credential, with its action; absent where nothing acted on it. */
  async #actingRows(
    rows: readonly DatasetRow[],
  ): Promise<ReadonlyMap<string, { readonly action: string; readonly row: EffectRow }>> {
    const found = new Map<string, { readonly action: string; readonly row: EffectRow }>();
    for (const action of SETTLES) {
      const missing = rows.map(({ subject }) => subject).filter((subject) => !found.has(subject));
      if (missing.length === 0) break;
      const states = await this.#options.ledger.effects.states(this.#call.incident, action, missing);
      for (const row of states) found.set(row.subject, { action, row });
    }
    return found;
  }

  async #check(
    name: string,
    rows: readonly DatasetRow[],
  ): Promise<{ readonly seen: ReadonlyMap<string, Observation>; readonly code: string; readonly waitMs: number }> {
    const unclear = { seen: new Map<string, Observation>(), code: 'CREDENTIALS_LOOK_UNCLEAR', waitMs: UNCLEAR_WAIT_MS };
    const connector = this.#options.issuers.get(name)?.revoke;
    if (!connector?.check)
      return { ...unclear, code: connector ? 'CONNECTOR_ACTION_UNSUPPORTED' : 'CONNECTOR_ISSUER_UNKNOWN' };
    if (rows.length === 0) return unclear;
    if (this.#attempt.signal.aborted || performance.now() > this.#deadlineMs - connector.longestRequestMs) {
      return { ...unclear, code: 'EFFECT_TIME_BUDGET', waitMs: 0 };
    }
    try {
      const observations = await connector.check(rows, this.#context(connector.longestRequestMs));
      return { ...unclear, seen: new Map(observations.map((seen) => [seen.subject, seen])) };
    } catch (error) {
      if (!isCodedError(error)) throw error;
      return { ...unclear, code: error.code, waitMs: error.retryAfterMs ?? UNCLEAR_WAIT_MS };
    }
  }

  #context(requestTimeoutMs: number): ApplyContext {
    const { incident, mode, step, round, with: given } = this.#call;
    return { incident, mode, step, round, with: given, signal: this.#attempt.signal, requestTimeoutMs };
  }

  /** Writes what was seen under the acting action; where nothing acted, under the first, as a receipt alone. */
  async #observe(
    name: string,
    startedAt: string,
    rows: readonly DatasetRow[],
    acting: ReadonlyMap<string, { readonly action: string; readonly row: EffectRow }>,
    seen: ReadonlyMap<string, Observation>,
  ): Promise<void> {
    const { ledger, issuers } = this.#options;
    const delayMs = issuers.get(name)?.revoke.effectDelayMaxMs ?? 0;
    for (const action of SETTLES) {
      const observations = rows.flatMap((row) => {
        const observation = seen.get(row.subject);
        const effect = acting.get(row.subject);
        if (!observation || (effect?.action ?? SETTLES[0]) !== action) return [];
        return [{ ...observation, generation: effect?.row.generation ?? 1 }];
      });
      if (observations.length === 0) continue;
      await ledger.effects.observe(this.#call.incident, action, delayMs, startedAt, observations);
      for (const { subject, generation, dead, receipt } of observations) {
        this.#receipts.push({ action, subject, generation, dead: dead ?? null, receipt });
      }
    }
  }

  /** Also what an earlier look verified: it may have died before it could destroy. */
  async #destroyValues(looked: readonly Looked[]): Promise<void> {
    const { incident, dataset, mode } = this.#call;
    if (mode !== 'live') return;
    const dead = looked.filter(({ state }) => state === 'verified').map(({ row }) => row.subject);
    if (dead.length > 0) await this.#options.ledger.datasets.destroySealed(incident, dataset, dead);
  }

  /** A look that saw nothing leaves no record; the record's key is that of the page and attempt. */
  async #summarise(result: PageResult): Promise<void> {
    if (this.#receipts.length === 0) return;
    const { incident, uses, step, visit, round, page, from, to, dataset } = this.#call;
    const lease = leaseId(incident, step, visit, page);
    const root = receiptRoot(this.#receipts);
    await this.#options.ledger.journal.append(incident, [
      {
        key: `page:${lease}:${this.#attempt.epoch}:closed`,
        kind: 'page.closed',
        actor: 'engine',
        body: {
          ...{ uses, step, visit, round, page, from, to, dataset: dataset.id, digest: dataset.digest },
          counts: result.counts,
          left: result.left,
          receipts: this.#receipts.length,
          root,
        },
      },
    ]);
  }
}

/** Nobody will ever tell: there is no connector for the issuer, or it cannot look. */
const NEVER = new Set<string>(['CONNECTOR_ACTION_UNSUPPORTED', 'CONNECTOR_ISSUER_UNKNOWN']);

/**
 * What a credential counts as after a look. Whatever became of the act, alive is refuted and dead is verified; one that nobody
 * can tell about is looked at again, unless its act failed: that is named as it is.
 */
function judge(
  effect: EffectRow | undefined,
  dead: boolean | undefined,
  look: { readonly delayMs: number; readonly startedAt: string; readonly code: string; readonly waitMs: number },
): Omit<Looked, 'row'> {
  const state = effect?.state ?? 'planned';
  if (state === 'verified' || state === 'withheld') return { state, left: false };
  if (state === 'refuted') return { state, left: false, code: 'CREDENTIALS_STILL_ALIVE' };
  if (dead === undefined) {
    if (state === 'failed') return { state, left: false, code: effect?.code ?? look.code };
    if (NEVER.has(look.code)) return { state: 'unknown', left: false, code: look.code };
    return { state, left: true, code: look.code, waitMs: look.waitMs };
  }
  if (state !== 'accepted' && state !== 'unknown') {
    return dead
      ? { state: 'verified', left: false }
      : { state: 'refuted', left: false, code: 'CREDENTIALS_STILL_ALIVE' };
  }
  const settledMs = Date.parse(effect?.settledAt ?? look.startedAt);
  const waitMs = Math.max(look.waitMs, 0, settledMs + look.delayMs - Date.parse(look.startedAt));
  return { state, left: true, code: dead ? 'CREDENTIALS_LOOK_UNCLEAR' : 'CREDENTIALS_STILL_ALIVE', waitMs };
}

function resultOf(looked: readonly Looked[]): PageResult {
  const counts: Partial<Record<EffectState, number>> = {};
  const reasons: Record<string, number> = {};
  for (const { state, code } of looked) {
    counts[state] = (counts[state] ?? 0) + 1;
    if (code !== undefined) reasons[code] = (reasons[code] ?? 0) + 1;
  }
  const left = looked.filter((target) => target.left);
  const settled: EffectCounts = counts;
  return {
    counts: settled,
    left: left.length,
    ...(left.length > 0 ? { waitMs: Math.min(20_000, ...left.map(({ waitMs }) => waitMs ?? UNCLEAR_WAIT_MS)) } : {}),
    ...(Object.keys(reasons).length > 0 ? { reasons } : {}),
  };
}
