import assert from 'node:assert/strict';
import proto from '@temporalio/proto';
import { datasetOf, planOf } from '../../support/plan-sketch.ts';
import { DrivenCore, targetsOf } from '../../support/driven-core.ts';
import { Stand, type StartedIncident } from './stand.ts';
import type { Json } from '../../../contracts/json.ts';
import type { ObligationInput, ObligationStatus } from '../../../contracts/messages.ts';
import type { Outside } from './outside.ts';
import type { Plan, PlanStep } from '../../../contracts/plan.ts';

const { temporal } = proto; // the package is CommonJS

const CASEY = { by: 'casey', role: 'commander', reason: 'to see' } as const;
const HOUR_MS = 3_600_000;

/** Duties, and a person who holds the incident open. */
const duties = planOf([
  { id: 'law', uses: 'obligations.assess' },
  { id: 'hand', uses: 'manual', with: { of: 'privacy', text: 'by hand' } },
]);

/** One duty that is due in an hour. */
function oneDuty(outside: Outside): void {
  const dueAt = new Date(Date.now() + HOUR_MS).toISOString();
  const duty = { title: 'Authority', dueAt, of: 'privacy' };
  outside.scripts['engine.assess'] = ({ call }) => ({
    obligations: [{ ...duty, id: 'gdpr', source: 'a law', state: 'running' } satisfies ObligationStatus],
    clocks: [
      {
        ...duty,
        incident: call.incident,
        obligation: 'gdpr',
        remindAt: [],
        parentWorkflowId: '',
      } satisfies ObligationInput,
    ],
  });
}

/** A rollout of 30 targets in pages of 10. */
function revoking(more: Partial<Omit<PlanStep, 'needs'>> = {}): Plan {
  return planOf([
    {
      ...{ id: 'contain', uses: 'credentials.revoke', forEach: 'inputs.targets' },
      rollout: { first: [], canary: 0, page: 10, window: 1 },
      ...more,
    },
  ]);
}

describe('children that are lost, on a real Temporal server', () => {
  let stand: Stand;
  before(async () => {
    stand = await Stand.open();
  }).timeout(120_000);
  after(() => stand.close());

  async function stateOf(workflowId: string): Promise<string> {
    const described = await stand.client.workflow.getHandle(workflowId).describe();
    return `${described.status.name} ${described.runId}`;
  }

  /** Waits until a workflow is there and as wanted. */
  async function until(workflowId: string, isSo: (state: string) => boolean): Promise<string> {
    const deadline = Date.now() + 20_000;
    for (;;) {
      const state = await stateOf(workflowId).catch(() => 'NONE');
      if (isSo(state)) return state;
      if (Date.now() > deadline) throw new Error(`${workflowId} is ${state}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Why workflow tasks failed, one entry each; one that was under way when its workflow was terminated does not count. */
  async function failedTasks(incident: StartedIncident): Promise<readonly string[]> {
    const histories = await incident.histories();
    return histories
      .flatMap(({ history }) => history.events ?? [])
      .flatMap(({ workflowTaskFailedEventAttributes: failed }) => (failed ? [failed] : []))
      .filter(
        ({ cause }) =>
          cause !== temporal.api.enums.v1.WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND,
      )
      .map(({ cause, failure }) => `${String(cause)} ${failure?.message ?? ''}`);
  }

  it('starts a clock anew that somebody terminated, and the incident goes on', async () => {
    const incident = await stand.start(duties, { prepare: oneDuty });
    const clock = `incident/${incident.id}/clock-gdpr#1`;
    const first = await until(clock, (state) => state.startsWith('RUNNING'));
    await stand.client.workflow.getHandle(clock).terminate('by an operator');
    await until(clock, (state) => state.startsWith('RUNNING') && state !== first);
    await incident.send('stop', CASEY);
    assert.equal((await incident.status()).stopped, true);
    assert.deepEqual(await failedTasks(incident), []);
    await incident.replay();
    await stand.client.workflow.getHandle(clock).terminate();
    await incident.handle.terminate();
  }).timeout(60_000);

  it('leaves a clock running when the incident is cancelled: the duty stays', async () => {
    const incident = await stand.start(duties, { prepare: oneDuty });
    const clock = `incident/${incident.id}/clock-gdpr#1`;
    const before = await until(clock, (state) => state.startsWith('RUNNING'));
    await incident.handle.cancel();
    await assert.rejects(incident.result());
    assert.equal(await stateOf(clock), before);
    assert.equal((await incident.handle.describe()).status.name, 'CANCELLED');
    assert.deepEqual(await failedTasks(incident), []);
    await incident.replay();
    await stand.client.workflow.getHandle(clock).terminate();
  }).timeout(60_000);

  it('starts a clock again whose duty comes back while it ends', async () => {
    let isDue = true;
    const incident = await stand.start(duties, {
      prepare: (outside) => {
        oneDuty(outside);
        const due = outside.scripts['engine.assess']!;
        outside.scripts['engine.assess'] = (seen) => (isDue ? due(seen) : { obligations: [], clocks: [] });
      },
    });
    const clock = `incident/${incident.id}/clock-gdpr#1`;
    const first = await until(clock, (state) => state.startsWith('RUNNING'));
    const say = (value: string): Promise<unknown> =>
      incident.send('addFact', { key: 'natureOfBreach', value, by: 'casey', source: 'person', confidence: 'stated' });
    isDue = false;
    await say('nothing');
    await until(clock, (state) => state.startsWith('COMPLETED'));
    isDue = true;
    await say('something after all');
    await until(clock, (state) => state.startsWith('RUNNING') && state !== first);
    assert.deepEqual(await failedTasks(incident), []);
    await stand.client.workflow.getHandle(clock).terminate();
    await incident.handle.terminate();
  }).timeout(60_000);

  it('asks what becomes of a step whose rollout was terminated, and tries it again', async () => {
    let letGo!: () => void;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const incident = await stand.start(revoking(), {
      input: { inputs: { targets: datasetOf(30) as unknown as Json } },
      prepare: ({ scripts }) => {
        scripts['credentials.revoke'] = () => held;
      },
    });
    await incident.until('the first page', () => incident.outside.of('credentials.revoke').length > 0);
    await stand.client.workflow.getHandle(`incident/${incident.id}/contain#1`).terminate('by an operator');
    assert.equal((await incident.step('contain', 'failed')).error?.code, 'ROLLOUT_LOST');
    const permits = (): readonly unknown[] =>
      incident.outside.of('engine.setPermit').map(({ call }) => [call['visit'], call['state']]);
    await incident.until('the permit is shut', () => permits().length > 1);
    assert.deepEqual(permits(), [
      [1, 'open'],
      [1, 'stopped'],
    ]);
    letGo();
    await incident.approve(await incident.gate('contain', 'failure'), 'casey', 'commander');
    assert.equal((await incident.step('contain', 'succeeded')).visit, 2);
    await incident.result();
    assert.equal(incident.outside.targets.size, 30);
    await incident.replay();
  }).timeout(60_000);

  it('notices in a later run that a rollout is gone', async () => {
    const core = new DrivenCore(revoking(), { inputs: targetsOf(30) });
    assert.equal(core.all('rollOut').length, 1);
    const incident = await stand.start(revoking(), {
      input: { inputs: targetsOf(30), state: core.interpreter.carry() },
    });
    assert.equal((await incident.step('contain', 'failed')).error?.code, 'ROLLOUT_LOST');
    await incident.handle.terminate();
  });
});
