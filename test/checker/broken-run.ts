import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { writeFile, mkdir } from 'node:fs/promises';
import { FAILURE_CONVERTER_PATH } from '../../worker/data-converter.ts';
import { playRun, type RunOutcome } from '../chaos/play-run.ts';
import { upForRuns } from '../chaos/chaos.ts';
import type { ChaosRun } from '../chaos/draw-run.ts';
import type { JsonObject } from '../../contracts/json.ts';

const FOLDER = join(import.meta.dirname, '../../.firebreak');
const WORKER = join(import.meta.dirname, 'broken/worker.ts');
const UNDECIDED = join(import.meta.dirname, 'broken/undecided-workflows.ts');
const WITHIN_MS = 180_000;

/** How a worker is broken. */
export type Broken = 'sound' | 'claim-after-send' | 'lease-ignored' | 'blind-repeat' | 'undecided';

/** Find, revoke, prove, tell: with an approval before each act. */
function smallPlaybook(name: string): JsonObject {
  const approval = { any: ['commander'], within: 'PT15M', onExpiry: 'escalate' };
  const targets = '${{ steps.scope.dataset }}';
  return {
    apiVersion: 'firebreak/v1',
    kind: 'Playbook',
    metadata: { name, title: 'Small', version: 1 },
    inputs: {
      ...{ type: 'object', additionalProperties: false, required: ['store'] },
      properties: { store: { type: 'string', maxLength: 64 } },
    },
    roles: {
      commander: { title: 'Incident commander', required: true },
      privacy: { title: 'Privacy counsel', required: true },
    },
    steps: [
      {
        ...{ id: 'scope', needs: [], uses: 'credentials.list' },
        with: { from: 'secrets-store', where: { store: '${{ inputs.store }}' } },
      },
      { id: 'contain', needs: ['scope'], uses: 'credentials.revoke', forEach: targets, approval },
      { id: 'prove', needs: ['contain'], uses: 'credentials.verify', forEach: targets },
      { id: 'people', needs: ['scope'], uses: 'people.resolve', with: { owners: targets } },
      {
        ...{ id: 'tell', needs: ['people', 'prove'], uses: 'notices.send', forEach: '${{ steps.people.dataset }}' },
        with: { notice: 'leaked-token', template: 'leaked-token', locale: '${{ item.locale }}' },
        ...{ approval, rollout: { page: 40, window: 8 } },
      },
      { id: 'close', needs: ['tell'], uses: 'incident.close' },
    ],
  };
}

/** A run of its own: so many people hold a token each, and the stack is hit while they are told. */
export function smallRun(seed: number, count: number, more: Partial<ChaosRun>): ChaosRun {
  const name = `chaos-${seed}`;
  const people = Array.from({ length: count }, (_, index) => ({
    id: `${name}-p${index}`,
    address: `p${index}@${name}.people.example.org`,
    locale: 'en' as const,
  }));
  return {
    ...{ seed, name, mode: 'live', playbook: smallPlaybook(name), people },
    tokens: people.map(({ id }, index) => ({
      ...{ id: `${name}-t${index}`, kind: 'read', name: 'DEPLOY_KEY', owner: id, misused: false },
      value: ['hf', String(index).padStart(34, 'x')].join('_'),
    })),
    ...{ providerFaults: new Map(), mailFaults: new Map(), blows: [], stopAfterEffects: undefined },
    ...{ answersWithinMs: 0, rejects: 0 },
    ...more,
  };
}

async function undecidedBundle(folder: string): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: UNDECIDED,
    failureConverterPath: FAILURE_CONVERTER_PATH,
    preloadModules: ['@marcbachmann/cel-js'],
    logger: new DefaultLogger('ERROR'),
  });
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'undecided.js');
  await writeFile(file, code);
  return file;
}

/** Plays one run on a stack of real parts whose workers are broken, and has the checker judge it. */
export async function playBroken(broken: Broken, run: ChaosRun): Promise<RunOutcome> {
  const folder = join(FOLDER, `checker-${broken}-${process.pid}`);
  const bundle = broken === 'undecided' ? `:${await undecidedBundle(`${folder}-bundle`)}` : '';
  const { stack, world, close } = await upForRuns([run], {
    ...{ folder, worker: WORKER, say: () => undefined },
    environment: { FIREBREAK_BROKEN: `${broken}${bundle}` },
  });
  try {
    return await playRun({ run, stack, world: world.of(run), folder: join(folder, 'run'), withinMs: WITHIN_MS });
  } finally {
    await close();
  }
}
