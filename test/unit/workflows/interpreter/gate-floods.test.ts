import assert from 'node:assert/strict';
import { byCommander, planOf } from '../../../support/plan-sketch.ts';
import { DrivenCore, targetsOf } from '../../../support/driven-core.ts';

const VARIANTS = Array.from({ length: 12 }, (_, at) => ({ name: `v${at}`, count: 1, sample: 'x'.repeat(1_500) }));

describe('a gate under a flood of facts', () => {
  const plan = planOf([
    {
      ...{ id: 'tell', uses: 'notices.send', forEach: 'inputs.targets', approval: byCommander() },
      readsFacts: ['natureOfBreach'],
    },
  ]);

  /** Opens the newest gate that was asked for, with texts. */
  function open(core: DrivenCore): void {
    const { gate } = core.all('openGate').at(-1)!;
    const digest = `digest of ${gate}` as never;
    core.tell({ kind: 'gateOpened', gate, digest, shows: { targets: 5, variants: VARIANTS, notes: [] } });
  }

  it('is asked again at once, then not at every fact, and what was voided takes no room', () => {
    const core = new DrivenCore(plan, { inputs: targetsOf(5) });
    open(core);
    core.addFact('natureOfBreach', 'the first');
    assert.equal(core.all('openGate').length, 2, 'at once');
    open(core);
    for (let second = 0; second < 300; second += 1) {
      core.addFact('natureOfBreach', `text ${second}`);
      core.sleep(1_000);
      open(core);
    }
    core.sleep(10_000);
    open(core);
    const asked = core.all('openGate').length;
    assert.ok(asked > 30 && asked < 70, `asked ${asked} times in five minutes`);
    assert.equal(new Set(core.all('openGate').map(({ gate }) => gate)).size, asked, 'each under an id of its own');
    assert.ok(core.status.gates.length <= 7, `${core.status.gates.length} gates are kept`);
    const bytes = JSON.stringify({ ...core.interpreter.core.state, pending: [] }).length;
    assert.ok(bytes < 150_000, `the state has ${bytes} bytes`);
    assert.equal(core.approve(core.gate('tell'), 'casey', 'commander'), undefined);
    assert.equal(core.all('rollOut').length, 1);
  });

  it('that is stale is void at once, though the next one waits', () => {
    const core = new DrivenCore(plan, { inputs: targetsOf(5) });
    open(core);
    core.addFact('natureOfBreach', 'the first');
    open(core);
    const gate = core.gate('tell');
    core.addFact('natureOfBreach', 'the second');
    assert.equal(core.approve(gate, 'casey', 'commander'), 'GATE_STALE');
    assert.equal(core.all('openGate').length, 2);
    core.sleep(5_000);
    assert.equal(core.all('openGate').length, 3);
  });
});
