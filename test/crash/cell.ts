import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChildProcess } from 'node:child_process';
import type { CutPoint } from '../../activities/effects/cut-point.ts';
import type { PageResult } from '../../contracts/effects.ts';

/** The five places at which every act must survive. */
export const cutPoints: readonly CutPoint[] = [
  'before-claim',
  'after-claim',
  'request-sent',
  'answer-read',
  'settled-not-reported',
];

/** What an attempt's process is told. */
export interface CellInput {
  /** Epoch of the attempt: grows with each. */
  readonly epoch: number;
  /** What the act's program needs: ledger, incident, call, addresses of the outside world. */
  readonly setting: object;
}

/** How an attempt ended. */
export interface AttemptEnd {
  /** `undefined` where it died or refused. */
  readonly result: PageResult | undefined;
  readonly signal: NodeJS.Signals | null;
  /** What it wrote on standard error. */
  readonly complaint: string;
}

/** An attempt that is running in a child process. */
export interface RunningAttempt {
  readonly child: ChildProcess;
  readonly ended: Promise<AttemptEnd>;
}

const SWEEPS_MAX = 20;
const WAIT_MAX_MS = 20_000;

/** Starts one attempt. @param cut - `<point>[:<pass>[:<signal>]]`; without it the attempt runs to its end. */
export function startAttempt(program: URL, input: CellInput, cut = ''): RunningAttempt {
  const child = spawn(process.execPath, ['--import=tsx', program.pathname], {
    env: { ...process.env, NODE_ENV: 'test', FIREBREAK_TEST_CUT: cut, FIREBREAK_TEST_CELL: JSON.stringify(input) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [said, complaint] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const ended = new Promise<AttemptEnd>((resolve) => {
    child.on('close', (_code, signal) => {
      resolve({ result: said === '' ? undefined : (JSON.parse(said) as PageResult), signal, complaint });
    });
  });
  return { child, ended };
}

/**
 * One cell: the first attempt dies at its cut point, then attempts follow until nothing is left.
 *
 * @returns the last result.
 * @throws Error when the first attempt did not die there, or the page does not end.
 */
export async function runCell(program: URL, setting: object, cut: string): Promise<PageResult> {
  let epoch = Date.now();
  const first = await startAttempt(program, { epoch, setting }, cut).ended;
  if (first.signal !== 'SIGKILL') throw new Error(`the attempt did not die at ${cut}: ${first.complaint}`);
  for (let sweep = 0; sweep < SWEEPS_MAX; sweep += 1) {
    epoch += 1;
    const { result, complaint } = await startAttempt(program, { epoch, setting }).ended;
    if (!result) throw new Error(`the attempt after ${cut} ended without a result: ${complaint}`);
    if (result.left === 0) return result;
    await sleep(result.waitMs ?? 0); // what the rollout would do
  }
  throw new Error(`the page after ${cut} does not end`);
}

/** Resolves when a process stands still after SIGSTOP. @throws Error after 20 s */
export async function untilStopped({ child }: RunningAttempt): Promise<void> {
  const deadline = Date.now() + WAIT_MAX_MS;
  while (!/^\d+ \(.*\) T /.test(readFileSync(`/proc/${child.pid}/stat`, 'utf8'))) {
    if (Date.now() > deadline) throw new Error('the attempt did not stop');
    await sleep(20);
  }
}

/** In an attempt's program: what it was told. */
export function readCell(): CellInput {
  return JSON.parse(process.env['FIREBREAK_TEST_CELL'] ?? '') as CellInput;
}

/** In an attempt's program: reports its result. */
export function endCell(result: PageResult): void {
  process.stdout.write(JSON.stringify(result));
}
