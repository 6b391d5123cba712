import assert from 'node:assert/strict';
import { byCommander, datasetOf, planOf } from '../../support/plan-sketch.ts';
import { refusal } from './outside.ts';
import { Stand } from './stand.ts';
import type { Outside } from './outside.ts';
import type { Plan, PlanStep } from '../../../contracts/plan.ts';

function revoking(more: Partial<PlanStep> = {}): Plan {
  return planOf([
    { id: 'scope', uses: 'credentials.list', with: { from: 'secrets-store' } },
    {
      id: 'contain',
      uses: 'credentials.revoke',
      reads: ['scope'],
      forEach: 'steps.scope.dataset',
      rollout: { first: ['misused'], canary: 0, page: 10, window: 4 },
      ...more,
      needs: [{ step: 'scope' }],
    },
    { id: 'close', uses: 'incident.close', needs: ['contain'] },
  ]);
}

function listing(count: number): (outside: Outside) => void {
  return ({ scripts }) => {
    scripts['credentials.list'] = () => ({ outputs: { dataset: datasetOf(count), count } });
  };
}

describe('rollout on a real Temporal server', () => {
  let stand: Stand;
  before(async () => {
    stand = await Stand.open();
  }).timeout(120_000);
  after(() => stand.close());

  it('takes every target once, in pages, and gives their counts', async () => {
    const incident = await stand.start(revoking(), { prepare: listing(95) });
    await incident.result();
    const { steps, facts } = await incident.status();
    assert.deepEqual(steps[1]?.outputs, { targets: 95, left: 0, counts: { accepted: 95 } });
    assert.equal(incident.outside.targets.size, 95);
    const pages = incident.outside.of('credentials.revoke').map(({ call }) => [call.page, call.from, call.to]);
    assert.deepEqual(
      pages.sort(([left], [right]) => left! - right!),
      Array.from({ length: 10 }, (_, page) => [page, page * 10, Math.min(95, page * 10 + 10)]),
    );
    assert.ok(facts.every(({ key }) => key !== 'credentialsVerifiedDead'));
    assert.deepEqual(incident.outside.broken, []);
    await incident.replay();
  });

  it('tells how many were verified dead as a fact', async () => {
    const plan = planOf([
      { id: 'scope', uses: 'credentials.list', with: { from: 'secrets-store' } },
      { id: 'prove', uses: 'credentials.verify', needs: ['scope'], reads: ['scope'], forEach: 'steps.scope.dataset' },
      { id: 'close', uses: 'incident.close', needs: ['prove'] },
    ]);
    const incident = await stand.start(plan, { prepare: listing(7) });
    await incident.result();
    const { facts } = await incident.status();
    assert.equal(facts.findLast(({ key }) => key === 'credentialsVerifiedDead')?.value, 7);
    await incident.replay();
  });

  it('sweeps what a page left, under the same page number, until nothing is left', async () => {
    const incident = await stand.start(revoking(), {
      prepare: (outside) => {
        listing(20)(outside);
        outside.scripts['credentials.revoke'] = ({ call }) =>
          call.page === 1 && outside.of('credentials.revoke').filter((seen) => seen.call.page === 1).length < 3
            ? { counts: { accepted: 4, planned: 6 }, left: 6, waitMs: 20 }
            : undefined;
      },
    });
    await incident.result();
    const pages = incident.outside.of('credentials.revoke').map(({ call }) => call.page);
    assert.deepEqual(pages.sort(), [0, 1, 1, 1]);
    assert.deepEqual((await incident.status()).steps[1]?.outputs, { targets: 20, left: 0, counts: { accepted: 20 } });
    await incident.replay();
  });

  it('ends partial, with the remainder as an open item, where some targets failed', async () => {
    const incident = await stand.start(revoking(), {
      prepare: (outside) => {
        listing(10)(outside);
        outside.scripts['credentials.revoke'] = () => ({ counts: { accepted: 8, failed: 1, unknown: 1 }, left: 0 });
      },
    });
    await incident.result();
    const { steps, openItems } = await incident.status();
    assert.equal(steps[1]?.state, 'partial');
    assert.ok(openItems.some(({ step }) => step === 'contain'));
    await incident.replay();
  });

  it('ends failed and asks a person where no target came through', async () => {
    const incident = await stand.start(revoking(), {
      prepare: (outside) => {
        listing(5)(outside);
        outside.scripts['credentials.revoke'] = () => ({ counts: { failed: 5 }, left: 0 });
      },
    });
    await incident.step('contain', 'failed');
    incident.outside.scripts['credentials.revoke'] = () => undefined;
    await incident.send('resolveStep', { step: 'contain', answer: 'retry', by: 'casey', role: 'commander' });
    await incident.result();
    const { steps } = await incident.status();
    assert.deepEqual([steps[1]?.state, steps[1]?.visit], ['succeeded', 2]);
    await incident.replay();
  });

  it('takes the canary first and goes on only when it is verified', async () => {
    const order: string[] = [];
    const incident = await stand.start(
      revoking({ rollout: { first: ['misused'], canary: 5, holdUntil: 'verified', page: 10, window: 4 } }),
      {
        prepare: (outside) => {
          listing(25)(outside);
          let looks = 0;
          outside.scripts['credentials.revoke'] = ({ call }) => void order.push(`revoke ${call.from}-${call.to}`);
          outside.scripts['credentials.verify'] = ({ call }) => {
            looks += 1;
            order.push(`look ${call.from}-${call.to}`);
            return looks < 3 ? { counts: { accepted: 5 }, left: 5, waitMs: 10 } : undefined;
          };
        },
      },
    );
    await incident.result();
    assert.deepEqual(order.slice(0, 4), ['revoke 0-5', 'look 0-5', 'look 0-5', 'look 0-5']);
    assert.equal(incident.outside.targets.size, 25 + 5);
    assert.deepEqual((await incident.status()).steps[1]?.outputs, { targets: 25, left: 0, counts: { accepted: 25 } });
    await incident.replay();
  });

  it('asks a person to go on where the canary still lives', async () => {
    const incident = await stand.start(
      revoking({ rollout: { first: [], canary: 5, holdUntil: 'verified', page: 10, window: 4 } }),
      {
        prepare: (outside) => {
          listing(25)(outside);
          outside.scripts['credentials.verify'] = () => ({ counts: { verified: 3, refuted: 2 }, left: 0 });
        },
      },
    );
    const gate = await incident.gate('contain', 'canary');
    assert.equal(incident.outside.targets.size, 5);
    await incident.approve(gate, 'casey', 'commander');
    await incident.result();
    assert.equal(incident.outside.targets.size, 25);
    await incident.replay();
  });

  it('waits for a person after a canary that is held until approved', async () => {
    const incident = await stand.start(
      revoking({
        approval: byCommander(),
        rollout: { first: [], canary: 0.2, holdUntil: 'approved', page: 10, window: 4 },
      }),
      { prepare: listing(25) },
    );
    await incident.approve(await incident.gate('contain'), 'casey', 'commander');
    const canary = await incident.gate('contain', 'canary');
    assert.equal(incident.outside.targets.size, 5);
    await incident.approve(canary, 'casey', 'commander');
    await incident.result();
    assert.equal(incident.outside.targets.size, 25);
    await incident.replay();
  });

  it('holds at a limit and asks whether more may be done', async () => {
    const incident = await stand.start(revoking({ approval: byCommander() }), {
      prepare: (outside) => {
        listing(10)(outside);
        outside.scripts['credentials.revoke'] = () =>
          outside.of('credentials.revoke').length === 1
            ? { counts: { accepted: 6, planned: 4 }, left: 4, limited: true }
            : undefined;
      },
    });
    await incident.approve(await incident.gate('contain'), 'casey', 'commander');
    const limit = await incident.gate('contain', 'limit');
    assert.equal(incident.outside.of('credentials.revoke').length, 1);
    await incident.approve(limit, 'casey', 'commander');
    await incident.result();
    assert.deepEqual((await incident.status()).steps[1]?.outputs, { targets: 10, left: 0, counts: { accepted: 10 } });
    await incident.replay();
  });

  it('stops before the next target, by permit first, and goes on when it is resumed', async () => {
    const incident = await stand.start(revoking({ rollout: { first: [], canary: 0, page: 1, window: 1 } }), {
      prepare: (outside) => {
        listing(40)(outside);
        outside.scripts['credentials.revoke'] = async () => {
          await new Promise((resolve) => setTimeout(resolve, 20));
        };
      },
    });
    await incident.until('some revoked', () => incident.outside.targets.size >= 3);
    await incident.send('stop', { step: 'contain', by: 'casey', role: 'commander', reason: 'wrong store' });
    await incident.until('a shut permit', () =>
      [...incident.outside.permits.values()].some(({ state }) => state === 'stopped'),
    );
    const stoppedAt = incident.outside.targets.size;
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(incident.outside.targets.size, stoppedAt);
    await incident.send('resume', { step: 'contain', by: 'casey', role: 'commander', reason: 'right store' });
    await incident.result();
    assert.equal(incident.outside.targets.size, 40);
    assert.deepEqual(incident.outside.broken, []);
    await incident.replay();
  }).timeout(60_000);

  it('survives more pages than one run holds', async () => {
    const incident = await stand.start(revoking({ rollout: { first: [], canary: 0, page: 1, window: 16 } }), {
      prepare: listing(700),
    });
    await incident.result();
    assert.equal(incident.outside.targets.size, 700);
    assert.equal(incident.outside.of('credentials.revoke').length, 700);
    assert.deepEqual((await incident.status()).steps[1]?.outputs, { targets: 700, left: 0, counts: { accepted: 700 } });
    await incident.replay();
  }).timeout(120_000);

  it('reports what a page refused outright as the failure of the step', async () => {
    const incident = await stand.start(revoking(), {
      prepare: (outside) => {
        listing(5)(outside);
        outside.scripts['credentials.revoke'] = () => {
          throw refusal('CONNECTOR_ISSUER_UNKNOWN', 'no issuer of that name');
        };
      },
    });
    const { error } = await incident.step('contain', 'failed');
    assert.equal(error?.code, 'CONNECTOR_ISSUER_UNKNOWN');
    await incident.replay();
  });
});
