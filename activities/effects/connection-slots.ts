/**
 * Shares the connections to one provider among the pages of a process.
 *
 * A claim is open while its act is on its way, and a kill leaves each open claim to be cleared up: an unknown where the act is
 * blind. A slot of a page is held from before its first claim until its last is settled: there are never more open claims
 * than slots, and a page takes over from the one before it slot by slot.
 */
export class ConnectionSlots {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  /** @param slots - as many as connections, or more where claims may run ahead of them. */
  constructor(slots: number) {
    this.#free = slots;
  }

  /**
   * Takes a slot, first come first served.
   *
   * @param signal - of the page: looked at when the turn comes, which the longest send delays at most.
   * @returns gives it back; may be called twice. `undefined` when the page is over by then: nothing may be started.
   */
  async take(signal: AbortSignal): Promise<(() => void) | undefined> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    let isHeld = true;
    const giveBack = (): void => {
      if (!isHeld) return;
      isHeld = false;
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    };
    if (!signal.aborted) return giveBack;
    giveBack();
    return undefined;
  }
}
