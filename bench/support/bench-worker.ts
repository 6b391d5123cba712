import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What a worker process is told, as JSON in `FIREBREAK_BENCH_WORKER`. */
export interface WorkerOrder {
  /** `host:port` */
  readonly temporal: string;
  /** File that journal heads are appended to. */
  readonly anchors: string;
  /** URL of the ledger's database. */
  readonly database: string;
  /** Key-encryption key, hex. */
  readonly key: string;
  /** Key of the payload codec, hex. */
  readonly payloadKey: string;
  /** File of the workflow bundle. */
  readonly bundle: string;
  /** How long the connector takes for a batch, milliseconds; absent: no time. */
  readonly applyMs?: number;
  /** The engine's own activities answer at once and write nothing: what is left is the interpreter. */
  readonly unjournalled?: boolean;
}

/** A worker process at work. */
export interface BenchWorker {
  /** Resident memory, megabytes. */
  rssMb(): number;
  /** Ends it without warning. */
  kill(): Promise<void>;
  /** Lets it drain and end; nothing happens where it has ended. */
  stop(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL('worker-program.ts', import.meta.url));

/** Starts a worker process and waits until it polls. @throws Error where it ends before that. */
export async function startBenchWorker(order: WorkerOrder): Promise<BenchWorker> {
  const child = fork(PROGRAM, {
    execArgv: ['--import=tsx'],
    env: { ...process.env, FIREBREAK_BENCH_WORKER: JSON.stringify(order) },
  });
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve());
    child.once('exit', (code) => reject(new Error(`the worker ended with ${code ?? 'a signal'} before it polled`)));
  });
  const end = async (how: () => void): Promise<void> => {
    if (hasEnded(child)) return;
    const ended = once(child, 'exit');
    how();
    await ended;
  };
  return {
    rssMb: () => rssMbOf(child.pid!),
    kill: () => end(() => child.kill('SIGKILL')),
    stop: () => end(() => child.disconnect()),
  };
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function rssMbOf(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kilobytes) / 1_024);
}
