import { CodedError } from '../../contracts/errors.ts';
import { leaseId, permitId } from '../../contracts/ids.ts';
import { ActRun } from './act-run.ts';
import { isOpen } from './act.ts';
import { currentAttempt } from './attempt.ts';
import { receiptRoot } from './receipt-root.ts';
import { TokenPurse, rateOf } from './token-purse.ts';
import type { Act, PageScope, TargetReport } from './act.ts';
import type { Attempt } from './attempt.ts';
import type { DatasetRow } from '../../contracts/dataset.ts';
import type { EffectCounts, EffectState, PageCall, PageResult } from '../../contracts/effects.ts';
import type { EffectRow, Lease, Ledger } from '../../ledger/ports.ts';
import type { JsonObject } from '../../contracts/json.ts';

/** A page starts nothing new after this long; the activity's own timeout is four times as much. */
const PAGE_BUDGET_MS = 30_000;
/** A connector that has not answered by then is given up on: twice the budget, half the activity's timeout. */
const PAGE_PATIENCE_MS = 60_000;
/** How often progress is reported; the SDK throttles further. */
const HEARTBEAT_MS = 500;
/** Wait before targets that no provider put off are swept: long enough for another page's claims to settle. */
const SWEEP_MS = 1_000;
/** Longest wait a page asks for: an outage must end within a minute of its end (facts/engine, figures). */
const SWEEP_MAX_MS = 20_000;

/** How to open a page. */
export interface EffectPageOptions {
  readonly ledger: Ledger;
  /** Whether sealed parts are opened; this process must hold the key class of the dataset. */
  readonly opens: boolean;
  /** Subjects of credentials that the engine itself works with: refused as targets. */
  readonly ownCredentials?: ReadonlySet<string>;
  /** Attempt to run as; without it the running Temporal activity's. */
  readonly attempt?: Attempt;
}

/**
 * One attempt of one page of a rollout.
 *
 * Order of use: `open`, `admit` once, `run` once for each act, `close`. Everything that must hold before a target is
 * acted on (lease, permit, gate, limit, journal record) is seen to here.
 */
export class EffectPage implements PageScope {
  readonly call: PageCall;
  readonly ledger: Ledger;
  readonly rows: readonly DatasetRow[];
  readonly lease: Lease;
  readonly ownCredentials: ReadonlySet<string>;
  /** Aborts on cancellation, on stop, on a lost lease and at the end of the time budget: start nothing new. */
  readonly signal: AbortSignal;
  /** Rate limit of the plan for this action; `undefined` where the plan has none. */
  readonly pace: TokenPurse | undefined;
  readonly #abort = new AbortController();
  readonly #startedAt = performance.now();
  readonly #pulse: NodeJS.Timeout;
  readonly #receipts: JsonObject[] = [];
  #records = 0;
  #done = 0;
  #limited = false;
  #shut = false;

  private constructor(
    call: PageCall,
    options: EffectPageOptions,
    attempt: Attempt,
    rows: readonly DatasetRow[],
    pace: TokenPurse | undefined,
  ) {
    this.call = call;
    this.ledger = options.ledger;
    this.rows = rows;
    this.lease = leaseOf(call, attempt);
    this.ownCredentials = options.ownCredentials ?? new Set();
    this.pace = pace;
    this.signal = AbortSignal.any([this.#abort.signal, attempt.signal]);
    this.#pulse = setInterval(() => {
      attempt.heartbeat({ page: call.page, done: this.#done });
      if (performance.now() - this.#startedAt > PAGE_BUDGET_MS) this.#abort.abort();
    }, HEARTBEAT_MS);
  }

  /**
   * Proves that this page may act, takes its lease and reads its rows.
   *
   * @throws EFFECT_PERMIT_MISSING when the engine has set no permit for the step visit yet.
   * @throws GATE_STALE when the digest the page was sent with is not the one the permit stands under.
   * @throws LEASE_LOST when a newer attempt has the page.
   */
  static async open(call: PageCall, options: EffectPageOptions): Promise<EffectPage> {
    const attempt = options.attempt ?? currentAttempt();
    const { datasets, effects } = options.ledger;
    const lease = leaseOf(call, attempt);
    const permit = await effects.readPermit(lease.permit);
    if (!permit) throw new CodedError('EFFECT_PERMIT_MISSING', `${lease.permit} has no permit`);
    if (permit.gate !== call.gate) {
      throw new CodedError('GATE_STALE', `the gate of ${lease.permit} was answered for something else`);
    }
    await effects.takeLease(lease, call.incident);
    const rows = await datasets.read(call.incident, call.dataset, {
      from: call.from,
      to: call.to,
      first: call.first,
      open: options.opens && call.mode !== 'preview',
    });
    return new EffectPage(call, options, attempt, rows, await paceOf(call, options.ledger));
  }

  /** Milliseconds left in which a request of at most `longestRequestMs` may be started; 0 or less: none. */
  startableMs(longestRequestMs: number): number {
    if (this.signal.aborted) return 0;
    const reserveMs = Math.min(longestRequestMs, PAGE_BUDGET_MS / 2);
    return PAGE_BUDGET_MS - reserveMs - (performance.now() - this.#startedAt);
  }

  /** Milliseconds until an unanswered request is given up on. */
  patienceMs(): number {
    return PAGE_PATIENCE_MS - (performance.now() - this.#startedAt);
  }

  /**
   * Those rows that the limit of the step's action lets through, in order; call it once a page, before the first `run`.
   *
   * @param action - action of the effects that tell what this page used already; for chained acts the first of them.
   * @param subject - subject of a row under that action.
   */
  async admit(action: string, subject: (row: DatasetRow) => string): Promise<readonly DatasetRow[]> {
    const states = await this.states(action, this.rows.map(subject));
    const open = this.rows.filter((row) => isOpen(states.get(subject(row))?.state));
    if (open.length === 0 || this.call.mode !== 'live') return this.rows;
    const used = [...states.values()].filter((row) => row.lease === this.lease.id && row.state !== 'planned').length;
    const claimed = open.filter((row) => states.get(subject(row))?.state === 'claimed');
    const granted = await this.ledger.effects.reserve(
      this.lease,
      this.call.incident,
      this.call.uses,
      used + open.length - claimed.length,
    );
    const fresh = open.filter((row) => !claimed.includes(row));
    const over = new Set(fresh.slice(Math.max(0, granted - used)));
    this.#limited = over.size > 0;
    return this.rows.filter((row) => !over.has(row));
  }

  /** Acts on rows of this page. @returns one report a row, in the order of `rows`, read from the ledger afterwards. */
  async run(act: Act, rows: readonly DatasetRow[]): Promise<readonly TargetReport[]> {
    if (rows.length === 0) return [];
    return new ActRun(this, act, rows).run();
  }

  /** Present rows of an action by subject. */
  async states(action: string, subjects: readonly string[]): Promise<ReadonlyMap<string, EffectRow>> {
    const rows = await this.ledger.effects.states(this.call.incident, action, [...new Set(subjects)]);
    return new Map(rows.map((row) => [row.subject, row]));
  }

  /** Writes what will be tried. No record, no effect: an act awaits this before its first claim. */
  async announce(body: JsonObject): Promise<void> {
    const { call, lease } = this;
    const suffix = this.#records === 0 ? '' : `:${this.#records}`;
    this.#records += 1;
    await this.ledger.journal.append(call.incident, [
      {
        key: `page:${lease.id}:${lease.epoch}${suffix}`,
        kind: 'page.opened',
        actor: 'engine',
        body: { ...this.#place(), gate: call.gate ?? null, mode: call.mode, ...body },
      },
    ]);
  }

  /** Takes receipts into the page's summary. */
  note(receipts: readonly JsonObject[]): void {
    this.#receipts.push(...receipts);
    this.#done += receipts.length;
  }

  /** The ledger refused a claim: find out whether we were stopped. @throws LEASE_LOST when a newer attempt has the page. */
  async shut(): Promise<void> {
    this.#abort.abort();
    const permit = await this.ledger.effects.readPermit(this.lease.permit);
    if (permit?.state === 'open') await this.ledger.effects.takeLease(this.lease, this.call.incident);
    this.#shut = true;
  }

  /**
   * Writes the summary and builds the result from what the ledger says of the page's targets.
   *
   * @param reports - one a target; a row of the page without a report was over the limit and stays `planned`.
   */
  async close(reports: readonly TargetReport[]): Promise<PageResult> {
    const left = reports.filter((report) => report.left);
    const overLimit = this.rows.length - reports.length;
    const counts = countStates(reports, overLimit);
    const reasons: Record<string, number> = overLimit > 0 ? { LIMIT_EXCEEDED: overLimit } : {};
    for (const { code } of reports) if (code !== undefined) reasons[code] = (reasons[code] ?? 0) + 1;
    if (this.#records > 0) await this.#summarise(counts, left.length + overLimit, reasons);
    return {
      counts,
      left: left.length + overLimit,
      ...(left.length > 0 ? { waitMs: waitOf(left) } : {}),
      ...(Object.keys(reasons).length > 0 ? { reasons } : {}),
      ...(this.#limited ? { limited: true } : {}),
      ...(this.#shut ? { stopped: true } : {}),
    };
  }

  /** Ends heartbeats; safe to call twice. */
  dispose(): void {
    clearInterval(this.#pulse);
    this.#abort.abort();
  }

  async #summarise(counts: EffectCounts, left: number, reasons: JsonObject): Promise<void> {
    await this.ledger.journal.append(this.call.incident, [
      {
        key: `page:${this.lease.id}:${this.lease.epoch}:closed`,
        kind: 'page.closed',
        actor: 'engine',
        body: {
          ...this.#place(),
          counts: counts,
          left,
          reasons,
          receipts: this.#receipts.length,
          root: receiptRoot(this.#receipts),
        },
      },
    ]);
  }

  #place(): JsonObject {
    const { uses, step, visit, round, page, from, to, dataset } = this.call;
    return { uses, step, visit, round, page, from, to, dataset: dataset.id, digest: dataset.digest };
  }
}

function leaseOf(call: PageCall, attempt: Attempt): Lease {
  const { incident, step, visit, page } = call;
  return {
    id: leaseId(incident, step, visit, page),
    epoch: attempt.epoch,
    permit: permitId(incident, step, visit),
  };
}

async function paceOf(call: PageCall, ledger: Ledger): Promise<TokenPurse | undefined> {
  const limit = (await ledger.documents.getPlan(call.planHash))?.plan.limits[call.uses];
  const rate = limit?.perMinute
    ? rateOf(limit.perMinute, 60)
    : limit?.perHour
      ? rateOf(limit.perHour, 3_600)
      : undefined;
  return rate && new TokenPurse(ledger.effects, `limit:${call.incident}:${call.uses}`, rate);
}

function countStates(reports: readonly TargetReport[], planned: number): EffectCounts {
  const counts: Partial<Record<EffectState, number>> = planned > 0 ? { planned } : {};
  for (const { state } of reports) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

function waitOf(left: readonly TargetReport[]): number {
  const shortest = Math.min(...left.map((report) => report.waitMs ?? SWEEP_MS));
  return Math.round(Math.min(Math.max(shortest, 0), SWEEP_MAX_MS));
}
