import assert from 'node:assert/strict';
import { WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { byCommander, datasetOf, planOf } from '../../support/plan-sketch.ts';
import { refusal } from './outside.ts';
import { Stand, type StartedIncident } from './stand.ts';
import type { Plan } from '../../../contracts/plan.ts';

/** Updates that the server takes in one run (facts/temporal 3). */
const UPDATES_A_RUN = 1_900;

/** A step that never ends by itself holds the incident open. */
function openPlan(): Plan {
  return planOf([
    { id: 'law', uses: 'obligations.assess', outlives: 'close' },
    { id: 'final', uses: 'wait.for', with: { fact: 'scopeFinal', of: 'commander' } },
    { id: 'close', uses: 'incident.close', needs: ['final'] },
  ]);
}

async function sayFinal(incident: StartedIncident): Promise<void> {
  const fact = { key: 'scopeFinal', value: true, by: 'casey', source: 'person', confidence: 'decided' };
  await incident.send('addFact', fact);
}

describe('the life of an incident on a real Temporal server', () => {
  let stand: Stand;
  before(async () => {
    stand = await Stand.open();
  }).timeout(120_000);
  after(() => stand.close());

  it('continues as new at a quiet point and keeps what it knows', async () => {
    const incident = await stand.start(openPlan());
    await incident.until('the ask', ({ asks }) => asks.length === 1);
    const first = (await incident.handle.describe()).runId;
    const add = async (index: number): Promise<void> => {
      const fact = { key: 'affectedPeople', value: index, by: 'scanner', source: 'detector:scanner' };
      await incident.send('addFact', { ...fact, confidence: 'stated', id: `alert-${index}` });
    };
    let said = 0;
    while ((await incident.handle.describe()).runId === first) {
      assert.ok(said < UPDATES_A_RUN, 'it continues as new before the server refuses more updates');
      for (const end = said + 40; said < end; said += 4)
        await Promise.all([0, 1, 2, 3].map((more) => add(said + more)));
    }
    const again = await incident.send('addFact', {
      ...{ key: 'affectedPeople', value: 7, by: 'scanner', source: 'detector:scanner' },
      ...{ confidence: 'stated', id: `alert-${said - 1}` },
    });
    assert.match(again.effect, /affectedPeople/);
    await sayFinal(incident);
    assert.equal((await incident.result()).state, 'closed');
    const { facts: known } = await incident.status();
    assert.notEqual(known.find(({ key }) => key === 'affectedPeople')?.value, 7); // a repeat of an answered id says nothing
    const histories = await incident.histories();
    assert.ok(histories.length > 1, 'it has continued as new');
    assert.deepEqual(incident.outside.broken, []);
    await incident.replay();
  }).timeout(180_000);

  it('ends everything in order when it is cancelled', async () => {
    const incident = await stand.start(
      planOf([
        { id: 'scope', uses: 'credentials.list', with: { from: 'secrets-store' } },
        {
          ...{ id: 'contain', uses: 'credentials.revoke', needs: ['scope'], reads: ['scope'] },
          ...{ forEach: 'steps.scope.dataset', rollout: { first: [], canary: 0, page: 1, window: 1 } },
        },
        { id: 'shut', uses: 'manual', with: { of: 'platform', text: 'entry-closed' } },
        { id: 'close', uses: 'incident.close', needs: ['contain', 'shut'] },
      ]),
      {
        prepare: (outside) => {
          outside.scripts['credentials.list'] = () => ({ outputs: { dataset: datasetOf(200), count: 200 } });
          outside.scripts['credentials.revoke'] = async () => {
            await new Promise((resolve) => setTimeout(resolve, 20));
          };
        },
      },
    );
    await incident.until('some revoked', () => incident.outside.targets.size >= 3);
    await incident.handle.cancel();
    await assert.rejects(incident.result(), (error: unknown) => {
      return error instanceof WorkflowFailedError && error.cause instanceof CancelledFailure;
    });
    const permit = incident.outside.permits.get(`${incident.id}/contain#1`);
    assert.equal(permit?.state, 'stopped');
    assert.equal(incident.outside.states.at(-1), 'stopped');
    assert.ok(incident.outside.records('stop').length === 1);
    const after = incident.outside.targets.size;
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(incident.outside.targets.size, after);
    await incident.replay();
  });

  it('takes back what people want undone, the last one first, and shows what could not be', async () => {
    const undo = { uses: 'tickets.close', with: { ticket: { $cel: 'steps.a.id' } } };
    const ticket = { uses: 'tickets.open', with: { queue: 'forensics', template: 'engagement' } };
    const incident = await stand.start(
      planOf([
        { id: 'a', ...ticket, undo },
        { id: 'b', ...ticket, needs: ['a'], undo },
        { id: 'c', ...ticket, needs: ['b'], undo },
        { id: 'final', uses: 'wait.for', needs: ['c'], with: { fact: 'scopeFinal', of: 'commander' } },
        { id: 'close', uses: 'incident.close', needs: ['final'] },
      ]),
      {
        prepare: ({ scripts }) => {
          scripts['tickets.open'] = () => ({ outputs: { id: '1', url: 'https://tickets.example.org/1' } });
          scripts['tickets.close@b'] = () => {
            throw refusal('TICKET_ID_INVALID', 'no such ticket');
          };
        },
      },
    );
    await incident.step('final', 'waiting');
    const by = { by: 'casey', role: 'commander', reason: 'a false alarm' };
    assert.equal(await incident.refused(incident.send('amend', { undo: ['final'], ...by })), 'UNDO_REFUSED');
    await incident.send('amend', { undo: ['a', 'c', 'b'], ...by });
    await incident.until('three undone', () => incident.outside.of('tickets.close').length === 3);
    await incident.until('what could not', ({ openItems }) => openItems.some(({ step }) => step === 'b'));
    assert.deepEqual(
      incident.outside.of('tickets.close').map(({ call }) => call.step),
      ['c', 'b', 'a'],
    );
    await sayFinal(incident);
    await incident.result();
    await incident.replay();
  });

  it('never lets a duty become late in silence', async () => {
    const id = 'eu.gdpr.art33';
    const dueAt = new Date(Date.now() + 400).toISOString();
    const duty = { id, title: 'Tell the authority', source: 'GDPR Art. 33(1)', state: 'running', dueAt, of: 'privacy' };
    const incident = await stand.start(openPlan(), {
      prepare: ({ scripts }) => {
        scripts['engine.assess'] = ({ call }) => ({
          obligations: [duty],
          clocks: [
            {
              ...{ incident: call.incident, obligation: id, title: duty.title, dueAt, remindAt: [], of: 'privacy' },
              parentWorkflowId: `incident/${call.incident}`,
            },
          ],
        });
      },
    });
    await incident.until('the record', () =>
      incident.outside.records('clock').some(({ body }) => body['isLate'] === true),
    );
    await incident.until('overdue', ({ obligations }) => obligations[0]?.state === 'overdue');
    await incident.until('the page', () =>
      incident.outside
        .of('engine.page')
        .some(({ call }) => call['level'] === 2 && (call['people'] as readonly string[]).join() === 'priya,ada'),
    );
    incident.outside.scripts['engine.assess'] = () => ({ obligations: [{ ...duty, state: 'filed' }], clocks: [] });
    await sayFinal(incident);
    await incident.result();
    await stand.client.workflow.getHandle(`incident/${incident.id}/clock-${id}#1`).result();
    await incident.replay();
  });

  it('leaves to a child what outlives the close', async () => {
    let isOver = false;
    const incident = await stand.start(
      planOf([
        { id: 'scope', uses: 'credentials.list', with: { from: 'secrets-store' } },
        {
          ...{ id: 'watch', uses: 'credentials.watch', needs: ['scope'], reads: ['scope'], outlives: 'close' },
          with: { of: { $cel: 'steps.scope.dataset' }, for: 'P30D' },
          retry: { max: 0, firstMs: 20, factor: 1, capMs: 20 },
        },
        { id: 'close', uses: 'incident.close', needs: ['scope'] },
      ]),
      {
        prepare: ({ scripts }) => {
          scripts['credentials.list'] = () => ({ outputs: { dataset: datasetOf(1), count: 1 } });
          scripts['credentials.watch'] = () => {
            if (!isOver) throw new Error('nothing seen yet');
          };
        },
      },
    );
    assert.equal((await incident.result()).state, 'closed');
    const child = stand.client.workflow.getHandle(`incident/${incident.id}/watch#1`);
    assert.equal((await child.describe()).status.name, 'RUNNING');
    isOver = true;
    await child.result();
    await incident.replay();
  });

  it('sets the limits of the plan before a rollout and raises them by what people let through', async () => {
    const plan: Plan = {
      ...planOf([
        { id: 'scope', uses: 'credentials.list', with: { from: 'secrets-store' } },
        {
          ...{ id: 'contain', uses: 'credentials.revoke', needs: ['scope'], reads: ['scope'] },
          ...{ forEach: 'steps.scope.dataset', approval: byCommander() },
        },
        { id: 'close', uses: 'incident.close', needs: ['contain'] },
      ]),
      limits: { 'credentials.revoke': { max: 6, share: 0.5 } },
    };
    const incident = await stand.start(plan, {
      prepare: (outside) => {
        outside.scripts['credentials.list'] = () => ({ outputs: { dataset: datasetOf(10), count: 10 } });
        outside.scripts['credentials.revoke'] = () =>
          outside.of('credentials.revoke').length === 1
            ? { counts: { accepted: 5, planned: 5 }, left: 5, limited: true }
            : undefined;
      },
    });
    await incident.approve(await incident.gate('contain'), 'casey', 'commander');
    await incident.approve(await incident.gate('contain', 'limit'), 'noor', 'commander');
    await incident.result();
    const set = incident.outside.of('engine.setLimit').map(({ call }) => [call['action'], call['max']]);
    assert.deepEqual(set, [
      ['credentials.revoke', 5],
      ['credentials.revoke', 10],
    ]);
    await incident.replay();
  });
});
