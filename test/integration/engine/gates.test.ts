import assert from 'node:assert/strict';
import { refusal } from './outside.ts';
import { byCommander, datasetOf, planOf } from '../../support/plan-sketch.ts';
import { Stand } from './stand.ts';
import type { Approval, Plan, PlanStep } from '../../../contracts/plan.ts';

function gated(approval: Partial<Approval> = {}, more: Partial<PlanStep> = {}): Plan {
  return planOf([
    { id: 'scope', uses: 'credentials.list', with: { from: 'secrets-store' } },
    {
      id: 'contain',
      uses: 'credentials.revoke',
      reads: ['scope'],
      forEach: 'steps.scope.dataset',
      approval: byCommander(approval),
      ...more,
      needs: [{ step: 'scope' }],
    },
    { id: 'close', uses: 'incident.close', needs: ['contain'] },
  ]);
}

describe('gates on a real Temporal server', () => {
  let stand: Stand;
  before(async () => {
    stand = await Stand.open();
  }).timeout(120_000);
  after(() => stand.close());

  const listed = ({ scripts }: { scripts: Record<string, unknown> }): void => {
    scripts['credentials.list'] = () => ({ outputs: { dataset: datasetOf(2), count: 2 } });
  };

  it('refuses the requester, a stranger, another digest and a second answer', async () => {
    const incident = await stand.start(gated({ quorum: 2 }), { input: { requester: 'noor' }, prepare: listed });
    const gate = await incident.gate('contain');
    assert.match((await incident.refused(incident.approve(gate, 'noor', 'commander'))) ?? '', /^GATE_/);
    assert.match((await incident.refused(incident.approve(gate, 'lee', 'commander'))) ?? '', /^GATE_/);
    assert.match((await incident.refused(incident.approve(gate, 'lee', 'platform'))) ?? '', /^GATE_/);
    const other = { ...gate, digest: 'f'.repeat(64) as typeof gate.digest };
    assert.equal(await incident.refused(incident.approve(other, 'casey', 'commander')), 'GATE_STALE');
    await incident.approve(gate, 'casey', 'commander');
    assert.equal(await incident.refused(incident.approve(gate, 'casey', 'commander')), 'GATE_ALREADY_ANSWERED');
    assert.equal((await incident.gate('contain')).answers.length, 1);
    await incident.replay();
  });

  it('answers a repeat of an update from its own list', async () => {
    const incident = await stand.start(gated({ quorum: 2 }), { prepare: listed });
    const gate = await incident.gate('contain');
    const first = await incident.approve(gate, 'casey', 'commander', { id: 'slack-1' });
    assert.deepEqual(await incident.approve(gate, 'casey', 'commander', { id: 'slack-1' }), first);
    await incident.approve(gate, 'noor', 'commander');
    assert.equal((await incident.result()).state, 'closed');
    await incident.replay();
  });

  it('asks one distinct person for each role of `all`', async () => {
    const incident = await stand.start(gated({ rule: 'all', roles: ['commander', 'privacy'] }), {
      input: { roles: { commander: ['casey'], privacy: ['priya', 'casey'], admin: ['ada'] } },
      prepare: listed,
    });
    const gate = await incident.gate('contain');
    await incident.approve(gate, 'casey', 'commander');
    assert.equal(await incident.refused(incident.approve(gate, 'casey', 'privacy')), 'GATE_ALREADY_ANSWERED');
    await incident.approve(gate, 'priya', 'privacy');
    assert.equal((await incident.result()).state, 'closed');
    await incident.replay();
  });

  it('leaves what to do after a rejection to a person', async () => {
    const incident = await stand.start(gated(), { prepare: listed });
    const gate = await incident.gate('contain');
    await incident.send('decide', {
      gate: gate.id,
      digest: gate.digest,
      answer: 'reject',
      by: 'casey',
      role: 'commander',
    });
    const { error } = await incident.step('contain', 'failed');
    assert.equal(error?.code, 'GATE_REJECTED');
    await incident.send('resolveStep', { step: 'contain', answer: 'skip', by: 'noor', role: 'commander' });
    assert.equal((await incident.result()).state, 'closed');
    assert.equal(incident.outside.of('credentials.revoke').length, 0);
    await incident.replay();
  });

  it('voids a gate whose facts have changed and asks again', async () => {
    const incident = await stand.start(gated({}, { readsFacts: ['affectedPeople'] }), { prepare: listed });
    const first = await incident.gate('contain');
    await incident.send('addFact', {
      key: 'affectedPeople',
      value: 9,
      by: 'casey',
      source: 'person',
      confidence: 'decided',
    });
    await incident.until('a second gate', ({ gates }) =>
      gates.some(({ id, state }) => id !== first.id && state === 'open'),
    );
    const second = await incident.gate('contain');
    assert.notEqual(second.digest, first.digest);
    assert.equal(await incident.refused(incident.approve(first, 'casey', 'commander')), 'GATE_STALE');
    await incident.approve(second, 'casey', 'commander');
    assert.equal((await incident.result()).state, 'closed');
    assert.deepEqual(incident.outside.broken, []);
    await incident.replay();
  });

  it('asks again when the claim finds the gate stale', async () => {
    const plan = planOf([
      {
        id: 'ticket',
        uses: 'tickets.open',
        with: { queue: 'forensics', template: 'engagement' },
        approval: byCommander(),
      },
      { id: 'close', uses: 'incident.close', needs: ['ticket'] },
    ]);
    let isStale = true;
    const incident = await stand.start(plan, {
      prepare: ({ scripts }) => {
        scripts['tickets.open'] = () => {
          if (!isStale) return { outputs: { id: '1', url: 'https://tickets.example.org/1' } };
          isStale = false;
          throw refusal('GATE_STALE');
        };
      },
    });
    const first = await incident.gate('ticket');
    await incident.approve(first, 'casey', 'commander');
    await incident.until('another gate', ({ gates }) =>
      gates.some(({ id, state }) => id !== first.id && state === 'open'),
    );
    await incident.approve(await incident.gate('ticket'), 'casey', 'commander');
    assert.equal((await incident.result()).state, 'closed');
    await incident.replay();
  });

  it('lets an admin through alone by break-glass, told to everybody and left to review', async () => {
    const incident = await stand.start(gated({ rule: 'all', roles: ['commander', 'privacy'] }), { prepare: listed });
    const gate = await incident.gate('contain');
    assert.match(
      (await incident.refused(incident.approve(gate, 'casey', 'admin', { breakGlass: true }))) ?? '',
      /^GATE_/,
    );
    await incident.approve(gate, 'ada', 'admin', { breakGlass: true, comment: 'nobody answers' });
    await incident.result();
    const told = incident.outside.of('engine.page').flatMap(({ call }) => call['people'] as readonly string[]);
    for (const person of ['casey', 'priya', 'lee', 'ada']) assert.ok(told.includes(person), `${person} is told`);
    assert.ok((await incident.status()).openItems.some(({ step }) => step === 'contain'));
    await incident.replay();
  });

  it('escalates silence to deputies, admins, then everyone again, and never approves', async () => {
    const incident = await stand.start(gated({ withinMs: 60_000 }), { prepare: listed, skipsTime: true });
    const gate = await incident
      .until('four escalations', ({ gates }) => gates.some(({ escalations }) => escalations >= 4))
      .then(({ gates }) => gates[0]!);
    assert.equal(gate.state, 'open');
    const pages = incident.outside.of('engine.page').map(({ call }) => call['people'] as readonly string[]);
    assert.ok(pages[0]?.includes('casey'));
    assert.ok(pages.some((people) => people.includes('noor')));
    assert.ok(pages.some((people) => people.includes('ada')));
    assert.equal(incident.outside.of('credentials.revoke').length, 0);
    await incident.approve(gate, 'casey', 'commander');
    assert.equal((await incident.result()).state, 'closed');
    await incident.replay();
  });

  it('starts nothing new when a gate with `halt` expires', async () => {
    const incident = await stand.start(gated({ withinMs: 60_000, onExpiry: 'halt' }), {
      prepare: listed,
      skipsTime: true,
    });
    await incident.until('the halt', ({ stopped }) => stopped);
    assert.equal(incident.outside.of('credentials.revoke').length, 0);
    await incident.replay();
  });

  it('lets the signed-for kinds through at once and keeps the rest at the gate', async () => {
    const until = '2999-12-31';
    const incident = await stand.start(
      gated(
        {},
        {
          preauthorised: { max: 3, kinds: ['user'], until, signedBy: 'ciso' },
          rollout: { first: [], canary: 0, page: 2, window: 4 },
        },
      ),
      {
        prepare: ({ scripts }) => {
          scripts['credentials.list'] = () => ({ outputs: { dataset: datasetOf(7), count: 7 } });
          scripts['engine.openGate'] = () => ({
            digest: 'a'.repeat(64),
            targets: 7,
            variants: [],
            notes: [],
            ofKinds: 5,
          });
        },
      },
    );
    const gate = await incident.gate('contain');
    await incident.until('three revoked', () => incident.outside.targets.size === 3);
    await incident.approve(gate, 'casey', 'commander');
    assert.equal((await incident.result()).state, 'closed');
    assert.equal(incident.outside.targets.size, 7);
    assert.ok(incident.outside.records('decision').some(({ actor }) => actor === 'ciso'));
    await incident.replay();
  });
});
