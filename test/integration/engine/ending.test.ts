import assert from 'node:assert/strict';
import { planOf } from '../../support/plan-sketch.ts';
import { searchAttributes } from '../../../contracts/search-attributes.ts';
import { Stand } from './stand.ts';

const plan = planOf([
  { id: 'first', uses: 'facts.set' },
  { id: 'second', uses: 'facts.set', needs: ['first'] },
]);

describe('start and end of an incident, on a real Temporal server', () => {
  let stand: Stand;
  before(async () => {
    stand = await Stand.open();
  }).timeout(120_000);
  after(() => stand.close());

  it('takes one call more than its steps where the door has anchored it and entered it in the list', async () => {
    const incident = await stand.start(plan, { isAtDoor: true });
    const result = await incident.result();
    const { outside } = incident;
    assert.deepEqual(
      outside.seen.map(({ type }) => type),
      ['facts.set', 'facts.set', 'engine.setState'],
    );
    assert.deepEqual(outside.states, ['recovered']);
    assert.equal(result.journal?.seq, outside.journal.length);
    assert.equal(outside.journal.at(-1)!.key, 'incident.state:recovered');
    const { history } = (await incident.histories())[0]!;
    const kinds = history.events!.map((event) => Object.keys(event).find((key) => key.endsWith('EventAttributes'))!);
    const count = (kind: string): number => kinds.filter((one) => one === `${kind}EventAttributes`).length;
    assert.equal(count('workflowTaskCompleted'), 4);
    assert.equal(count('upsertWorkflowSearchAttributes'), 1); // what was reached
    const { typedSearchAttributes: shown } = await incident.handle.describe();
    const values = new Map(shown.getAll().map(({ key, value }) => [key.name, value]));
    assert.equal(values.get(searchAttributes.phase.name), 'recovered');
    assert.equal(values.get(searchAttributes.incident.name), incident.id);
    assert.equal(values.get(searchAttributes.playbook.name), plan.playbook.name);
    await incident.replay();
  });

  it('anchors the head itself where the door did not', async () => {
    const incident = await stand.start(plan);
    await incident.result();
    assert.equal(incident.outside.of('engine.anchor').length, 1);
    await incident.replay();
  });

  it('records what people say while it ends before it has ended', async () => {
    let letGo!: () => void;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const incident = await stand.start(plan, {
      prepare: ({ scripts }) => {
        scripts['engine.setState'] = () => held;
      },
    });
    await incident.until('the end', () => incident.outside.of('engine.setState').length === 1);
    const said = { by: 'casey', source: 'person', confidence: 'decided' } as const;
    await incident.send('addFact', { key: 'scopeFinal', value: true, ...said });
    letGo();
    const result = await incident.result();
    assert.equal(incident.outside.records('fact').length, 1);
    assert.equal(result.journal?.seq, incident.outside.journal.length);
    await incident.replay();
  });
});
