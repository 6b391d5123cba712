import { setTimeout as pause } from 'node:timers/promises';

/** Anything that runs as a process and can be told to end. */
export interface Service {
  readonly pid: number | undefined;
  /** Resolves when it has ended, whoever ended it. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** How a service is supervised. */
export interface Supervision<Running extends Service> {
  readonly name: string;
  /** @param signal - aborted when the service is to be stopped while it starts. */
  start(signal: AbortSignal): Promise<Running>;
  /** Takes a line when it is started anew. */
  readonly say: (line: string) => void;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
const STEADY_AFTER_MS = 30_000; // whoever ran that long is started at once again

/** Keeps a service running: whoever ends it unasked, it is started again, at once at first and then more and more slowly. */
export class Supervised<Running extends Service> {
  readonly name: string;
  readonly #how: Supervision<Running>;
  readonly #stopping = new AbortController();
  #current: Running | undefined;
  #crashes = 0;
  #pauseMs = 0;
  #life: Promise<void> = Promise.resolve();

  constructor(how: Supervision<Running>) {
    this.#how = how;
    this.name = how.name;
  }

  /** How often it ended unasked. */
  get crashes(): number {
    return this.#crashes;
  }

  /** What runs now; `undefined` while it is started anew. */
  get current(): Running | undefined {
    return this.#current;
  }

  /** Starts it and from then on keeps it running. @throws what the first start throws. */
  async start(): Promise<Running> {
    const launched = this.#launch();
    this.#life = launched.then(
      (running) => this.#watch(running),
      () => undefined, // the caller is told
    );
    return launched;
  }

  /** Ends it for good; a start under way is given up. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#current?.stop();
    await this.#life;
  }

  async #launch(): Promise<Running> {
    const { signal } = this.#stopping;
    const running = await this.#how.start(signal);
    this.#current = running;
    if (signal.aborted) await running.stop();
    return running;
  }

  async #watch(first: Running): Promise<void> {
    const { name, say } = this.#how;
    const { signal } = this.#stopping;
    let running: Running | undefined = first;
    for (;;) {
      const sinceMs = Date.now();
      await running?.ended;
      if (signal.aborted) return;
      this.#current = undefined;
      if (running) this.#crashes += 1;
      if (running && Date.now() - sinceMs > STEADY_AFTER_MS) this.#pauseMs = 0;
      say(`${name} ended unasked; it is started again`);
      await pause(this.#pauseMs);
      this.#pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, this.#pauseMs * 2));
      running = await this.#launch().catch((error: unknown) => {
        say(error instanceof Error ? error.message : String(error));
        return undefined;
      });
    }
  }
}
