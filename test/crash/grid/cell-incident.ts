import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { actionCatalogue } from '../../../contracts/catalogue.ts';
import { byCommander, digestOf, planOf, type StepSketch } from '../../support/plan-sketch.ts';
import { ENGINE_VERSION, type IncidentInput, type IncidentStatus } from '../../../contracts/messages.ts';
import { incidentWorkflowId, type Digest, type IncidentId } from '../../../contracts/ids.ts';
import { isCodedError } from '../../../contracts/errors.ts';
import { proofOf } from '../../support/decision-proofs.ts';
import { libraryText } from '../../support/notice-stage.ts';
import { taskQueues, type QueueName } from '../../../contracts/queues.ts';
import type { Act } from './acts.ts';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { DatasetRef } from '../../../contracts/dataset.ts';
import type { GridStack } from './stack.ts';

/** After how long without a heartbeat an act is given to another worker. */
export const HEARTBEAT_TIMEOUT_MS = 1_500;
const COMES_WITHIN_MS = 180_000; // a loaded machine takes its time
const LOOK_EVERY_MS = 100;
const TRIES = 5;
const TEXTS = { 'leaked-token/en': libraryText('leaked-token.en'), engagement: 'Please look into this.' };
const ROLES = { commander: ['casey', 'noor'] };

/** How an incident with one act begins. */
export interface Beginning {
  readonly tag: string;
  /** What the act's `prepare` gave. */
  readonly prepared: string;
  /** Whether the act waits for an approval; else it waits for a person's word. */
  readonly isGated: boolean;
  /** Queue of every step but the close; absent: as the catalogue has it. */
  readonly queue?: QueueName;
}

/** What the harness itself asks of the ledger is tried again on a machine that is too busy to answer. */
export async function patiently<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === TRIES || !isCodedError(error, 'LEDGER_UNREACHABLE')) throw error;
      await sleep(attempt * LOOK_EVERY_MS);
    }
  }
}

/** Opens an incident with one act and starts it. */
export async function begin(
  { ledger }: Pick<GridStack, 'ledger'>,
  client: Client,
  act: Act,
  beginning: Beginning,
): Promise<{ readonly incident: IncidentId; readonly handle: WorkflowHandle }> {
  const texts = Object.fromEntries(Object.entries(TEXTS).map(([name, body]) => [name, digestOf(body)]));
  const plan = planOf(stepsOf(act, beginning, texts));
  const planHash = digestOf(plan);
  await ledger.documents.putPlan({
    ...{ plan, planHash },
    documents: Object.fromEntries(
      Object.entries(TEXTS).map(([name, body]) => [digestOf(body), { kind: 'text', name, body }]),
    ),
  });
  const opened = { mode: 'live' as const, planHash, requester: 'dana', roles: ROLES, engineVersion: ENGINE_VERSION };
  const { incident } = await ledger.incidents.open({
    ...opened,
    ...{ key: randomUUID(), requestHash: digestOf(beginning.tag), playbook: plan.playbook.name, inputs: {} },
  });
  const inputs = await targetsOf(ledger, incident, act, beginning.tag);
  const input: IncidentInput = {
    ...opened,
    ...{ incident, plan, inputs, heartbeatTimeoutMs: HEARTBEAT_TIMEOUT_MS },
  };
  const handle = await client.workflow.start('incident', {
    workflowId: incidentWorkflowId(incident),
    taskQueue: taskQueues.engine,
    args: [input],
  });
  return { incident, handle };
}

async function targetsOf(
  ledger: GridStack['ledger'],
  incident: IncidentId,
  act: Act,
  tag: string,
): Promise<Record<string, never> | { readonly targets: DatasetRef & Record<string, string | number> }> {
  const targets = act.targets?.(tag);
  if (!targets) return {};
  const rows = targets.map(({ row }) => row);
  const owner = { incident, step: 'scope', visit: 1 };
  const { dataset } = await ledger.datasets.write(owner, { dataset: { kind: targets[0]!.kind, rows } });
  return { targets: { ...dataset! } };
}

/** The act behind a gate or behind a person's word, so that its hands are armed before it begins; then the close. */
function stepsOf(
  act: Act,
  { tag, prepared, isGated, queue }: Beginning,
  texts: Readonly<Record<string, Digest>>,
): readonly StepSketch[] {
  const before = act.before?.(tag) ?? [];
  const shape = (uses: string): Partial<StepSketch> => {
    const { retry, timeoutMs } = actionCatalogue.get(uses)!;
    return { ...(queue ? { queue } : {}), retry, timeoutMs, onFailure: 'continue', texts };
  };
  const needs = [...before.map(({ id }) => id), ...(isGated ? [] : ['armed'])];
  const acting: StepSketch = {
    ...{ id: 'act', uses: act.action, needs, ...shape(act.action) },
    with: act.with?.(tag, prepared) ?? {},
    ...(act.targets ? { forEach: 'inputs.targets' } : {}),
    ...(act.rollout ? { rollout: act.rollout } : {}),
    ...(isGated ? { approval: byCommander() } : {}),
  };
  return [
    ...(isGated ? [] : [{ id: 'armed', uses: 'manual', with: { of: 'commander', text: 'armed' } }]),
    ...before.map((step) => ({ ...step, ...shape(step.uses) })),
    acting,
    ...(act.action === 'incident.close' ? [] : [{ id: 'close', uses: 'incident.close', needs: ['act'] }]),
  ];
}

async function statusWhere(handle: WorkflowHandle, isSo: (status: IncidentStatus) => boolean): Promise<IncidentStatus> {
  const deadline = Date.now() + COMES_WITHIN_MS;
  for (;;) {
    const status = await handle.query<IncidentStatus>('status');
    if (isSo(status)) return status;
    if (Date.now() > deadline) throw new Error(`it does not come: ${JSON.stringify(await brief(handle))}`);
    await sleep(LOOK_EVERY_MS);
  }
}

/** Says yes to the open gate. */
export async function approve(handle: WorkflowHandle): Promise<void> {
  const status = await statusWhere(handle, ({ gates }) => gates.some(({ state }) => state === 'open'));
  const { id: gate, digest } = status.gates.find(({ state }) => state === 'open')!;
  const decision = { gate, digest, answer: 'approve', by: 'casey', role: 'commander' } as const;
  await handle.executeUpdate('decide', {
    args: [{ ...decision, id: randomUUID(), proof: proofOf(status, decision) }],
  });
}

/** Says the word that the act waits for. */
export async function resume(handle: WorkflowHandle): Promise<void> {
  await statusWhere(handle, ({ asks }) => asks.length > 0);
  await handle.executeUpdate('resolveStep', {
    args: [{ id: randomUUID(), step: 'armed', answer: 'done', by: 'casey', role: 'commander' }],
  });
}

/** What to show of an incident that does not end. */
export async function brief(handle: WorkflowHandle): Promise<unknown> {
  const { state, steps, gates, openItems } = await handle.query<IncidentStatus>('status');
  return { state, steps: steps.map(({ id, state: at, error }) => ({ id, at, error })), gates, openItems };
}

/** Work that must end within a time. */
export async function bounded<Result>(work: Promise<Result>, withinMs: number): Promise<Result> {
  const give = new AbortController();
  const late = sleep(withinMs, undefined, { signal: give.signal }).then(() => {
    throw new Error(`not within ${withinMs / 1_000} s`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    give.abort();
  }
}
