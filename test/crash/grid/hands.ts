import { fork, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { compiledProgram } from '../../support/compiled.ts';
import type { Cut, HandOrder, HandReport } from './hand-protocol.ts';

const PROGRAM = compiledProgram(new URL('./hand.ts', import.meta.url));
const READY_WITHIN_MS = 240_000; // a loaded machine takes its time
const LOOK_EVERY_MS = 20;

/** How an attempt of an act ended in a hand. */
export type AttemptEnd = Extract<HandReport, { ended: unknown }>['ended'];

/** A worker process of the grid. */
export class Hand {
  /** Attempts that came to an end in it. */
  readonly ends: AttemptEnd[] = [];
  readonly ready: Promise<void>;
  readonly #child: ChildProcess;
  #isGone = false;
  #said = '';

  /** What it said last on standard error. */
  get said(): string {
    return this.#said;
  }

  constructor(config: string, namespace: string, environment: Readonly<Record<string, string>>) {
    this.#child = fork(PROGRAM, [config, namespace], {
      execArgv: ['--enable-source-maps', '--max-semi-space-size=4'],
      env: { ...process.env, ...environment, NODE_ENV: 'test', FIREBREAK_TEST_CUT: '' },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.#said = (this.#said + chunk.toString()).slice(-2_000)));
    this.ready = new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`a hand is not ready: ${this.#said}`)), READY_WITHIN_MS);
      this.#child.on('message', (report: HandReport) => {
        if ('ended' in report) this.ends.push(report.ended);
        else resolve();
      });
      this.#child.once('exit', () => {
        this.#isGone = true;
        clearTimeout(timer);
        reject(new Error(`a hand ended: ${this.#said}`));
      });
    });
    this.ready.catch(() => undefined); // whoever awaits it is told
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Whether it stands still after SIGSTOP. */
  get isStopped(): boolean {
    if (this.#isGone) return false;
    try {
      return /^\d+ \(.*\) T /.test(readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8'));
    } catch {
      return false; // it ended between the two looks
    }
  }

  arm(cut: Cut): void {
    if (!this.#isGone) this.#child.send({ arm: cut } satisfies HandOrder, () => undefined); // one that ends is seen to be gone
  }

  continue(): void {
    this.#child.kill('SIGCONT');
  }

  /** Ends it at once. */
  async end(): Promise<void> {
    if (this.#isGone) return;
    this.#child.kill('SIGKILL');
    await new Promise((resolve) => this.#child.once('exit', resolve));
  }
}

/** Resolves with the hand that was hit by the cut. @throws Error when none was within the time. */
export async function firstHit(hands: readonly Hand[], { signal }: Cut, withinMs: number): Promise<Hand> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const hit = hands.find((hand) => (signal === 'SIGKILL' ? hand.isGone : hand.isStopped));
    if (hit) return hit;
    if (Date.now() > deadline)
      throw new Error(`no hand came to the cut point: ${JSON.stringify(hands.map(({ ends }) => ends))}`);
    await sleep(LOOK_EVERY_MS);
  }
}
