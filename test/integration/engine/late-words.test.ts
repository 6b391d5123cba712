import assert from 'node:assert/strict';
import { datasetOf, planOf } from '../../support/plan-sketch.ts';
import { Stand, type StartedIncident } from './stand.ts';
import type { Json } from '../../../contracts/json.ts';
import type { Plan } from '../../../contracts/plan.ts';

const CASEY = { by: 'casey', role: 'commander', reason: 'wrong scope' } as const;

/** A rollout over 30 targets whose limit is set before it starts. */
const plan: Plan = {
  ...planOf([
    {
      ...{ id: 'contain', uses: 'credentials.revoke', forEach: 'inputs.targets' },
      rollout: { first: [], canary: 0, page: 10, window: 4 },
    },
  ]),
  limits: { 'credentials.revoke': { max: 1_000 } },
};

describe('what people say before a rollout has begun, on a real Temporal server', () => {
  let stand: Stand;
  before(async () => {
    stand = await Stand.open();
  }).timeout(120_000);
  after(() => stand.close());

  /** An incident whose rollout waits for its limit to be set, until it is let go. */
  async function waiting(): Promise<{ readonly incident: StartedIncident; readonly letGo: () => void }> {
    let letGo!: () => void;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const incident = await stand.start(plan, {
      input: { inputs: { targets: datasetOf(30) as unknown as Json } },
      prepare: ({ scripts }) => {
        scripts['engine.setLimit'] = () => held;
      },
    });
    await incident.until('the limit', () => incident.outside.of('engine.setLimit').length > 0);
    return { incident, letGo };
  }

  /** Flips that the outside has seen, in the order they came. */
  const flips = ({ outside }: StartedIncident): readonly unknown[] =>
    outside.of('engine.setPermit').map(({ call }) => (call as unknown as { state: string }).state);

  it('stops it before its first target, though its permit is opened after that', async () => {
    const { incident, letGo } = await waiting();
    await incident.send('stop', CASEY);
    await incident.until('the stop', () => flips(incident).includes('stopped'));
    letGo();
    await incident.until('the late opening', () => flips(incident).includes('open'));
    const rollout = stand.client.workflow.getHandle(`incident/${incident.id}/contain#1`);
    await incident.until('the rollout', () => flips(incident).length === 2);
    await eventually(() => rollout.query('progress'));
    assert.equal(incident.outside.targets.size, 0);
    assert.equal(incident.outside.of('credentials.revoke').length, 0, 'no page was asked for');
    await incident.send('resume', CASEY);
    assert.equal((await incident.step('contain', 'succeeded')).outputs?.['left'], 0);
    await incident.result();
    await incident.replay();
  });

  it('lets it begin where the stop was lifted before', async () => {
    const { incident, letGo } = await waiting();
    await incident.send('stop', CASEY);
    await incident.send('resume', CASEY);
    letGo();
    await incident.result();
    assert.equal(incident.outside.targets.size, 30);
  });

  it('ends it with nothing where it was given up', async () => {
    const { incident, letGo } = await waiting();
    await incident.send('stop', { ...CASEY, step: 'contain' });
    await incident.send('resolveStep', { step: 'contain', answer: 'skip', by: 'casey', role: 'commander' });
    letGo();
    const step = await incident.step('contain', 'partial');
    assert.deepEqual(step.outputs, { targets: 30, left: 30, counts: {} });
    assert.equal(incident.outside.targets.size, 0);
    await incident.result();
  });
});

describe('words that overtake each other on their way to a rollout, on a real Temporal server', () => {
  let stand: Stand;
  before(async () => {
    stand = await Stand.open();
  }).timeout(120_000);
  after(() => stand.close());

  const slow: Plan = planOf([
    {
      ...{ id: 'contain', uses: 'credentials.revoke', forEach: 'inputs.targets' },
      rollout: { first: [], canary: 0, page: 10, window: 1 },
    },
  ]);

  /** Holds calls until it is let go. */
  function barrier(): { readonly held: Promise<void>; letGo(): void } {
    let letGo!: () => void;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    return { held, letGo };
  }

  /** A rollout whose first page is under way, and whose flip to a state waits as one does whose worker died with it. */
  async function withSlowFlip(to: string): Promise<{ incident: StartedIncident; page: () => void; flip: () => void }> {
    const [page, flip] = [barrier(), barrier()];
    let isFirst = true;
    const incident = await stand.start(slow, {
      input: { inputs: { targets: datasetOf(30) as unknown as Json } },
      prepare: ({ scripts }) => {
        scripts['credentials.revoke'] = () => page.held;
        scripts['engine.setPermit'] = ({ call }) => {
          const { state, turn } = call as unknown as { state: string; turn: number };
          const isHeld = isFirst && state === to && turn > 1; // the first turn lets it begin
          if (isHeld) isFirst = false;
          return isHeld ? flip.held : undefined;
        };
      },
    });
    await incident.until('the page', () => incident.outside.of('credentials.revoke').length > 0);
    return { incident, page: page.letGo, flip: flip.letGo };
  }

  const heard = async (incident: StartedIncident): Promise<readonly unknown[]> => {
    const { events } = await stand.client.workflow.getHandle(`incident/${incident.id}/contain#1`).fetchHistory();
    return (events ?? []).flatMap((event) => event.workflowExecutionSignaledEventAttributes?.signalName ?? []);
  };

  async function untilHeard(incident: StartedIncident, words: number): Promise<void> {
    await eventually(async () => assert.ok((await heard(incident)).length >= words));
  }

  it('goes on where the call of a stop comes to its end after that of the resume', async () => {
    const { incident, page, flip } = await withSlowFlip('stopped');
    await incident.send('stop', CASEY);
    await incident.send('resume', CASEY);
    await untilHeard(incident, 1);
    flip();
    await untilHeard(incident, 2);
    page();
    await incident.result();
    assert.equal(incident.outside.targets.size, 30);
    assert.deepEqual(await heard(incident), ['resume', 'resume']);
    await incident.replay();
  });

  it('stays stopped where the call of a resume comes to its end after that of the next stop', async () => {
    const { incident, page, flip } = await withSlowFlip('open');
    await incident.send('stop', CASEY);
    await untilHeard(incident, 1);
    await incident.send('resume', CASEY);
    await incident.send('stop', CASEY);
    await untilHeard(incident, 2);
    flip();
    await untilHeard(incident, 3);
    page();
    assert.deepEqual(await heard(incident), ['stop', 'stop', 'stop']);
    await incident.send('resume', CASEY);
    await incident.result();
    assert.equal(incident.outside.targets.size, 30);
  });
});

/** Asks until it is answered. */
async function eventually(ask: () => Promise<unknown>): Promise<void> {
  const deadline = Date.now() + 12_000;
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
