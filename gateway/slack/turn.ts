import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { TurnStore } from '../../ledger/turn-port.ts';

const HELD_FOR_MS = 20_000; // with the pause between two looks, another gateway takes over within 30 s

/** What one gateway at a time does, such as posting cards: a row in the ledger says which. */
export class Turn {
  readonly #turns: TurnStore;
  readonly #name: string;
  readonly #heldForMs: number;
  readonly #holder = `${hostname()}/${process.pid}/${randomUUID()}`; // for whoever looks into the table
  #until = -Infinity;
  #gains = 0;

  /** @param heldForMs - after which another may take it when this process has died. */
  constructor(turns: TurnStore, name: string, heldForMs = HELD_FOR_MS) {
    this.#turns = turns;
    this.#name = name;
    this.#heldForMs = heldForMs;
  }

  /** How often this process has got it from nobody or another: what it knew before may be stale. */
  get gains(): number {
    return this.#gains;
  }

  /**
   * Whether this process has it for as long as something takes; a process that was stopped for a while has lost it, whatever
   * it believes.
   */
  isMineFor(ms: number): boolean {
    return performance.now() + ms < this.#until;
  }

  /** Takes or keeps it. @returns whether this process has it now. @throws LEDGER_UNREACHABLE */
  async take(): Promise<boolean> {
    const had = this.isMineFor(0);
    const askedAt = performance.now(); // before the ledger's clock starts to count
    const has = await this.#turns.take(this.#name, this.#holder, this.#heldForMs);
    this.#until = has ? askedAt + this.#heldForMs : -Infinity;
    if (has && !had) this.#gains += 1;
    return has;
  }

  /** Gives it back. Never throws: it passes by itself. */
  async give(): Promise<void> {
    this.#until = -Infinity;
    await this.#turns.give(this.#name, this.#holder).catch(() => undefined);
  }
}
