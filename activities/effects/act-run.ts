import { setTimeout as sleep } from 'node:timers/promises';
import { ActSender } from './act-sender.ts';
import { TokenPurse, rateOf, unlimited } from './token-purse.ts';
import { isOpen } from './act.ts';
import type { Act, PageScope, TargetReport } from './act.ts';
import type { DatasetRow } from '../../contracts/dataset.ts';
import type { EffectRow, Settlement } from '../../ledger/ports.ts';

/** First wait before a target with an unclear outcome is asked again; doubled with each attempt. */
const REAPPLY_FIRST_MS = 500;
/** Longest such wait. */
const REAPPLY_MAX_MS = 20_000;
/** Longest sleep before a bucket is asked again: people may have changed the rate. */
const PACE_LOOK_MS = 1_000;

/** One act over the rows of a page: finds what is still open, sends it slot by slot, reports what the ledger then says. */
export class ActRun {
  readonly #page: PageScope;
  readonly #act: Act;
  readonly #rows: readonly DatasetRow[];
  readonly #purse: TokenPurse;
  readonly #sender: ActSender;

  constructor(page: PageScope, act: Act, rows: readonly DatasetRow[]) {
    const { batch, name } = act.connector;
    const rate = batch.perMinute ? rateOf(batch.perMinute, 60) : unlimited;
    this.#page = page;
    this.#act = act;
    this.#rows = rows;
    this.#purse = new TokenPurse(page.ledger.effects, act.bucket ?? `connector:${name}`, rate);
    this.#sender = new ActSender(page, act, this.#purse);
  }

  /** @returns one report a row, in the order given. */
  async run(): Promise<readonly TargetReport[]> {
    const subjects = this.#rows.map((row) => this.#subjectOf(row));
    const before = await this.#recover(subjects);
    if (this.#page.call.mode !== 'preview') await this.#send(before);
    const after = await this.#page.states(this.#act.action, subjects);
    return this.#rows.map((row) => this.#report(row, after.get(this.#subjectOf(row))));
  }

  /** Settles by class what a dead attempt left claimed, takes its receipts, and reopens what the step wants resent. */
  async #recover(subjects: readonly string[]): Promise<ReadonlyMap<string, EffectRow>> {
    const { call, ledger, lease } = this.#page;
    const { action } = this.#act;
    const before = await this.#page.states(action, subjects);
    if (call.mode === 'preview') return before;
    const isKeyed = this.#act.connector.effect === 'keyed'; // put off after an unclear request, until its key is dead
    const claimed = [...before.values()]
      .filter(({ state }) => state === 'claimed' || (isKeyed && state === 'planned'))
      .map((row) => row.subject);
    const lost = claimed.length > 0 ? await ledger.effects.recover(lease, this.#sender.effect, claimed) : [];
    if (lost.length > 0 || [...before.values()].some((row) => row.lease === lease.id))
      this.#page.note(await ledger.effects.unsummarised(lease, this.#sender.effect, subjects));
    const resend = [...(await this.#page.states(action, subjects)).values()]
      .filter((row) => this.#mayResend(row))
      .map((row) => row.subject);
    if (resend.length > 0) await ledger.effects.reopen(call.incident, action, resend, { lease, generation: 1 });
    return claimed.length + resend.length > 0 ? this.#page.states(action, subjects) : before;
  }

  /** `onUnknown: resend` resends once: the second generation's unknown is reported like any other. */
  #mayResend(row: EffectRow | undefined): boolean {
    return this.#page.call.onUnknown === 'resend' && row?.state === 'unknown' && row.generation === 1;
  }

  async #send(before: ReadonlyMap<string, EffectRow>): Promise<void> {
    const { call } = this.#page;
    const queue = this.#open(before);
    if (queue.length === 0) return;
    const { connector, action } = this.#act;
    await this.#page.announce({ action, connector: connector.name, targets: queue.length });
    const slots = call.mode === 'drill' ? 1 : Math.min(slotsOf(this.#act), queue.length);
    const running = await Promise.allSettled(Array.from({ length: slots }, () => this.#slot(queue)));
    this.#page.note(this.#sender.receipts());
    for (const slot of running) if (slot.status === 'rejected') throw slot.reason;
  }

  /** Rows whose act still waits, one a subject. */
  #open(before: ReadonlyMap<string, EffectRow>): DatasetRow[] {
    const bySubject = new Map<string, DatasetRow>();
    for (const row of this.#rows) {
      const subject = this.#subjectOf(row);
      if (isOpen(before.get(subject)?.state) && !bySubject.has(subject)) bySubject.set(subject, row);
    }
    return [...bySubject.values()];
  }

  /** One slot: takes the next batch, claims, sends and settles it before it takes another. A blind connector's slot is a connection. */
  async #slot(queue: DatasetRow[]): Promise<void> {
    if (queue.length === 0) return;
    const giveBack = this.#act.slot ? await this.#act.slot(this.#page.signal) : () => undefined;
    if (!giveBack) return;
    try {
      await this.#work(queue);
    } finally {
      giveBack();
    }
  }

  async #work(queue: DatasetRow[]): Promise<void> {
    const { batch, longestRequestMs } = this.#act.connector;
    let owed: readonly Settlement[] = [];
    const settle = async (): Promise<void> => {
      await this.#sender.settle(owed);
      owed = [];
    };
    try {
      while (queue.length > 0 && this.#page.startableMs(longestRequestMs) > 0) {
        const size = await this.#allowance(Math.min(batch.max, queue.length), settle);
        if (size === 0) return;
        const rows = queue.splice(0, size);
        if (rows.length === 0) continue;
        owed = await this.#sender.send(rows, owed); // where it throws, what was owed still is
      }
    } finally {
      await settle();
    }
  }

  /**
   * How many targets the plan's rate and the provider's bucket let through now; waits while the page has time, else 0.
   *
   * @param before - done before a wait: nothing is owed to the ledger for longer than it takes to ask for the next batch.
   */
  async #allowance(wanted: number, before: () => Promise<void>): Promise<number> {
    if (this.#page.call.mode === 'drill') return wanted;
    if (!(await this.#token(before))) return 0;
    for (;;) {
      const { granted, waitMs } = await this.#page.pace.takeUpTo(wanted);
      if (granted > 0) return granted;
      if (!(await this.#pause(waitMs, before))) return 0;
    }
  }

  async #token(before: () => Promise<void>): Promise<boolean> {
    for (;;) {
      const { granted, waitMs } = await this.#purse.takeUpTo(1);
      if (granted > 0) return true;
      if (!(await this.#pause(waitMs, before))) return false;
    }
  }

  async #pause(waitMs: number, before: () => Promise<void>): Promise<boolean> {
    await before();
    if (this.#sender.isPutOff) return false;
    if (waitMs >= this.#page.startableMs(this.#act.connector.longestRequestMs)) {
      this.#sender.putOff(waitMs);
      return false;
    }
    await sleep(Math.min(waitMs, PACE_LOOK_MS), undefined, { signal: this.#page.signal }).catch(() => undefined); // aborted: the loop sees it
    return !this.#page.signal.aborted;
  }

  #report(row: DatasetRow, effect: EffectRow | undefined): TargetReport {
    const subject = this.#subjectOf(row);
    const refusal = this.#sender.refusalOf(subject);
    const stands = effect?.state ?? 'planned';
    const state = isOpen(stands) ? (refusal?.final ?? stands) : stands;
    const receipt = this.#sender.receiptOf(subject);
    const resend = this.#mayResend(effect);
    const left = resend || (isOpen(state) && this.#page.call.mode !== 'preview');
    const code = refusal?.code ?? effect?.code ?? (left ? 'EFFECT_TIME_BUDGET' : undefined);
    const waitMs = refusal?.waitMs ?? (refusal?.attempt === undefined ? undefined : reapplyWaitMs(refusal.attempt));
    return {
      row,
      subject,
      state,
      left,
      ...(left && waitMs !== undefined ? { waitMs } : {}),
      ...(code === undefined || state === 'accepted' || state === 'verified' ? {} : { code }),
      ...(effect?.settledAt === undefined ? {} : { settledAt: effect.settledAt }),
      ...(receipt === undefined ? {} : { receipt }),
    };
  }

  #subjectOf(row: DatasetRow): string {
    return this.#act.subject?.(row) ?? row.subject;
  }
}

/** Batches that a page has claimed at a time. Claims that may run ahead do so by one a connection, so that none waits for the disk. */
export function slotsOf({ connector, connection }: Pick<Act, 'connector' | 'connection'>): number {
  return (connection === undefined ? 1 : 2) * connector.batch.concurrency;
}

function reapplyWaitMs(attempt: number): number {
  return Math.min(REAPPLY_FIRST_MS * 2 ** Math.min(attempt - 1, 8), REAPPLY_MAX_MS);
}
