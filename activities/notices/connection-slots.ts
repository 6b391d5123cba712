/**
 * Shares the connections of one mail server among the pages of a process.
 *
 * A blind send holds its claim while it is on its way, so a kill leaves one unknown for each claim open. Each message
 * holds a connection from before its claim until it is settled, whatever page it belongs to: there are never more open
 * claims than connections, and one page's last messages do not keep the next page from starting.
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
   * @param signal - ends the wait.
   * @returns gives it back; may be called twice. `undefined` when the wait was ended: nothing may be started.
   */
  async take(signal: AbortSignal): Promise<(() => void) | undefined> {
    if (signal.aborted) return undefined;
    if (this.#free > 0) this.#free -= 1;
    else if (!(await this.#turn(signal))) return undefined;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    };
  }

  /** @returns whether a connection was handed over before the signal came. */
  #turn(signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const leave = (): void => {
        const place = this.#waiting.indexOf(given);
        if (place < 0) return; // it was given already
        this.#waiting.splice(place, 1);
        resolve(false);
      };
      const given = (): void => {
        signal.removeEventListener('abort', leave);
        resolve(true);
      };
      this.#waiting.push(given);
      signal.addEventListener('abort', leave, { once: true });
    });
  }
}
