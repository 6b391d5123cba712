import { CodedError } from '../../contracts/errors.ts';
import { leaseId, permitId } from '../../contracts/ids.ts';
import { ActRun } from './act-run.ts';
import { Admission, type Counted } from './admission.ts';
import { currentAttempt } from './attempt.ts';
import { Pace } from './pace.ts';
import { PageJournal } from './page-journal.ts';
import { PageTime } from './page-time.ts';
import { returnedOf } from './returns.ts';
import type { Act, PageScope, TargetReport } from './act.ts';
import type { Attempt } from './attempt.ts';
import type { DatasetRow } from '../../contracts/dataset.ts';
import type { EffectCounts, EffectState, PageCall, PageResult } from '../../contracts/effects.ts';
import type { EffectRow, Lease, Ledger } from '../../ledger/ports.ts';
import type { JsonObject } from '../../contracts/json.ts';

/** How often progress is reported; the SDK throttles further. */
const HEARTBEAT_MS = 500;
/** Wait before targets that no provider put off are swept: long enough for another page's claims to settle. */
const SWEEP_MS = 1_000;
/** Longest wait a page asks for: an outage must end within a minute of its end (facts/engine, figures). */
const SWEEP_MAX_MS = 20_000;
/** Longest wait where the ledger lets none of the targets be claimed before: a sweep in between would find nothing. */
const PUT_OFF_MAX_MS = 15 * 60_000;

/** Wait before a page is tried again whose targets wait for the gate. */
const REST_WAITS_MS = 5_000;

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
  /** How fast the step's action may act. */
  readonly pace: Pace;
  readonly #abort = new AbortController();
  readonly #time: PageTime;
  readonly #pulse: NodeJS.Timeout;
  readonly #journal: PageJournal;
  readonly #admission: Admission;
  #watched: Act | undefined;
  #done = 0;
  #shut = false;

  private constructor(
    call: PageCall,
    options: EffectPageOptions,
    attempt: Attempt,
    rows: readonly DatasetRow[],
    pace: Pace,
  ) {
    this.call = call;
    this.ledger = options.ledger;
    this.rows = rows;
    this.lease = leaseOf(call, attempt);
    this.ownCredentials = options.ownCredentials ?? new Set();
    this.pace = pace;
    this.#time = new PageTime(attempt.timeoutMs);
    this.#journal = new PageJournal(options.ledger.journal, call, this.lease);
    this.#admission = new Admission(call, options.ledger, this.lease, attempt.number ?? 1);
    this.signal = AbortSignal.any([this.#abort.signal, attempt.signal]);
    this.#pulse = setInterval(() => {
      attempt.heartbeat({ page: call.page, done: this.#done });
      if (this.#time.isOver) this.#abort.abort();
    }, HEARTBEAT_MS);
  }

  /**
   * Proves that this page may act, takes its lease and reads its rows.
   *
   * @throws EFFECT_PERMIT_MISSING when the engine has set no permit for the step visit yet.
   * @throws GATE_STALE when the digest the page was sent with is not the one the permit stands under.
   * @throws GATE_REST_WAITS when only targets before these were let through yet.
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
    if (permit.ceiling !== undefined && call.to > permit.ceiling)
      throw new CodedError(
        'GATE_REST_WAITS',
        `of ${lease.permit} ${permit.ceiling} targets were let through beforehand`,
        {
          retryAfterMs: REST_WAITS_MS,
        },
      );
    await effects.takeLease(lease, call.incident);
    const rows = await datasets.read(call.incident, call.dataset, {
      from: call.from,
      to: call.to,
      first: call.first,
      open: options.opens && call.mode !== 'preview',
    });
    return new EffectPage(call, options, attempt, rows, await Pace.of(call, options.ledger));
  }

  /** Milliseconds left in which a request of at most `longestRequestMs` may be started; 0 or less: none. */
  startableMs(longestRequestMs: number): number {
    return this.signal.aborted ? 0 : this.#time.startableMs(longestRequestMs);
  }

  /** Milliseconds until an unanswered request is given up on. */
  patienceMs(): number {
    return this.#time.patienceMs();
  }

  /**
   * Those rows that may be acted on now, in order; call it once a page, before the first `run`.
   *
   * @param action - action of the effects that tell what this page used already; for chained acts the first of them.
   * @param subject - subject of a row under that action.
   * @param later - for chained acts the later ones whose own limits count too.
   */
  admit(
    action: string,
    subject: (row: DatasetRow) => string,
    later: readonly Counted[] = [],
  ): Promise<readonly DatasetRow[]> {
    return this.#admission.admit(this.rows, { action, subject }, later);
  }

  /** Acts on rows of this page. @returns one report a row, in the order of `rows`, read from the ledger afterwards. */
  async run(act: Act, rows: readonly DatasetRow[]): Promise<readonly TargetReport[]> {
    if (act.watchesReturns === true) this.#watched = act;
    if (rows.length === 0) return [];
    return new ActRun(this, act, rows).run();
  }

  /** Present rows of an action by subject. */
  async states(action: string, subjects: readonly string[]): Promise<ReadonlyMap<string, EffectRow>> {
    const rows = await this.ledger.effects.states(this.call.incident, action, [...new Set(subjects)]);
    return new Map(rows.map((row) => [row.subject, row]));
  }

  /** Writes what will be tried. No record, no effect: an act awaits this before its first claim. */
  announce(body: JsonObject): Promise<void> {
    return this.#journal.announce(body);
  }

  /** Takes receipts into the page's summary. */
  note(receipts: readonly JsonObject[]): void {
    this.#journal.note(receipts);
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
   * Writes summary and progress, and builds the result from what the ledger says of the page's targets.
   *
   * @param reports - one a target; a row of the page without a report was not admitted and stays `planned`.
   */
  async close(reports: readonly TargetReport[]): Promise<PageResult> {
    const open = reports.filter((report) => report.left);
    const kept = this.rows.length - reports.length;
    const { limitedBy } = this.#admission;
    const counts = countStates(reports, kept);
    const reasons: Record<string, number> =
      kept > 0 ? { [limitedBy !== undefined ? 'LIMIT_EXCEEDED' : 'EFFECT_TIME_BUDGET']: kept } : {};
    for (const { code } of reports) if (code !== undefined) reasons[code] = (reasons[code] ?? 0) + 1;
    const left = open.length + kept;
    await this.#journal.summarise(counts, left, reasons);
    if (left === 0) await this.#admission.settle(this.rows);
    await this.#tell(counts, left, reasons);
    const returned = this.#watched && (await returnedOf(this.call, this.ledger, this.#watched));
    return {
      counts,
      left,
      ...(open.length > 0 ? { waitMs: waitOf(open, this.#done > 0) } : {}),
      ...(Object.keys(reasons).length > 0 ? { reasons } : {}),
      ...(limitedBy === undefined ? {} : { limited: true }),
      ...(limitedBy === undefined || limitedBy === this.call.uses ? {} : { limitedBy }),
      ...(this.#shut ? { stopped: true } : {}),
      ...(returned === undefined ? {} : { returned }),
    };
  }

  /** Ends heartbeats; safe to call twice. */
  dispose(): void {
    clearInterval(this.#pulse);
    this.#abort.abort();
  }

  async #tell(counts: EffectCounts, left: number, reasons: Readonly<Record<string, number>>): Promise<void> {
    const { incident, step, visit, uses, dataset, page, mode } = this.call;
    if (mode === 'preview') return;
    const { id, count: targets } = dataset;
    const note = { incident, step, visit, action: uses, dataset: id, targets, page, counts, left, reasons };
    await this.ledger.rollouts.note(note);
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

function countStates(reports: readonly TargetReport[], planned: number): EffectCounts {
  const counts: Partial<Record<EffectState, number>> = planned > 0 ? { planned } : {};
  for (const { state } of reports) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

/** @param gotOn - something was done: what the page only had no time for goes on at once. */
function waitOf(left: readonly TargetReport[], gotOn: boolean): number {
  const unasked = ({ code }: TargetReport): number => (gotOn && code === 'EFFECT_TIME_BUDGET' ? 0 : SWEEP_MS);
  const shortest = Math.min(...left.map((report) => report.waitMs ?? unasked(report)));
  const isPutOff = left.every(({ state, waitMs }) => waitMs !== undefined && state !== 'claimed');
  return Math.round(Math.min(Math.max(shortest, 0), isPutOff ? PUT_OFF_MAX_MS : SWEEP_MAX_MS));
}
