import { spawn, type ChildProcess } from 'node:child_process';
import { openSync, closeSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { CodedError } from '../../contracts/errors.ts';
import { RUNS_TYPESCRIPT } from '../typescript-runner.ts';

/** A process of ours: a worker, a gateway, the demo's world. */
export interface RunningChild {
  readonly pid: number;
  /** Resolves when it has ended, whoever ended it. */
  readonly ended: Promise<void>;
  /** Tells it to end and waits; killed after the time given. */
  stop(): Promise<void>;
  /** Ends it at once, without a chance to drain. */
  kill(): void;
}

/** How a child is started. */
export interface ChildOptions {
  readonly name: string;
  /** TypeScript file, absolute. */
  readonly entry: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** File that its output is appended to. */
  readonly log: string;
  /** Whether it is up; asked again and again. */
  isReady(): Promise<boolean>;
  /** Longest time it may take to drain, in milliseconds. */
  readonly stopWithinMs: number;
  /** Told the process id at once, before it is ready. */
  readonly onSpawn?: (pid: number) => void;
  /** Gives the start up: the process is killed. */
  readonly signal?: AbortSignal;
}

const READY_WITHIN_MS = 60_000; // the first start builds the workflow bundle; a loaded machine takes its time
const LOOK_EVERY_MS = 50;
/**
 * A young generation of 4 MB instead of 16: takes a worker from 465 MB to 293 (measured idle), and costs short pauses. A
 * gateway answers people and detectors: it keeps its 16.
 */
const flagsOf = (name: string): readonly string[] => (name === 'gateway' ? [] : ['--max-semi-space-size=4']);

/** The last line that a log holds, for the message. */
function lastLine(log: string): string {
  try {
    return readFileSync(log, 'utf8').trim().split('\n').at(-1) ?? '';
  } catch {
    return '';
  }
}

function hasEnded({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid === undefined || exitCode !== null || signalCode !== null;
}

async function waitReady(options: ChildOptions, child: ChildProcess): Promise<void> {
  const { name, log, signal } = options;
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!(await options.isReady())) {
    if (hasEnded(child))
      throw new CodedError('STACK_CHILD_FAILED', `${name} ended while it started: ${lastLine(log)} (log: ${log})`);
    if (signal?.aborted === true || Date.now() > deadline) {
      child.kill('SIGKILL');
      const why =
        signal?.aborted === true ? 'was not wanted any more' : `was not ready within ${READY_WITHIN_MS / 1_000} s`;
      throw new CodedError('STACK_CHILD_FAILED', `${name} ${why}`);
    }
    await pause(LOOK_EVERY_MS);
  }
}

/**
 * Starts a child in a process group of its own (a Ctrl-C does not reach it) with its output in a file, so that it can outlive
 * a killed launcher until the next start clears it up, and waits until it is ready.
 *
 * @throws STACK_CHILD_FAILED with the last line of its log.
 */
export async function startChild(options: ChildOptions): Promise<RunningChild> {
  const { entry, args, environment, log, stopWithinMs } = options;
  const output = openSync(log, 'a', 0o600);
  const child = spawn(process.execPath, [...flagsOf(options.name), ...RUNS_TYPESCRIPT, entry, ...args], {
    detached: true,
    stdio: ['ignore', output, output],
    env: environment,
  });
  closeSync(output);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  if (child.pid !== undefined) options.onSpawn?.(child.pid);
  await waitReady(options, child);
  return {
    pid: child.pid!,
    ended,
    kill: () => void child.kill('SIGKILL'),
    async stop() {
      if (hasEnded(child)) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** Whether an HTTP address answers with 200. */
export async function answersOk(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(1_000) });
    await answer.arrayBuffer();
    return answer.status === 200;
  } catch {
    return false;
  }
}
