import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { drawRun } from './draw-run.ts';
import { playRun, type RunOutcome } from './play-run.ts';
import { startChaosWorld, type ChaosWorld } from './world.ts';
import { upChaosStack, type ChaosStack } from './stack.ts';
import type { ChaosRun } from './draw-run.ts';

const AT_ONCE = 8; // runs on the one stack
const RUN_WITHIN_MS = 240_000; // a loaded machine, with a server and a database killed under it
const KEY = 'FIREBREAK_CHAOS_KEY';

/** What is to be played. */
export interface ChaosOptions {
  /** Seed of the first run; the others follow it. */
  readonly seed: number;
  readonly runs: number;
  /** Folder that is made anew. */
  readonly folder: string;
  /** Goes on after a failure. */
  readonly keepGoing: boolean;
  /** Workers' program; without it the product's own. */
  readonly worker?: string;
  /** Further environment of the stack's processes. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly say: (line: string) => void;
}

/** Connectors to the world; everything that waits is short. */
function connectors({ http, smtpPort }: ChaosWorld, runs: readonly ChaosRun[]): object {
  const token = `env:${KEY}`;
  return {
    credentials: {
      sources: { 'secrets-store': { use: 'http-store', url: http, token } },
      issuers: { own: { use: 'http-issuer', url: http, read: token, act: `env:${KEY}_ACT`, timeoutMs: 2_000 } },
    },
    evidence: { sources: { audit: { use: 'http-log', url: `${http}/audit`, token } } },
    people: { directory: { use: 'http-directory', url: http, token } },
    notices: {
      ...{ use: 'smtp', host: '127.0.0.1', port: smtpPort, connections: 8 },
      ...{ from: 'security@hub.example.org', bounceDomain: 'bounces.hub.example.org' },
      ...{ site: 'hub.example.org', contact: 'privacy@hub.example.org' },
    },
    tickets: {
      ...{ use: 'github-issues', url: http, token },
      queues: Object.fromEntries(runs.map(({ name }) => [name, `chaos/${name}`])),
    },
  };
}

/** Brings up a stack for some drawn runs and their world. */
export async function upForRuns(
  runs: readonly ChaosRun[],
  { folder, worker, environment = {}, say }: Pick<ChaosOptions, 'folder' | 'worker' | 'environment' | 'say'>,
): Promise<{ readonly stack: ChaosStack; readonly world: ChaosWorld; close(): Promise<void> }> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const world = await startChaosWorld(runs);
  const secret = (): string => randomBytes(16).toString('hex');
  const stack = await upChaosStack({
    folder: join(folder, 'stack'),
    connectors: connectors(world, runs),
    playbooks: new Map(runs.map(({ name, playbook }) => [name, playbook])),
    environment: { ...environment, [KEY]: secret(), [`${KEY}_ACT`]: secret() },
    ...(worker === undefined ? {} : { worker }),
    say,
  }).catch(async (error: unknown) => {
    await world.close();
    throw error;
  });
  const close = async (): Promise<void> => {
    await stack.stop();
    await world.close();
  };
  return { stack, world, close };
}

/** The command that plays one run again. */
export function againCommand({ seed }: Pick<RunOutcome, 'seed'>): string {
  return `npm run chaos -- --seed ${seed} --runs 1`;
}

/** Plays runs, eight at a time, on one stack of real parts. @returns their outcomes, in the order in which they ended */
export async function runChaos(options: ChaosOptions): Promise<readonly RunOutcome[]> {
  const { seed, runs: count, folder, keepGoing, say } = options;
  const runs = Array.from({ length: count }, (_, index) => drawRun(seed + index));
  const { stack, world, close } = await upForRuns(runs, options);
  const outcomes: RunOutcome[] = [];
  const queue = [...runs];
  const player = async (): Promise<void> => {
    for (let run = queue.shift(); run; run = queue.shift()) {
      const outcome = await playRun({
        ...{ run, stack, world: world.of(run), withinMs: RUN_WITHIN_MS },
        folder: join(folder, run.name),
      });
      outcomes.push(outcome);
      const { faults, seconds, effects, incident = 'not started' } = outcome;
      const came = faults.length === 0 ? 'ok' : `FAILED: ${faults.join('; ')}\n    again: ${againCommand(outcome)}`;
      say(`seed ${run.seed} ${incident} ${effects} effects ${seconds.toFixed(1)} s ${came}`);
      if (faults.length > 0 && !keepGoing) queue.length = 0;
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, player));
  } finally {
    await close();
  }
  return outcomes;
}
