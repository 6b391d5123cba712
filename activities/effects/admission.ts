import { isOpen } from './act.ts';
import type { DatasetRow } from '../../contracts/dataset.ts';
import type { EffectRow, Ledger, Lease } from '../../ledger/ports.ts';
import type { PageCall } from '../../contracts/effects.ts';

/** Attempts of a page at its whole range; each one after these takes half as many targets as the one before. */
const WHOLE_ATTEMPTS = 2;

/** Which of a page's rows may be acted on now: by the limit of the step's action, and by how often the page was too slow. */
export class Admission {
  readonly #call: PageCall;
  readonly #ledger: Ledger;
  readonly #lease: Lease;
  readonly #attempt: number;
  #action: { readonly name: string; readonly subject: (row: DatasetRow) => string } | undefined;
  #reserved = 0;
  #limited = false;

  /** @param attempt - number of the attempt, from 1. */
  constructor(call: PageCall, ledger: Ledger, lease: Lease, attempt: number) {
    this.#call = call;
    this.#ledger = ledger;
    this.#lease = lease;
    this.#attempt = attempt;
  }

  /** Whether the limit in force kept rows back. */
  get isLimited(): boolean {
    return this.#limited;
  }

  /** Those rows that may be acted on, in order, with those that are settled already. */
  async admit(
    rows: readonly DatasetRow[],
    action: string,
    subject: (row: DatasetRow) => string,
  ): Promise<readonly DatasetRow[]> {
    this.#action = { name: action, subject };
    const states = await this.#states(rows);
    const open = rows.filter((row) => isOpen(states.get(subject(row))?.state));
    const late = new Set(open.slice(this.#most(open.length)));
    if (open.length === 0 || this.#call.mode !== 'live') return rows.filter((row) => !late.has(row));
    const used = this.#used(states);
    const claimed = open.filter((row) => states.get(subject(row))?.state === 'claimed');
    const wanted = used + open.length - claimed.length;
    this.#reserved = await this.#ledger.effects.reserve(this.#lease, this.#call.incident, this.#call.uses, wanted);
    const fresh = open.filter((row) => !claimed.includes(row));
    const over = new Set(fresh.slice(Math.max(0, this.#reserved - used)));
    this.#limited = over.size > 0;
    return rows.filter((row) => !over.has(row) && !late.has(row));
  }

  /** Gives back what was reserved for targets that no act reached. Only once nothing of the page is left. */
  async settle(rows: readonly DatasetRow[]): Promise<void> {
    if (this.#reserved === 0) return;
    const acted = this.#used(await this.#states(rows));
    if (acted < this.#reserved)
      await this.#ledger.effects.reserve(this.#lease, this.#call.incident, this.#call.uses, acted);
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

  async #states(rows: readonly DatasetRow[]): Promise<ReadonlyMap<string, EffectRow>> {
    const { name, subject } = this.#action!;
    const found = await this.#ledger.effects.states(this.#call.incident, name, [...new Set(rows.map(subject))]);
    return new Map(found.map((row) => [row.subject, row]));
  }
}
