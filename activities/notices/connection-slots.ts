/** A share of the connections; give it back when the page is done. */
export interface Share {
  /** How many messages may be on their way at a time; at least 1. */
  readonly connections: number;
  release(): void;
}

/**
 * Shares the connections of one mail server among the pages of a process.
 *
 * A blind send holds its claim while it is on its way, so a kill leaves one unknown for each claim open. Pages that each
 * took every connection for themselves would leave more claims open than there are connections.
 */
export class ConnectionSlots {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(connections: number) {
    this.#free = connections;
  }

  /**
   * All that is free now; waits, first come first served, while nothing is.
   *
   * @param wanted - most that can be used.
   * @param signal - ends the wait: the share is then one that nothing may be started with.
   */
  async take(wanted: number, signal: AbortSignal): Promise<Share> {
    if (this.#waiting.length > 0) await this.#turn(signal);
    while (this.#free === 0 && !signal.aborted) await this.#turn(signal);
    if (signal.aborted) {
      this.#wake();
      return { connections: 1, release: () => undefined };
    }
    const connections = Math.min(Math.max(wanted, 1), this.#free);
    this.#free -= connections;
    this.#wake();
    let isHeld = true;
    return {
      connections,
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        this.#free += connections;
        this.#wake();
      },
    };
  }

  #wake(): void {
    if (this.#free > 0) this.#waiting.shift()?.();
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        const place = this.#waiting.indexOf(done);
        if (place >= 0) this.#waiting.splice(place, 1);
        done();
      };
      this.#waiting.push(done);
      if (signal.aborted) leave();
      else signal.addEventListener('abort', leave, { once: true });
    });
  }
}
