import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startedTicks, type RunEntry } from '../../../../worker/dev-stack/run-file.ts';
import { answersOk } from '../../../../worker/dev-stack/child.ts';
import { temporalBinary } from '../../../support/temporal.ts';

const LAUNCHER = resolve(import.meta.dirname, '../../../../firebreak');
const PATIENCE_MS = 60_000; // the first worker builds the workflow bundle, beside other tests

/** `firebreak up` in a folder of its own. */
class Launched {
  readonly #child: ChildProcess;
  readonly #home: string;
  output = '';
  readonly ended: Promise<number | null>;

  constructor(home: string, environment: Readonly<Record<string, string>>) {
    this.#home = home;
    this.#child = spawn(LAUNCHER, ['up', '--home', home], { env: { ...process.env, ...environment } });
    for (const stream of [this.#child.stdout!, this.#child.stderr!])
      stream.on('data', (chunk: Buffer) => (this.output += chunk.toString('utf8')));
    this.ended = new Promise((ended) => this.#child.once('close', ended));
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  entries(): readonly RunEntry[] {
    const path = join(this.#home, 'run.json');
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as readonly RunEntry[]) : [];
  }

  entry(name: string): RunEntry {
    const found = this.entries().find((entry) => entry.name === name);
    assert.ok(found, `${name} is not in the run file`);
    return found;
  }

  async until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    while (!(await isSo())) {
      if (Date.now() > deadline) throw new Error(`${what} did not come: ${this.output}`);
      await new Promise((soon) => setTimeout(soon, 50));
    }
  }

  up(): Promise<void> {
    return this.until('the stack', () => this.output.includes('API keys in'));
  }

  answers(name: string): Promise<boolean> {
    return answersOk(`http://127.0.0.1:${this.entry(name).port ?? 0}/readyz`);
  }
}

const isAlive = ({ pid, startedTicks: then }: RunEntry): boolean => startedTicks(pid) === then;

describe('firebreak up', function () {
  this.timeout(3 * PATIENCE_MS);

  let home: string;
  let environment: Record<string, string>;
  let launched: Launched;

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'firebreak-up-'));
    environment = { FIREBREAK_PORT: '0', FIREBREAK_TEMPORAL_CLI: await temporalBinary() };
    launched = new Launched(home, environment);
    await launched.up();
  });

  after(async () => {
    launched.signal('SIGINT');
    await launched.ended;
    await rm(home, { recursive: true, force: true });
  });

  it('brings up servers and processes, one line each', async () => {
    assert.deepEqual([await launched.answers('gateway'), await launched.answers('worker')], [true, true]);
    for (const line of [/^PostgreSQL /m, /^Temporal /m, /^gateway /m, /^worker /m]) assert.match(launched.output, line);
  });

  it('keeps keys, configuration and run file to their owner', async () => {
    const { statSync } = await import('node:fs');
    for (const name of ['keys/encryption.key', 'keys/payload.key', 'keys/signing.pem', 'firebreak.yaml', 'people.yaml'])
      assert.equal(statSync(join(home, name)).mode & 0o077, 0, name);
  });

  it('refuses a second stack in the same folder', async () => {
    const second = new Launched(home, environment);
    assert.equal(await second.ended, 1);
    assert.match(second.output, /\[STACK_RUNNING\] process \d+ runs a stack/);
    assert.equal(await launched.answers('gateway'), true);
  });

  it('says who holds a port', async () => {
    const holder = createServer();
    await new Promise<void>((listening) => holder.listen(0, '127.0.0.1', listening));
    const { port } = holder.address() as { port: number };
    const elsewhere = await mkdtemp(join(tmpdir(), 'firebreak-up-'));
    const refused = new Launched(elsewhere, { ...environment, FIREBREAK_PORT: String(Math.min(port, 65_500)) });
    assert.equal(await refused.ended, 1);
    assert.match(
      refused.output,
      new RegExp(`\\[PORT_IN_USE\\].*port ${port} .* is held by .+ \\(pid ${process.pid}\\)`),
    );
    holder.close();
    await rm(elsewhere, { recursive: true });
  });

  it('replaces a killed worker', async () => {
    const before = launched.entry('worker');
    process.kill(before.pid, 'SIGKILL');
    await launched.until('another worker', () => launched.entry('worker').pid !== before.pid);
    await launched.until('a ready worker', () => launched.answers('worker'));
    assert.match(launched.output, /worker ended unasked; it is started again/);
  });

  it('starts a killed PostgreSQL again, and the worker is ready again', async () => {
    const before = launched.entry('postgres');
    process.kill(before.pid, 'SIGKILL');
    await launched.until('another PostgreSQL', () => launched.entry('postgres').pid !== before.pid);
    await launched.until('a ready worker', () => launched.answers('worker'));
  });

  it('clears up after a killed launcher, and ends in order at the first signal', async () => {
    const left = launched.entries();
    launched.signal('SIGKILL');
    await launched.ended;
    launched = new Launched(home, environment);
    await launched.up();
    assert.match(launched.output, /ended what a killed run left behind: /);
    assert.deepEqual(left.filter(isAlive), []);
    const present = launched.entries();
    launched.signal('SIGINT');
    assert.equal(await launched.ended, 0);
    assert.deepEqual(present.filter(isAlive), []);
    assert.equal(existsSync(join(home, 'run.json')), false);
  });
});
