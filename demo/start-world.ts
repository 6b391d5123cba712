import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { CodedError } from '../contracts/errors.ts';
import { WORLD_KEYS, type WorldPlaces } from './world.ts';
import type { StorySize } from './world/story.ts';

/** The demo's outside world, running. */
export interface RunningWorld {
  readonly pid: number;
  readonly places: WorldPlaces;
  /** Keys of the simulated services, for the environment of whoever uses them. */
  readonly keys: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const KEY_BYTES = 24;

/**
 * Starts the outside world as a process of its own, with keys made for this run.
 *
 * @param bouncePort - where mail that comes back is sent to: the engine's bounce listener.
 * @throws STACK_CHILD_FAILED when it ends before it has said where it listens.
 */
export async function startWorld({ tokens, people, seed }: StorySize, bouncePort: number): Promise<RunningWorld> {
  const keys = Object.fromEntries(
    Object.values(WORLD_KEYS).map((name) => [name, randomBytes(KEY_BYTES).toString('hex')]),
  );
  const args = [
    '--import',
    import.meta.resolve('tsx'),
    join(import.meta.dirname, 'world.ts'),
    '--tokens',
    String(tokens),
    '--people',
    String(people),
    '--seed',
    String(seed),
    '--bounces',
    String(bouncePort),
  ];
  const child = spawn(process.execPath, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...keys },
  });
  const ended = once(child, 'exit');
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    ended.then(() => []),
  ])) as [string?];
  if (line === undefined) throw new CodedError('STACK_CHILD_FAILED', 'the demo world ended while it started');
  return {
    pid: child.pid!,
    places: JSON.parse(line) as WorldPlaces,
    keys,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await ended;
    },
  };
}
