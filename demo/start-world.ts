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

/** Where the world delivers to. */
export interface WorldDoors {
  /** Mail that comes back: the engine's bounce listener. */
  readonly bouncePort: number;
  /** What people do in Slack: address of the Slack door; absent: there is none. */
  readonly slackDoor?: string | undefined;
}

const KEY_BYTES = 24;

/**
 * Starts the outside world as a process of its own, with keys made for this run.
 *
 * @throws STACK_CHILD_FAILED when it ends before it has said where it listens.
 */
export async function startWorld(
  { tokens, people, seed }: StorySize,
  { bouncePort, slackDoor }: WorldDoors,
): Promise<RunningWorld> {
  const keys = {
    ...Object.fromEntries(Object.values(WORLD_KEYS).map((name) => [name, randomBytes(KEY_BYTES).toString('hex')])),
    [WORLD_KEYS.detector]: `whsec_${randomBytes(KEY_BYTES).toString('base64')}`,
  };
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
    ...(slackDoor === undefined ? [] : ['--slack-door', slackDoor]),
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
