import { receiptRoot } from './receipt-root.ts';
import type { EffectCounts, PageCall } from '../../contracts/effects.ts';
import type { JournalStore, Lease } from '../../ledger/ports.ts';
import type { JsonObject } from '../../contracts/json.ts';

/** What an attempt of a page leaves in the journal: what it will try, and what that came to. */
export class PageJournal {
  readonly #journal: Pick<JournalStore, 'append'>;
  readonly #call: PageCall;
  readonly #lease: Lease;
  readonly #receipts: JsonObject[] = [];
  #records = 0;

  constructor(journal: Pick<JournalStore, 'append'>, call: PageCall, lease: Lease) {
    this.#journal = journal;
    this.#call = call;
    this.#lease = lease;
  }

  /** Takes receipts into the summary. */
  note(receipts: readonly JsonObject[]): void {
    this.#receipts.push(...receipts);
  }

  /** Writes what will be tried. No record, no effect: an act awaits this before its first claim. */
  async announce(body: JsonObject): Promise<void> {
    const suffix = this.#records === 0 ? '' : `:${this.#records}`;
    this.#records += 1;
    const { gate = null, mode } = this.#call;
    await this.#append('page.opened', suffix, { ...this.#place(), gate, mode, ...body });
  }

  /** Writes what it came to; nothing where nothing was tried and no earlier attempt left receipts. */
  async summarise(counts: EffectCounts, left: number, reasons: JsonObject): Promise<void> {
    if (this.#records === 0 && this.#receipts.length === 0) return;
    const [receipts, root] = [this.#receipts.length, receiptRoot(this.#receipts)];
    await this.#append('page.closed', ':closed', { ...this.#place(), counts: counts, left, reasons, receipts, root });
  }

  async #append(kind: 'page.opened' | 'page.closed', suffix: string, body: JsonObject): Promise<void> {
    const { id, epoch } = this.#lease;
    const key = `page:${id}:${epoch}${suffix}`;
    await this.#journal.append(this.#call.incident, [{ key, kind, actor: 'engine', body }]);
  }

  #place(): JsonObject {
    const { uses, step, visit, round, page, from, to, dataset } = this.#call;
    return { uses, step, visit, round, page, from, to, dataset: dataset.id, digest: dataset.digest };
  }
}
