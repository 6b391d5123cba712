import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPostgres, type PostgresOptions, type RunningPostgres } from '../../worker/dev-stack/postgres.ts';
import { startTemporal, type RunningTemporal, type TemporalOptions } from '../../worker/dev-stack/temporal.ts';

const LOOK_EVERY_MS = 20;
const WITHIN_MS = 20_000;
/** A server that starts too slowly on a busy machine is started once more, as a supervisor would. */
const RESTART_WITHIN_MS = 120_000;

/** State letter of a process as the kernel has it (`R`, `S`, `T` stopped, `Z` ended); `undefined` where there is none. */
export function processState(pid: number): string | undefined {
  try {
    return /^\d+ \(.*\) (\w) /s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + WITHIN_MS;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`${what} within ${WITHIN_MS / 1_000} s`);
    await sleep(LOOK_EVERY_MS);
  }
}

/** SIGKILL; resolves when the process is gone. */
export async function killProcess(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  await until(`${pid} was not gone`, () => [undefined, 'Z'].includes(processState(pid)));
}

/** SIGSTOP; resolves when the process stands still. */
export async function stopProcess(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await until(`${pid} did not stand still`, () => processState(pid) === 'T');
}

/** SIGCONT. */
export function continueProcess(pid: number): void {
  process.kill(pid, 'SIGCONT');
}

/** A server that can die and come back on what it kept on disk, at the same address. */
export interface Mortal<Server> {
  readonly running: Server;
  /** SIGKILL: nothing is flushed, nobody is told. */
  kill(): Promise<void>;
  /** Starts it again on the same files. */
  restart(): Promise<Server>;
  stop(): Promise<void>;
}

/** Temporal on a database file. @param options - `database` is the file; without it nothing survives. */
export async function mortalTemporal(options: TemporalOptions): Promise<Mortal<RunningTemporal>> {
  let running = await startTemporal(options);
  return {
    get running() {
      return running;
    },
    kill: () => killProcess(running.pid!),
    restart: async () => (running = await patiently(() => startTemporal(options))),
    stop: () => running.stop(),
  };
}

/**
 * PostgreSQL on a data folder. Its children end with the postmaster; a new one waits for them
 * (they hold the shared memory of the old one).
 */
export async function mortalPostgres(options: PostgresOptions): Promise<Mortal<RunningPostgres>> {
  const begin = (): Promise<RunningPostgres> => startPostgres(options);
  let running = await begin();
  return {
    get running() {
      return running;
    },
    kill: () => killProcess(running.pid),
    restart: async () => (running = await patiently(begin)),
    stop: () => running.stop(),
  };
}

/** Tries again while what died is still being cleared up. */
async function patiently<Result>(work: () => Promise<Result>): Promise<Result> {
  const deadline = Date.now() + RESTART_WITHIN_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(10 * LOOK_EVERY_MS);
    }
  }
}
