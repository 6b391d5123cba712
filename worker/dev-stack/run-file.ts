import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { CodedError } from '../../contracts/errors.ts';

/** A process of a stack, with what tells it from a later one of the same id. */
export interface RunEntry {
  /** `launcher`, `postgres`, `worker` ... */
  readonly name: string;
  readonly pid: number;
  /** Start time in clock ticks since boot, from `/proc/<pid>/stat`; '' where there is no `/proc`. */
  readonly startedTicks: string;
  /** How it is told to end; the launcher is not. */
  readonly signal: 'SIGTERM' | 'SIGINT';
  /** Port that it listens on. */
  readonly port?: number;
  /** Its data folder: a process of another checkout is none of ours. */
  readonly folder: string;
}

const LAUNCHER = 'launcher';
const END_WITHIN_MS = 15_000;
const LOOK_EVERY_MS = 50;
const STAT_START_TIME = 19; // field 22 of proc(5), counted after the name in brackets

/** Start time of a process; '' when it does not run (or is a zombie). */
export function startedTicks(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? '' : (fields[STAT_START_TIME] ?? '');
  } catch {
    return '';
  }
}

function isAlive({ pid, startedTicks: then }: RunEntry): boolean {
  return then !== '' && startedTicks(pid) === then;
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it has ended meanwhile
  }
}

/** The list of what a stack started, on disk: a killed launcher leaves it behind, and the next start clears up by it. */
export class RunFile {
  readonly #path: string;
  readonly #folder: string;
  #entries: readonly RunEntry[] = [];

  /**
   * @param path - `run.json` of the folder.
   * @param folder - data folder of this stack.
   */
  constructor(path: string, folder: string) {
    this.#path = path;
    this.#folder = folder;
  }

  /** Writes a process down; one of the same name takes the place of the former. */
  add(entry: Omit<RunEntry, 'startedTicks' | 'folder'>): void {
    const added = { ...entry, startedTicks: startedTicks(entry.pid), folder: this.#folder };
    this.#entries = [...this.#entries.filter(({ name }) => name !== entry.name), added];
    const draft = `${this.#path}.${process.pid}`;
    writeFileSync(draft, `${JSON.stringify(this.#entries, null, 2)}\n`);
    renameSync(draft, this.#path); // whole or not at all: a kill may come at any time
  }

  remove(): void {
    this.#entries = [];
    rmSync(this.#path, { force: true });
  }

  /**
   * Takes the folder for this launcher: ends what a killed run left behind, only processes whose id, start time and folder
   * all match, and writes itself down.
   *
   * @returns names of what was ended.
   * @throws STACK_RUNNING when the launcher of the other run lives.
   */
  async take(): Promise<readonly string[]> {
    const left = this.#read().filter((entry) => entry.folder === this.#folder && isAlive(entry));
    const launcher = left.find(({ name }) => name === LAUNCHER);
    if (launcher) throw new CodedError('STACK_RUNNING', `process ${launcher.pid} runs a stack in ${this.#folder}`);
    for (const { pid, signal } of left) send(pid, signal);
    const deadline = Date.now() + END_WITHIN_MS;
    while (left.some(isAlive) && Date.now() < deadline) await pause(LOOK_EVERY_MS);
    for (const { pid } of left.filter(isAlive)) send(pid, 'SIGKILL');
    while (left.some(isAlive)) await pause(LOOK_EVERY_MS);
    this.remove();
    this.add({ name: LAUNCHER, pid: process.pid, signal: 'SIGTERM' });
    return left.map(({ name }) => name);
  }

  #read(): readonly RunEntry[] {
    try {
      return JSON.parse(readFileSync(this.#path, 'utf8')) as readonly RunEntry[];
    } catch {
      return []; // none, or cut short by a dying machine
    }
  }
}
