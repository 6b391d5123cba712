import { isOpen } from './act.ts';
import type { DatasetRow } from '../../contracts/dataset.ts';
import type { EffectRow, Ledger, Lease } from '../../ledger/ports.ts';
import type { PageCall } from '../../contracts/effects.ts';

/** Attempts of a page at its whole range; each one after these takes half as many targets as the one before. */
const WHOLE_ATTEMPTS = 2;

/** An action whose limit a page counts against, with the subject of a row's effect under it. */
export interface Counted {
  readonly action: string;
  readonly subject: (row: DatasetRow) => string;
}

/** A limit that acts of a page count against. */
interface Limit {
  /** Action that the limit is set on. */
  readonly on: string;
  /** Acts that tell what of it was spent. */
  readonly spentBy: Counted;
}

/** Which of a page's rows may be acted on now: by the limit of the step's action, and by how often the page was too slow. */
export class Admission {
  readonly #call: PageCall;
  readonly #ledger: Ledger;
  readonly #lease: Lease;
  readonly #attempt: number;
  readonly #reserved = new Map<Limit, number>();
  #limitedBy: string | undefined;

  /** @param attempt - number of the attempt, from 1. */
  constructor(call: PageCall, ledger: Ledger, lease: Lease, attempt: number) {
    this.#call = call;
    this.#ledger = ledger;
    this.#lease = lease;
    this.#attempt = attempt;
  }

  /** Action whose limit kept rows back; `undefined`: none did. */
  get limitedBy(): string | undefined {
    return this.#limitedBy;
  }

  /**
   * Those rows that may be acted on, in order, with those that are settled already.
   *
   * @param first - effects that tell what was done already; they count against the limit of the step's action.
   * @param later - effects that follow from these, each counting against its own action's limit too.
   */
  async admit(
    rows: readonly DatasetRow[],
    first: Counted,
    later: readonly Counted[] = [],
  ): Promise<readonly DatasetRow[]> {
    const { subject } = first;
    const states = await this.#states(first, rows);
    const open = rows.filter((row) => isOpen(states.get(subject(row))?.state));
    const late = new Set(open.slice(this.#most(open.length)));
    const isSpent = open.length === 0 && later.length === 0; // what follows from a settled act may still be given back
    if (isSpent || this.#call.mode !== 'live') return rows.filter((row) => !late.has(row));
    const used = this.#used(states);
    const claimed = open.filter((row) => states.get(subject(row))?.state === 'claimed');
    const wanted = used + open.length - claimed.length;
    const limits = [first, ...later].map((spentBy, index): Limit => {
      return { on: index === 0 ? this.#call.uses : spentBy.action, spentBy };
    });
    const reserved = await this.#reserveAll(limits, wanted);
    const fresh = open.filter((row) => !claimed.includes(row));
    const over = new Set(fresh.slice(Math.max(0, reserved - used)));
    if (over.size === 0) this.#limitedBy = undefined;
    return rows.filter((row) => !over.has(row) && !late.has(row));
  }

  /** Gives back what was reserved for targets that no act reached. Only once nothing of the page is left. */
  async settle(rows: readonly DatasetRow[]): Promise<void> {
    for (const [limit, reserved] of this.#reserved) {
      if (reserved === 0) continue;
      const acted = this.#used(await this.#states(limit.spentBy, rows));
      if (acted < reserved) await this.#reserve(limit, acted);
    }
  }

  /** What every limit lets through; the one that lets through least is remembered, and the others get back the rest. */
  async #reserveAll(limits: readonly Limit[], wanted: number): Promise<number> {
    let granted = wanted;
    for (const limit of limits) {
      const less = await this.#reserve(limit, granted);
      if (less < granted) this.#limitedBy = limit.on;
      granted = less;
    }
    for (const limit of limits) if ((this.#reserved.get(limit) ?? 0) > granted) await this.#reserve(limit, granted);
    return granted;
  }

  async #reserve(limit: Limit, n: number): Promise<number> {
    const { incident, uses } = this.#call;
    const id = limit.on === uses ? this.#lease.id : `${this.#lease.id} ${limit.on}`; // one reservation a page and limit
    const reserved = await this.#ledger.effects.reserve({ ...this.#lease, id }, incident, limit.on, n);
    this.#reserved.set(limit, reserved);
    return reserved;
  }

  /** A page that did not end in its time tries less the next time: it gets on, whatever makes it slow. */
  #most(open: number): number {
    return Math.max(1, Math.ceil(open / 2 ** Math.max(0, this.#attempt - WHOLE_ATTEMPTS)));
  }

  /** Acts that this page has spent of the limit: what was withheld or put back is none. */
  #used(states: ReadonlyMap<string, EffectRow>): number {
    return [...states.values()].filter(
      ({ lease, state }) => lease === this.#lease.id && state !== 'planned' && state !== 'withheld',
    ).length;
  }

  async #states({ action, subject }: Counted, rows: readonly DatasetRow[]): Promise<ReadonlyMap<string, EffectRow>> {
    const found = await this.#ledger.effects.states(this.#call.incident, action, [...new Set(rows.map(subject))]);
    return new Map(found.map((row) => [row.subject, row]));
  }
}
