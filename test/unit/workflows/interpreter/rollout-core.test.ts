import assert from 'node:assert/strict';
import { datasetOf, planOf } from '../../../support/plan-sketch.ts';
import { RolloutCore, type PageTask } from '../../../../workflows/interpreter/rollout-core.ts';
import type { ActionCall, PageResult } from '../../../../contracts/effects.ts';
import type { PlanStep, RolloutOptions } from '../../../../contracts/plan.ts';
import type { RolloutInput } from '../../../../contracts/messages.ts';

const NOW = Date.parse('2026-11-24T10:00:00Z');

function inputOf(
  count: number,
  rollout: Partial<RolloutOptions> = {},
  more: Partial<RolloutInput> = {},
  step: Partial<PlanStep> = {},
): RolloutInput {
  const { steps } = planOf([{ id: 'contain', uses: 'credentials.revoke', forEach: 'inputs.targets' }]);
  return {
    call: { step: 'contain', visit: 1, uses: 'credentials.revoke', with: {} } as unknown as ActionCall,
    dataset: datasetOf(count),
    step: { ...steps[0]!, rollout: { first: [], canary: 0, page: 10, window: 4, ...rollout }, ...step },
    parentWorkflowId: 'incident/INC-2026-0001',
    ...{ cursor: 0, page: 0, counts: {}, paused: false, stopped: false, canaryPassed: false, sweep: [] },
    ...more,
  };
}

function rollout(...given: Parameters<typeof inputOf>): RolloutCore {
  return new RolloutCore(inputOf(...given), NOW);
}

const ranges = (tasks: readonly PageTask[]): readonly string[] =>
  tasks.map(({ page, from, to, looks }) => `${looks ? 'look' : page} ${from}-${to}`);

function done(task: PageTask): PageResult {
  return { counts: { accepted: task.to - task.from }, left: 0 };
}

/** Runs every page to a good end. */
function finishAll(core: RolloutCore, nowMs = NOW): void {
  for (let tasks = core.next(nowMs); tasks.length > 0; tasks = core.next(nowMs))
    for (const task of tasks) core.take(task, done(task), nowMs);
}

describe('RolloutCore', () => {
  it('hands out pages in order, as many as the window holds', () => {
    const core = rollout(45, { window: 2 });
    const first = core.next(NOW);
    assert.deepEqual(ranges(first), ['0 0-10', '1 10-20']);
    assert.deepEqual(core.next(NOW), []);
    core.take(first[1]!, done(first[1]!), NOW);
    assert.deepEqual(ranges(core.next(NOW)), ['2 20-30']);
  });

  it('sweeps what a page left under its number, not before it asks for', () => {
    const core = rollout(10);
    const [task] = core.next(NOW);
    core.take(task!, { counts: { accepted: 7, planned: 3 }, left: 3, waitMs: 500 }, NOW);
    assert.deepEqual(core.outputs, { targets: 10, left: 3, counts: { accepted: 7, planned: 3 } });
    assert.deepEqual(core.next(NOW + 499), []);
    assert.equal(core.nextWakeMs(), NOW + 500);
    const again = core.next(NOW + 500);
    assert.deepEqual(ranges(again), ['0 0-10']);
    assert.notEqual(again[0]?.number, task?.number);
    core.take(again[0]!, done(again[0]!), NOW + 500);
    assert.deepEqual(core.result, {
      state: 'succeeded',
      outputs: { targets: 10, left: 0, counts: { accepted: 10 } },
      openItems: [],
    });
  });

  describe('when it has a canary', () => {
    it('acts on the canary alone, looks at it until it is dead, then goes on', () => {
      const core = rollout(25, { canary: 4, holdUntil: 'verified' });
      const [canary, ...others] = core.next(NOW);
      assert.deepEqual([ranges([canary!]), others], [['0 0-4'], []]);
      core.take(canary!, done(canary!), NOW);
      const [look] = core.next(NOW);
      assert.deepEqual(ranges([look!]), ['look 0-4']);
      core.take(look!, { counts: { accepted: 4 }, left: 4, waitMs: 50 }, NOW);
      assert.deepEqual(core.next(NOW), []);
      const [second] = core.next(NOW + 50);
      core.take(second!, { counts: { verified: 4 }, left: 0 }, NOW + 50);
      assert.deepEqual(ranges(core.next(NOW + 50)), ['1 4-14', '2 14-24', '3 24-25']);
      assert.equal(core.takeReport(), undefined);
    });

    it('takes a share of the dataset, rounded up', () => {
      assert.deepEqual(ranges(rollout(25, { canary: 0.1, holdUntil: 'verified' }).next(NOW)), ['0 0-3']);
    });

    it('holds for people, once, when the canary lives on or waits for approval', () => {
      for (const holdUntil of ['verified', 'approved'] as const) {
        const core = rollout(25, { canary: 4, holdUntil });
        for (let tasks = core.next(NOW); tasks.length > 0; tasks = core.next(NOW))
          for (const task of tasks)
            core.take(task, task.looks ? { counts: { verified: 3, refuted: 1 }, left: 0 } : done(task), NOW);
        const report = core.takeReport();
        assert.deepEqual([report?.reason, report?.left], ['canary', 21]);
        assert.equal(core.takeReport(), undefined);
        assert.equal(core.isOver, false);
        core.release('canary');
        finishAll(core);
        assert.equal(core.result.state, 'succeeded');
      }
    });

    it('goes on by itself where nothing is to hold for', () => {
      const core = rollout(25, { canary: 4 });
      finishAll(core);
      assert.equal(core.isOver, true);
    });
  });

  it('holds at the limit until it is raised, and sweeps what was left', () => {
    const core = rollout(10);
    const [task] = core.next(NOW);
    core.take(task!, { counts: { accepted: 6, planned: 4 }, left: 4, limited: true, waitMs: 9_000 }, NOW);
    assert.deepEqual([core.takeReport()?.reason, core.next(NOW + 10_000)], ['limit', []]);
    core.release('canary');
    assert.deepEqual(core.next(NOW), [], 'another release is not meant');
    core.release('limit');
    finishAll(core);
    assert.equal(core.result.state, 'succeeded');
  });

  it('says whose limit it holds at where that is another action’s', () => {
    const core = rollout(10);
    const [task] = core.next(NOW);
    const limited = { limited: true, limitedBy: 'credentials.rotate' };
    core.take(task!, { counts: { accepted: 6, planned: 4 }, left: 4, ...limited }, NOW);
    const report = core.takeReport();
    assert.equal(report?.limitedBy, 'credentials.rotate');
    assert.match(report.note, /limit of the playbook for credentials\.rotate/);
  });

  it('goes no further than what was signed for until the gate is answered', () => {
    const core = rollout(25, {}, { ceiling: 12 });
    const first = core.next(NOW);
    assert.deepEqual(ranges(first), ['0 0-10', '1 10-12']);
    for (const task of first) core.take(task, done(task), NOW);
    assert.deepEqual([core.next(NOW), core.isOver], [[], false]);
    core.release('gate');
    assert.deepEqual(ranges(core.next(NOW)), ['2 12-22', '3 22-25']);
  });

  it('starts nothing while it is stopped or paused, and takes up at once what was left', () => {
    for (const halt of ['stop', 'pause'] as const) {
      const core = rollout(25, { window: 1 });
      const [task] = core.next(NOW);
      core[halt]();
      core.take(task!, { counts: { planned: 10 }, left: 10, waitMs: 20_000, stopped: true }, NOW);
      assert.deepEqual([core.next(NOW + 30_000), core.isOver], [[], false]);
      core.resume();
      finishAll(core);
      assert.equal(core.result.state, 'succeeded');
    }
  });

  it('changes how many pages are in flight', () => {
    const core = rollout(100, { window: 1 });
    core.setWindow(3);
    assert.equal(core.next(NOW).length, 3);
    core.setWindow(0);
    core.setWindow(1.5);
    assert.equal(core.next(NOW).length, 0);
  });

  describe('when pages get nowhere', () => {
    const steady = { engineVersion: 2 };
    const nothing = (task: PageTask): PageResult => ({
      counts: { planned: task.to - task.from },
      left: task.to - task.from,
      waitMs: 1_000,
    });

    it('asks with one page at a time, hands out no new ones, and is at full width again once one gets on', () => {
      const core = rollout(100, { window: 3 }, steady);
      for (const task of core.next(NOW)) core.take(task, nothing(task), NOW);
      assert.deepEqual(core.next(NOW), []);
      assert.equal(core.nextWakeMs(), NOW + 1_000);
      const [probe, ...others] = core.next(NOW + 1_000);
      assert.deepEqual([ranges([probe!]), others], [['0 0-10'], []]);
      core.take(probe!, nothing(probe!), NOW + 1_000);
      const [second] = core.next(NOW + 1_000);
      assert.deepEqual(ranges([second!]), ['1 10-20'], 'the pages take turns');
      core.take(second!, done(second!), NOW + 1_000);
      assert.deepEqual(ranges(core.next(NOW + 1_000)), ['2 20-30', '0 0-10', '3 30-40']);
    });

    it('does not take a limit, a stop or a page with a poison target for an outage', () => {
      for (const more of [{ limited: true }, { stopped: true }, { left: 1 }]) {
        const core = rollout(200, { window: 2 }, steady);
        for (const task of core.next(NOW)) core.take(task, { ...nothing(task), ...more }, NOW);
        core.release('limit');
        assert.equal(core.next(NOW).length, 2);
      }
    });

    it('goes on as it did where the incident began with an older engine', () => {
      const core = rollout(100, { window: 3 });
      for (const task of core.next(NOW)) core.take(task, nothing(task), NOW);
      assert.deepEqual(ranges(core.next(NOW)), ['3 30-40', '4 40-50', '5 50-60']);
    });
  });

  describe('when what it sends may come back', () => {
    const told = (count: number): RolloutCore =>
      rollout(count, { page: 500 }, { engineVersion: 2 }, { uses: 'notices.send' });

    it('waits for the first 200 before the others', () => {
      const core = told(1_000);
      const [first, ...others] = core.next(NOW);
      assert.deepEqual([ranges([first!]), others], [['0 0-200'], []]);
      core.take(first!, done(first!), NOW);
      assert.deepEqual(ranges(core.next(NOW)), ['1 200-700', '2 700-1000']);
    });

    it('holds, once, when more than 5 % of the first 200 came back; people may let it go on', () => {
      const core = told(4_000);
      const [first] = core.next(NOW);
      core.take(first!, { ...done(first!), returned: 10 }, NOW);
      const [second] = core.next(NOW);
      core.take(second!, { ...done(second!), returned: 11 }, NOW);
      const report = core.takeReport();
      assert.deepEqual([report?.reason, core.next(NOW)], ['returns', []]);
      assert.match(report?.note ?? '', /\b11 came back/);
      const carried = new RolloutCore(core.carry(), NOW);
      core.release('returns');
      carried.release('returns');
      for (const one of [core, carried]) {
        const [third] = one.next(NOW);
        one.take(third!, { ...done(third!), returned: 11 }, NOW);
        assert.equal(one.takeReport(), undefined);
      }
    });
  });

  describe('when it ends', () => {
    it('is partial where some did not come through, and names them', () => {
      const core = rollout(10);
      const [task] = core.next(NOW);
      core.take(task!, { counts: { accepted: 6, failed: 1, unknown: 2, bounced: 1 }, left: 0 }, NOW);
      const { state, openItems = [] } = core.result;
      assert.equal(state, 'partial');
      assert.deepEqual(
        openItems.map((text) => text.split(' ')[0]),
        ['1', '2', '1'],
      );
    });

    it('is failed where nothing came through, and succeeded where everything was fenced off', () => {
      const failed = rollout(10);
      const [task] = failed.next(NOW);
      failed.take(task!, { counts: { failed: 10 }, left: 0 }, NOW);
      assert.equal(failed.result.error?.code, 'ROLLOUT_FAILED');
      const fenced = rollout(10);
      const [other] = fenced.next(NOW);
      fenced.take(other!, { counts: { withheld: 10 }, left: 0 }, NOW);
      assert.equal(fenced.result.state, 'succeeded');
    });

    it('is failed by the first page that cannot work, once the others have ended', () => {
      const core = rollout(25, { window: 2 });
      const [first, second] = core.next(NOW);
      core.fail(first!, { code: 'GATE_STALE', message: 'by the test' }, NOW);
      assert.deepEqual([core.next(NOW), core.isOver], [[], false]);
      core.take(second!, done(second!), NOW);
      assert.deepEqual([core.isOver, core.result.error?.code, core.outputs.left], [true, 'GATE_STALE', 15]);
    });

    it('is partial with what is left when its time is over or people end it', () => {
      const late = rollout(25, { window: 1 }, {}, { withinMs: 60_000 });
      const [task] = late.next(NOW);
      late.take(task!, done(task!), NOW);
      assert.equal(late.nextWakeMs(), NOW + 60_000);
      assert.deepEqual([late.next(NOW + 60_000), late.isOver, late.result.state], [[], true, 'partial']);
      const ended = rollout(25, { window: 1 });
      const [only] = ended.next(NOW);
      ended.finish();
      ended.take(only!, done(only!), NOW);
      assert.deepEqual([ended.isOver, ended.result.openItems], [true, ['15 were left']]);
    });
  });

  it('carries ranges and counts over, and counts its time from the first run', () => {
    const core = rollout(45, { window: 2 }, {}, { withinMs: 60_000 });
    const [first, second] = core.next(NOW);
    core.take(first!, done(first!), NOW);
    core.take(second!, { counts: { accepted: 8, planned: 2 }, left: 2, waitMs: 1_000 }, NOW);
    core.setWindow(3);
    const next = new RolloutCore(JSON.parse(JSON.stringify(core.carry())) as RolloutInput, NOW + 30_000);
    assert.deepEqual(next.outputs, core.outputs);
    assert.deepEqual(ranges(next.next(NOW + 30_000)), ['1 10-20', '2 20-30', '3 30-40']);
    assert.equal(next.nextWakeMs(), NOW + 60_000);
  });
});
