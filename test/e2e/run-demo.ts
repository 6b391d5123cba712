import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import type { DemoOutcome } from '../../demo/outcome.ts';
import { temporalBinary } from '../support/temporal.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** How a demo ended. */
export interface DemoRun {
  readonly code: number | null;
  readonly outcome: DemoOutcome;
  /** What it said while it ran. */
  readonly said: string;
}

/** Runs `firebreak demo --yes --json` as a newcomer would, on free ports. @param args - beside these. */
export async function runDemo(args: readonly string[]): Promise<DemoRun> {
  const program = [join(ROOT, 'demo/main.ts'), '--yes', '--json', ...args];
  const child = spawn(process.execPath, ['--import', 'tsx', ...program], {
    cwd: ROOT,
    env: {
      ...process.env,
      FIREBREAK_PORT: '0',
      FIREBREAK_TEMPORAL_CLI: await temporalBinary(),
      NODE_ENV: 'production',
    },
  });
  let [out, said] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  const code = await new Promise<number | null>((done) => child.once('exit', done));
  assert.notEqual(out, '', said);
  return { code, outcome: JSON.parse(out) as DemoOutcome, said };
}
