import assert from 'node:assert/strict';
import { byCommander, datasetOf, planOf } from '../../support/plan-sketch.ts';
import { refusal } from './outside.ts';
import { Stand } from './stand.ts';
import type { Plan } from '../../../contracts/plan.ts';

function withRounds(): Plan {
  return planOf(
    [
      { id: 'round', uses: 'playbook.run', with: {} },
      { id: 'round/sorted', uses: 'credentials.list', with: { from: { $cel: 'inputs.targets' } } },
      {
        id: 'round/contain',
        uses: 'credentials.revoke',
        needs: ['round/sorted'],
        reads: ['round/sorted'],
        forEach: 'steps.sorted.dataset',
        tags: ['mitigation'],
      },
      { id: 'final', uses: 'wait.for', needs: ['round'], with: { fact: 'scopeFinal', of: 'commander' } },
      { id: 'report', uses: 'incident.report', needs: ['final', 'round'] },
      { id: 'close', uses: 'incident.close', needs: ['report'] },
    ],
    {
      scopes: [
        { id: 'round', parent: '', playbook: 'contain-and-tell', inputs: { targets: { $cel: 'inputs.first' } } },
      ],
      amendments: { widen: { of: 'round', approval: byCommander() } },
    },
  );
}

describe('rounds and the close on a real Temporal server', () => {
  let stand: Stand;
  before(async () => {
    stand = await Stand.open();
  }).timeout(120_000);
  after(() => stand.close());

  it('runs a declared amendment as round 2 and lets nothing pass that needs the round', async () => {
    const incident = await stand.start(withRounds(), {
      input: { inputs: { first: datasetOf(2, 'first') as never } },
      prepare: ({ scripts }) => {
        scripts['credentials.list'] = ({ call }) => ({ outputs: { dataset: call.with['from'], count: 2 } });
      },
    });
    await incident.step('final', 'waiting', 'running');
    assert.match(
      (await incident.refused(
        incident.send('amend', { run: 'undeclared', by: 'casey', role: 'commander', reason: 'more' }),
      )) ?? '',
      /^AMEND/,
    );
    await incident.send('amend', {
      run: 'widen',
      inputs: { targets: datasetOf(3, 'second') },
      by: 'casey',
      role: 'commander',
      reason: 'a second store',
    });
    await incident.step('round/2/contain', 'succeeded');
    await incident.send('addFact', {
      key: 'scopeFinal',
      value: true,
      by: 'casey',
      source: 'person',
      confidence: 'decided',
    });
    assert.equal((await incident.result()).state, 'closed');
    const revoked = incident.outside
      .of('credentials.revoke')
      .map(({ call }) => [call.step, call.round, call.dataset.count]);
    assert.deepEqual(revoked, [
      ['round/contain', 1, 2],
      ['round/2/contain', 2, 3],
    ]);
    assert.ok(incident.outside.states.includes('contained'));
    await incident.replay();
  });

  it('lets a step that has not started be skipped, with a trace', async () => {
    const incident = await stand.start(
      planOf([
        { id: 'final', uses: 'wait.for', with: { fact: 'scopeFinal', of: 'commander' } },
        { id: 'post', uses: 'chat.post', needs: ['final'], with: { text: 'final' } },
        { id: 'close', uses: 'incident.close', needs: ['post'] },
      ]),
    );
    await incident.step('final', 'waiting', 'running');
    await incident.send('amend', { skip: 'post', by: 'casey', role: 'commander', reason: 'the room is gone' });
    await incident.send('addFact', {
      key: 'scopeFinal',
      value: true,
      by: 'casey',
      source: 'person',
      confidence: 'decided',
    });
    await incident.result();
    assert.equal(incident.outside.of('chat.post').length, 0);
    assert.ok(incident.outside.records('amendment').length === 1);
    await incident.replay();
  });

  it('closes only once every other step has ended and every duty is settled', async () => {
    let isOpen = true;
    const incident = await stand.start(
      planOf([
        { id: 'shut', uses: 'manual', with: { of: 'platform', text: 'entry-closed' } },
        { id: 'close', uses: 'incident.close' },
      ]),
      {
        prepare: ({ scripts }) => {
          scripts['incident.close'] = () => {
            if (isOpen) throw refusal('INCIDENT_DUTY_OPEN', 'authority-notification is not filed');
          };
        },
      },
    );
    await incident.until('what is open', ({ steps }) => steps[1]?.error?.code === 'INCIDENT_STEP_OPEN');
    assert.equal(incident.outside.of('incident.close').length, 0);
    await incident.send('resolveStep', { step: 'shut', answer: 'done', by: 'lee', role: 'platform' });
    await incident.until('the duty', ({ steps }) => steps[1]?.error?.code === 'INCIDENT_DUTY_OPEN');
    assert.equal((await incident.status()).gates.length, 0);
    isOpen = false;
    await incident.send('addFact', {
      key: 'riskToPeople',
      value: 'unlikely',
      by: 'priya',
      source: 'person',
      confidence: 'decided',
    });
    assert.equal((await incident.result()).state, 'closed');
    await incident.replay();
  });

  it('shows a preview of what would be done and acts on nothing', async () => {
    const incident = await stand.start(
      planOf([
        { id: 'scope', uses: 'credentials.list', with: { from: 'secrets-store' } },
        {
          id: 'contain',
          uses: 'credentials.revoke',
          needs: ['scope'],
          reads: ['scope'],
          forEach: 'steps.scope.dataset',
          approval: byCommander(),
        },
        {
          id: 'ticket',
          uses: 'tickets.open',
          needs: ['contain'],
          with: { queue: 'forensics', template: 'engagement' },
        },
        {
          id: 'done',
          uses: 'tickets.close',
          needs: ['ticket'],
          reads: ['ticket'],
          with: { ticket: { $cel: 'steps.ticket.id' } },
        },
        { id: 'shut', uses: 'manual', with: { of: 'platform', text: 'entry-closed' } },
        { id: 'close', uses: 'incident.close', needs: ['contain', 'done', 'shut'] },
      ]),
      {
        input: { mode: 'preview' },
        prepare: ({ scripts }) => {
          scripts['credentials.list'] = () => ({ outputs: { dataset: datasetOf(4), count: 4 } });
        },
      },
    );
    await incident.result();
    const { steps, gates } = await incident.status();
    assert.deepEqual(
      incident.outside.seen.map(({ type }) => type).filter((type) => !type.startsWith('engine.')),
      ['credentials.list'],
    );
    assert.equal(steps.find(({ id }) => id === 'contain')?.state, 'succeeded');
    assert.equal(steps.find(({ id }) => id === 'done')?.state, 'skipped');
    const forecast = gates.find(({ step }) => step === 'contain');
    assert.equal(forecast?.shows.targets, 4);
    assert.notEqual(forecast.state, 'open');
    assert.equal(incident.outside.permits.size, 0);
    assert.deepEqual(incident.outside.broken, []);
    await incident.replay();
  });

  it('runs clocks as children that outlive the incident and settles them', async () => {
    const id = 'eu.gdpr.art33';
    const soon = (ms: number): string => new Date(Date.now() + ms).toISOString();
    const duty = {
      id,
      title: 'Tell the authority',
      source: 'GDPR Art. 33(1)',
      state: 'running',
      dueAt: soon(3_600_000),
      of: 'privacy',
    } as const;
    const incident = await stand.start(
      planOf([
        { id: 'law', uses: 'obligations.assess', outlives: 'close' },
        { id: 'aware', uses: 'facts.ask', with: { of: 'privacy', keys: ['awareAt'] } },
        { id: 'close', uses: 'incident.close', needs: ['aware'] },
      ]),
      {
        prepare: (outside) => {
          outside.scripts['engine.assess'] = ({ call }) => ({
            obligations: [duty],
            clocks: [
              {
                incident: call.incident,
                obligation: id,
                title: duty.title,
                dueAt: duty.dueAt,
                remindAt: [soon(3_000)],
                of: 'privacy',
                parentWorkflowId: `incident/${call.incident}`,
              },
            ],
          });
        },
      },
    );
    await incident.until('the duty', ({ obligations }) => obligations.length === 1);
    await incident.until('a reminder of the clock', () =>
      incident.outside.journal.some(({ kind, body }) => kind === 'reminder' && JSON.stringify(body).includes(id)),
    );
    await incident.until('the ask', ({ asks }) => asks.length === 1);
    incident.outside.scripts['engine.assess'] = () => ({ obligations: [{ ...duty, state: 'filed' }], clocks: [] });
    await incident.send('resolveStep', {
      step: 'aware',
      answer: 'done',
      by: 'priya',
      role: 'privacy',
      values: { awareAt: { unknown: true } },
    });
    await incident.result();
    await incident.replay();
  }).timeout(60_000);
});
