import assert from 'node:assert/strict';
import { refusal } from './outside.ts';
import { planOf } from '../../support/plan-sketch.ts';
import { Stand } from './stand.ts';

describe('people on a real Temporal server', () => {
  let stand: Stand;
  before(async () => {
    stand = await Stand.open();
  }).timeout(120_000);
  after(() => stand.close());

  it('asks for hand work with evidence and sets the fact it names', async () => {
    const incident = await stand.start(
      planOf([
        {
          id: 'shut',
          uses: 'manual',
          with: { of: 'platform', text: 'entry-closed', evidence: 'required', sets: 'entryClosedAt' },
        },
        { id: 'close', uses: 'incident.close', needs: ['shut'] },
      ]),
    );
    await incident.until('the ask', ({ asks }) => asks.length === 1);
    const answer = { step: 'shut', answer: 'done', by: 'lee', role: 'platform' };
    assert.equal(await incident.refused(incident.send('resolveStep', answer)), 'ASK_EVIDENCE_MISSING');
    const value = { at: '2026-11-24T10:00:00Z' };
    assert.match(
      (await incident.refused(
        incident.send('resolveStep', { ...answer, by: 'casey', values: { evidence: 'CHG-1', value } }),
      )) ?? '',
      /ROLE/,
    );
    await incident.send('resolveStep', { ...answer, values: { evidence: 'CHG-1', value } });
    await incident.result();
    const { facts, steps } = await incident.status();
    assert.deepEqual(facts.find(({ key }) => key === 'entryClosedAt')?.value, value);
    assert.equal(steps[0]?.outputs?.['by'], 'lee');
    await incident.replay();
  });

  it('takes asked facts as decided and assesses duties anew', async () => {
    const incident = await stand.start(
      planOf([
        { id: 'law', uses: 'obligations.assess', outlives: 'close' },
        { id: 'aware', uses: 'facts.ask', with: { of: 'privacy', keys: ['awareAt', 'residents'] } },
        { id: 'close', uses: 'incident.close', needs: ['aware'] },
      ]),
    );
    await incident.until('the ask', ({ asks }) => asks.length === 1);
    await incident.until('the first assessment', () => incident.outside.of('engine.assess').length === 1);
    const values = { awareAt: { at: '2026-11-24T09:00:00Z' }, residents: ['DE'] };
    await incident.send('resolveStep', { step: 'aware', answer: 'done', by: 'priya', role: 'privacy', values });
    await incident.result();
    const { facts } = await incident.status();
    assert.deepEqual(
      facts.map(({ key, confidence, by }) => [key, confidence, by]),
      [
        ['awareAt', 'decided', 'priya'],
        ['residents', 'decided', 'priya'],
      ],
    );
    const last = incident.outside.of('engine.assess').at(-1)?.call as unknown as { facts: Record<string, unknown> };
    assert.ok(last.facts['awareAt'] !== undefined);
    await incident.replay();
  });

  it('records how a filing ended by an activity', async () => {
    const incident = await stand.start(
      planOf([
        { id: 'referral', uses: 'filings.draft', with: { kind: 'law-enforcement', template: 'referral' } },
        {
          id: 'referred',
          uses: 'filings.record',
          needs: ['referral'],
          reads: ['referral'],
          with: { of: 'privacy', filing: { $cel: 'steps.referral.filing' } },
        },
        { id: 'close', uses: 'incident.close', needs: ['referred'] },
      ]),
      {
        prepare: ({ scripts }) => void (scripts['filings.draft'] = () => ({ outputs: { filing: 'filing-referral' } })),
      },
    );
    await incident.until('the ask', ({ asks }) => asks.length === 1);
    const values = { state: 'filed', reference: 'REF-1', at: '2026-11-24T11:00:00Z' };
    await incident.send('resolveStep', { step: 'referred', answer: 'done', by: 'priya', role: 'privacy', values });
    await incident.result();
    const [record] = incident.outside.of('filings.record');
    assert.equal(record?.call.with['filing'], 'filing-referral');
    assert.equal(record.call.with['by'], 'priya');
    assert.equal(record.call.with['reference'], 'REF-1');
    await incident.replay();
  });

  it('waits for a fact and for a time, reminding daily', async () => {
    const incident = await stand.start(
      planOf([
        { id: 'later', uses: 'wait.until', with: { after: 'PT72H' } },
        { id: 'final', uses: 'wait.for', with: { fact: 'scopeFinal', of: 'commander', remind: 'P1D' } },
        { id: 'close', uses: 'incident.close', needs: ['later', 'final'] },
      ]),
      { skipsTime: true },
    );
    await incident.step('later', 'succeeded');
    await incident.until('three reminders', () => incident.outside.records('reminder').length >= 3);
    const fact = { key: 'scopeFinal', by: 'casey', source: 'person', confidence: 'decided' };
    await incident.send('addFact', { ...fact, value: false });
    assert.notEqual((await incident.status()).steps[1]?.state, 'succeeded');
    await incident.send('addFact', { ...fact, value: true });
    await incident.result();
    await incident.replay();
  }).timeout(60_000);

  it('lets a person retry, skip or mark done what failed', async () => {
    const incident = await stand.start(
      planOf([
        { id: 'a', uses: 'tickets.open', with: { queue: 'forensics', template: 'engagement' } },
        { id: 'b', uses: 'tickets.open', with: { queue: 'forensics', template: 'engagement' } },
        { id: 'c', uses: 'tickets.open', with: { queue: 'forensics', template: 'engagement' } },
        { id: 'd', uses: 'tickets.close', needs: ['c'], reads: ['c'], with: { ticket: { $cel: 'steps.c.id' } } },
        { id: 'close', uses: 'incident.close', needs: ['a', 'b', 'd'] },
      ]),
      {
        prepare: ({ scripts }) => {
          scripts['tickets.open'] = ({ call }) => {
            if (call.visit > 1) return { outputs: { id: '7', url: 'https://tickets.example.org/7' } };
            throw refusal('TICKET_QUEUE_UNKNOWN');
          };
        },
      },
    );
    for (const step of ['a', 'b', 'c']) await incident.step(step, 'failed');
    const by = { by: 'casey', role: 'commander' };
    await incident.send('resolveStep', { step: 'a', answer: 'retry', ...by });
    await incident.send('resolveStep', { step: 'b', answer: 'skip', ...by });
    await incident.send('resolveStep', { step: 'c', answer: 'mark-done', values: { id: '9' }, ...by });
    await incident.result();
    const { steps } = await incident.status();
    assert.deepEqual(
      steps.map(({ id, state, visit }) => [id, state, visit]),
      [
        ['a', 'succeeded', 2],
        ['b', 'skipped', 1],
        ['c', 'succeeded', 1],
        ['d', 'succeeded', 1],
        ['close', 'succeeded', 1],
      ],
    );
    assert.equal(incident.outside.of('tickets.close')[0]?.call.with['ticket'], '9');
    assert.deepEqual(incident.outside.broken, []);
    await incident.replay();
  });

  it('halts where the playbook says so and goes on when a person has decided', async () => {
    const incident = await stand.start(
      planOf([
        { id: 'a', uses: 'tickets.open', with: { queue: 'forensics', template: 'engagement' }, onFailure: 'halt' },
        { id: 'wait', uses: 'wait.until', with: { after: 'PT1S' } },
        { id: 'b', uses: 'chat.post', needs: ['wait'], with: { text: 'later' } },
        { id: 'close', uses: 'incident.close', needs: ['a', 'b'] },
      ]),
      {
        prepare: ({ scripts }) => {
          scripts['tickets.open'] = ({ call }) => {
            if (call.visit === 1) throw refusal('TICKET_QUEUE_UNKNOWN');
          };
        },
      },
    );
    await incident.step('wait', 'succeeded');
    assert.equal(incident.outside.of('chat.post').length, 0);
    await incident.send('resolveStep', { step: 'a', answer: 'retry', by: 'casey', role: 'commander' });
    await incident.until('going on', ({ steps }) => steps.some(({ id, state }) => id === 'a' && state === 'succeeded'));
    const { stopped } = await incident.status();
    if (stopped) await incident.send('resume', { by: 'casey', role: 'commander', reason: 'mended' });
    await incident.result();
    assert.equal(incident.outside.of('chat.post').length, 1);
    await incident.replay();
  });

  it('stops the whole incident and resumes it', async () => {
    const incident = await stand.start(
      planOf([
        { id: 'wait', uses: 'wait.until', with: { after: 'PT1S' } },
        { id: 'b', uses: 'chat.post', needs: ['wait'], with: { text: 'later' } },
        { id: 'close', uses: 'incident.close', needs: ['b'] },
      ]),
    );
    await incident.step('wait', 'waiting');
    await incident.send('stop', { by: 'casey', role: 'commander', reason: 'a false alarm?' });
    await incident.step('wait', 'succeeded');
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(incident.outside.of('chat.post').length, 0);
    assert.equal((await incident.status()).stopped, true);
    await incident.send('resume', { by: 'casey', role: 'commander', reason: 'no' });
    await incident.result();
    await incident.replay();
  });
});
