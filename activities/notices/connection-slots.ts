/**
 * Shares the connections of one mail server among the pages of a process.
 *
 * A blind send holds its claim while it is on its way, so a kill leaves one unknown for each claim open. A slot of a page
 * holds a connection from before its first claim until its last is settled: there are never more open claims than
 * connections, and a page takes over from the one before it connection by connection.
 */
export class ConnectionSlots {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(connections: number) {
    this.#free = connections;
  }

  /**
   * Takes a connection, first come first served.
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
