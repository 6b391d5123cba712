import { spawn, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { compiledProgram } from '../../support/compiled.ts';
import { killProcess } from '../../faults/processes.ts';
import type { GridStack } from '../grid/stack.ts';

const PROGRAM = compiledProgram(new URL('../../../worker/main.ts', import.meta.url));
const CACHE = resolve(import.meta.dirname, '../../../.firebreak');
const READY_WITHIN_MS = 240_000; // a loaded machine takes its time
const LOOK_EVERY_MS = 50;
const AGAIN_AFTER_MS = 500; // as the supervisor: what ends is started again

interface Member {
  child: ChildProcess;
  isReady: boolean;
}

/** Workers as in production, one process each, for every queue; one that ends is started again. */
export class Fleet {
  readonly #stack: GridStack;
  readonly #members: Member[] = [];
  #isOver = false;
  #said = '';

  private constructor(stack: GridStack) {
    this.#stack = stack;
  }

  /** Starts workers and waits until all poll. */
  static async start(stack: GridStack, size: number): Promise<Fleet> {
    const fleet = new Fleet(stack);
    for (let index = 0; index < size; index += 1) fleet.#members.push({ child: fleet.#spawn(index), isReady: false });
    await fleet.ready();
    return fleet;
  }

  /** What the workers said last. */
  get said(): string {
    return this.#said;
  }

  #spawn(index: number): ChildProcess {
    const child = spawn(
      process.execPath,
      ['--max-semi-space-size=4', PROGRAM, 'worker', '--config', this.#stack.config, '--cache', CACHE],
      { env: { ...process.env, ...this.#stack.environment, NODE_ENV: 'test' }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const hear = (chunk: Buffer): void => {
      this.#said = (this.#said + chunk.toString()).slice(-4_000);
      if (chunk.toString().includes('"ready":true')) this.#members[index]!.isReady = true;
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', () => {
      if (this.#isOver) return;
      setTimeout(() => {
        if (!this.#isOver) this.#members[index] = { child: this.#spawn(index), isReady: false };
      }, AGAIN_AFTER_MS);
    });
    return child;
  }

  /** Resolves when every member polls. */
  async ready(): Promise<void> {
    const deadline = Date.now() + READY_WITHIN_MS;
    while (!this.#members.every(({ isReady }) => isReady)) {
      if (Date.now() > deadline) throw new Error(`the workers are not ready: ${this.#said}`);
      await sleep(LOOK_EVERY_MS);
    }
  }

  /** SIGKILL to one member; it comes back by itself. */
  async kill(index: number): Promise<void> {
    const member = this.#members[index]!;
    member.isReady = false;
    if (member.child.exitCode === null && member.child.signalCode === null) await killProcess(member.child.pid!);
  }

  async close(): Promise<void> {
    this.#isOver = true;
    for (const index of this.#members.keys()) await this.kill(index);
  }
}
