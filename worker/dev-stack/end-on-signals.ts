/** What can be ended in order, or at once. */
export interface Endable {
  stop(): Promise<void>;
  kill(): void;
}

const KILLED_BY_INTERRUPT = 130; // 128 + SIGINT, as shells say it

/**
 * Ends a stack at the first Ctrl-C (or SIGTERM) in order, at the second one at once.
 *
 * @returns a promise of the first signal's end: the stack is down in order.
 */
export function endOnSignals(stack: Endable, say: (line: string) => void): Promise<void> {
  return new Promise((resolve) => {
    let asked = 0;
    const end = (): void => {
      asked += 1;
      if (asked === 1) {
        say('ending in order: doors, workers, Temporal, PostgreSQL (again: at once)');
        void stack.stop().then(resolve);
        return;
      }
      stack.kill();
      process.exit(KILLED_BY_INTERRUPT);
    };
    process.on('SIGINT', end);
    process.on('SIGTERM', end);
  });
}
