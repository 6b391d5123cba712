import assert from 'node:assert/strict';
import { byCommander, datasetOf, planOf } from '../../support/plan-sketch.ts';
import { Stand } from './stand.ts';
import type { StepSketch } from '../../support/plan-sketch.ts';

/** List, revoke behind a gate, look, close: the smallest playbook that acts. */
const REVOKE_ONE: readonly StepSketch[] = [
  { id: 'scope', uses: 'credentials.list', with: { from: 'secrets-store' } },
  {
    id: 'contain',
    uses: 'credentials.revoke',
    needs: ['scope'],
    reads: ['scope'],
    forEach: 'steps.scope.dataset',
    connector: 'http-issuer',
    approval: byCommander(),
    tags: ['mitigation'],
  },
  {
    id: 'prove',
    uses: 'credentials.verify',
    needs: ['contain'],
    reads: ['scope'],
    forEach: 'steps.scope.dataset',
  },
  { id: 'close', uses: 'incident.close', needs: ['prove'] },
];

describe('incident on a real Temporal server', () => {
  let stand: Stand;
  before(async () => {
    stand = await Stand.open();
  }).timeout(120_000);
  after(() => stand.close());

  it('runs a plan behind a gate to its close, with a record before each act', async () => {
    const incident = await stand.start(planOf(REVOKE_ONE), {
      prepare: ({ scripts }) => {
        scripts['credentials.list'] = () => ({ outputs: { dataset: datasetOf(3), count: 3 } });
      },
    });
    const gate = await incident.gate('contain');
    assert.equal(gate.shows.targets, 3);
    await incident.approve(gate, 'casey', 'commander');
    const result = await incident.result();
    assert.equal(result.state, 'closed');
    assert.deepEqual(incident.outside.broken, []);
    assert.deepEqual(
      incident.outside.seen.map(({ type }) => type).filter((type) => !type.startsWith('engine.')),
      ['credentials.list', 'credentials.revoke', 'credentials.verify', 'incident.close'],
    );
    assert.equal(incident.outside.of('credentials.list')[0]?.activityId, 'scope#1');
    assert.ok(incident.outside.states.includes('closed'));
    const kinds = new Set(incident.outside.journal.map(({ kind }) => kind));
    for (const kind of ['gate.opened', 'decision', 'step.started', 'step.ended', 'incident.state'] as const)
      assert.ok(kinds.has(kind), `${kind} is in the journal`);
    await incident.replay();
  });

  it('writes what came first first, though the call that carries it is slow', async () => {
    let letGo!: () => void;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const none = { id: 'none', uses: 'credentials.verify', needs: ['scope'], reads: ['scope'] };
    const incident = await stand.start(planOf([...REVOKE_ONE, { ...none, forEach: 'steps.scope.none' }]), {
      prepare: ({ scripts, late }) => {
        scripts['credentials.list'] = () => ({ outputs: { dataset: datasetOf(3), count: 3, none: datasetOf(0) } });
        late['engine.openGate'] = held;
      },
    });
    const has = (key: string): number => incident.outside.journal.findIndex((draft) => draft.key.startsWith(key));
    await incident.until('the step of no targets', () => has('step.ended:none') >= 0);
    letGo();
    await incident.approve(await incident.gate('contain'), 'casey', 'commander');
    await incident.result();
    const order = ['step.ended:scope', 'step.started:none', 'step.ended:none'].map(has);
    assert.deepEqual(
      order,
      [...order].sort((a, b) => a - b),
    );
    assert.ok(has('step.ended:scope') >= 0);
  });

  it('runs steps without needs of each other side by side, at most 16 at a time', async () => {
    const many = Array.from({ length: 24 }, (_, index) => ({
      id: `look-${index}`,
      uses: 'credentials.list',
      with: { from: 'secrets-store' },
    }));
    const incident = await stand.start(
      planOf([...many, { id: 'close', uses: 'incident.close', needs: many.map(({ id }) => id) }]),
      {
        prepare: (outside) => {
          const { scripts } = outside;

          scripts['credentials.list'] = async () => {
            const deadline = Date.now() + 5_000;
            while (outside.mostRunning < 16 && Date.now() < deadline)
              await new Promise((resolve) => setTimeout(resolve, 10));
            return { outputs: { dataset: datasetOf(0), count: 0 } };
          };
        },
      },
    );
    await incident.result();
    assert.equal(incident.outside.mostRunning, 16);
    await incident.replay();
  });

  it('hands values of inputs, facts and outputs to the actions', async () => {
    const incident = await stand.start(
      planOf([
        { id: 'know', uses: 'facts.set', with: { key: 'affectedPeople', value: { $cel: 'inputs.people' } } },
        {
          id: 'post',
          uses: 'chat.post',
          needs: ['know'],
          readsFacts: ['affectedPeople'],
          with: {
            text: { $text: ['At least ', { $cel: 'facts.affectedPeople + 1' }, ' in ', { $cel: 'incident.id' }] },
          },
        },
        { id: 'close', uses: 'incident.close', needs: ['post'] },
      ]),
      {
        input: { inputs: { people: 41 } },
        prepare: ({ scripts }) => {
          scripts['facts.set'] = ({ call }) => ({ outputs: {}, facts: { affectedPeople: call.with['value'] } });
        },
      },
    );
    await incident.result();
    assert.equal(incident.outside.of('chat.post')[0]?.call.with['text'], `At least 42 in ${incident.id}`);
    await incident.replay();
  });

  it('skips a step whose `when` is false and one whose input nobody gave, and goes on', async () => {
    const incident = await stand.start(
      planOf([
        { id: 'maybe', uses: 'credentials.list', when: 'inputs.isWide', with: { from: 'secrets-store' } },
        {
          id: 'after',
          uses: 'credentials.activity',
          needs: ['maybe'],
          reads: ['maybe'],
          with: { of: { $cel: 'steps.maybe.dataset' } },
        },
        { id: 'close', uses: 'incident.close', needs: ['after'] },
      ]),
      { input: { inputs: { isWide: false } } },
    );
    await incident.result();
    const { steps } = await incident.status();
    assert.deepEqual(
      steps.map(({ id, state }) => [id, state]),
      [
        ['maybe', 'skipped'],
        ['after', 'skipped'],
        ['close', 'succeeded'],
      ],
    );
    assert.equal(steps[1]?.error?.code, 'INPUT_MISSING');
    assert.equal(incident.outside.of('credentials.list').length, 0);
    await incident.replay();
  });

  it('refuses outputs of more than 4 KiB', async () => {
    const incident = await stand.start(
      planOf([
        { id: 'large', uses: 'credentials.list', with: { from: 'secrets-store' }, onFailure: 'continue' },
        { id: 'close', uses: 'incident.close', needs: ['large'] },
      ]),
      {
        prepare: ({ scripts }) => void (scripts['credentials.list'] = () => ({ outputs: { text: 'x'.repeat(4_100) } })),
      },
    );
    await incident.result();
    assert.equal((await incident.status()).steps[0]?.error?.code, 'ENGINE_OUTPUT_TOO_LARGE');
    await incident.replay();
  });
});
