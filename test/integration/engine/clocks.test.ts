import { ApplicationFailure } from '@temporalio/common';
import assert from 'node:assert/strict';
import { planOf } from '../../support/plan-sketch.ts';
import { Stand } from './stand.ts';
import { taskQueues } from '../../../contracts/queues.ts';

/** A person holds the incident open. */
const open = planOf([{ id: 'hand', uses: 'manual', with: { of: 'privacy', text: 'by hand' } }]);

describe('the clock of a duty on a real Temporal server', () => {
  let stand: Stand;
  before(async () => {
    stand = await Stand.open();
  }).timeout(120_000);
  after(() => stand.close());

  /** A clock by itself. @returns its pages so far, as the outside saw them. */
  async function clockOf(obligation: string, dueAt: string, remindAt: readonly string[]) {
    const incident = await stand.start(open);
    const clock = await stand.client.workflow.start('obligation', {
      workflowId: `incident/${incident.id}/clock-${obligation}#1`,
      taskQueue: taskQueues.engine,
      args: [
        {
          ...{ incident: incident.id, obligation, title: 'Tell the authority', dueAt, remindAt, of: 'privacy' },
          ...{ people: ['priya'], parentWorkflowId: `incident/${incident.id}` },
        },
      ],
    });
    const said = (): readonly string[] =>
      incident.outside
        .of('engine.page')
        .flatMap(({ call }) =>
          String(call.step) === `clock-${obligation}` ? [(call as unknown as { text: string }).text] : [],
        );
    return { incident, clock, said };
  }

  const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString();

  it('says at once that a duty is late whose clock starts after its time, and only once', async () => {
    const { incident, clock, said } = await clockOf('late', inMs(-3_600_000), [inMs(-7_200_000)]);
    await incident.until('the word', () => said().length > 0);
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.match(said().join('; '), /^OVERDUE since \S+: Tell the authority$/);
    await clock.signal('settled');
    await clock.result();
    await incident.handle.terminate();
  });

  it('says at once that a duty is late whose clock is moved into the past, once for each move', async () => {
    const { incident, clock, said } = await clockOf('moved', inMs(3_600_000), []);
    const [first, second] = [inMs(-1_800_000), inMs(-3_600_000)];
    for (const dueAt of [first, first, second]) {
      await clock.signal('moved', { dueAt, remindAt: [] });
      await incident.until('the word', () => said().at(-1)?.includes(dueAt) === true);
    }
    await clock.signal('settled');
    await clock.result();
    assert.deepEqual(
      said(),
      [first, second].map((dueAt) => `OVERDUE since ${dueAt}: Tell the authority`),
    );
    assert.deepEqual(
      incident.outside.records('clock').map(({ body }) => [body['dueAt'], body['number']]),
      [
        [first, 1],
        [second, 2],
      ],
    );
    await incident.handle.terminate();
  });

  it('says it again while nobody is reached', async () => {
    const { incident, clock, said } = await clockOf('unheard', inMs(1_500), []);
    incident.outside.scripts['engine.page@clock-unheard'] = ({ attempt }) => {
      if (attempt < 3) throw ApplicationFailure.create({ type: 'PEOPLE_PAGE_FAILED', message: 'the mail is down' });
    };
    await incident.until('the third attempt', () => said().length === 3);
    assert.equal(new Set(said()).size, 1);
    await clock.signal('settled');
    await clock.result();
    assert.equal(incident.outside.records('clock').length, 1);
    await incident.handle.terminate();
  });
});
