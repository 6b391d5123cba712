import assert from 'node:assert/strict';
import fc from 'fast-check';
import { datasetOf, planOf } from '../../support/plan-sketch.ts';
import { RolloutCore, type PageTask } from '../../../workflows/interpreter/rollout-core.ts';
import type { ActionCall } from '../../../contracts/effects.ts';
import { ENGINE_VERSION, type RolloutInput } from '../../../contracts/messages.ts';

const RUNS = 2_000;

interface Drawn {
  readonly count: number;
  readonly page: number;
  readonly window: number;
  readonly canary: number;
  readonly holdUntil: 'verified' | 'approved' | undefined;
  readonly ceiling: number | undefined;
  readonly uses: 'credentials.revoke' | 'notices.send';
  readonly engineVersion: number;
  /** What is done at each move: which page ends, how much it leaves, whether the rollout is carried over first. */
  readonly moves: readonly { readonly pick: number; readonly leaves: number; readonly carries: boolean }[];
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  count: fc.integer({ min: 1, max: 60 }),
  page: fc.integer({ min: 1, max: 12 }),
  window: fc.integer({ min: 1, max: 5 }),
  canary: fc.oneof(fc.integer({ min: 0, max: 10 }), fc.constantFrom(0.1, 0.5)),
  holdUntil: fc.constantFrom(undefined, 'verified', 'approved'),
  ceiling: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
  uses: fc.constantFrom('credentials.revoke', 'notices.send'),
  engineVersion: fc.integer({ min: 1, max: ENGINE_VERSION }),
  moves: fc.array(fc.record({ pick: fc.nat(), leaves: fc.nat(3), carries: fc.boolean() }), {
    minLength: 1,
    maxLength: 40,
  }),
});

function inputOf({ count, page, window, canary, holdUntil, ceiling, uses, engineVersion }: Drawn): RolloutInput {
  const { steps } = planOf([{ id: 'contain', uses, forEach: 'inputs.targets' }]);
  return {
    call: { step: 'contain', visit: 1, uses: 'credentials.revoke', with: {} } as unknown as ActionCall,
    dataset: datasetOf(count),
    step: { ...steps[0]!, rollout: { first: [], canary, page, window, ...(holdUntil ? { holdUntil } : {}) } },
    parentWorkflowId: 'incident/INC-2026-0001',
    engineVersion,
    ...{ cursor: 0, page: 0, counts: {}, paused: false, stopped: false, canaryPassed: false, sweep: [] },
    ...(ceiling === undefined ? {} : { ceiling }),
  };
}

/** A rollout over an outside in memory; targets that are left now are done later. */
class Simulated {
  readonly drawn: Drawn;
  core: RolloutCore;
  readonly done: boolean[];
  readonly canary: number;
  readonly ceiling: number;
  isGateOpen = false;
  hasPassedCanary = false;
  #running: PageTask[] = [];
  #nowMs = 0;

  constructor(drawn: Drawn) {
    this.drawn = drawn;
    const { count, canary, ceiling = Infinity } = drawn;
    this.core = new RolloutCore(inputOf(drawn), 0);
    this.done = Array.from({ length: count }, () => false);
    this.canary = Math.min(count, canary < 1 ? Math.ceil(canary * count) : canary);
    this.ceiling = ceiling;
  }

  run(): void {
    for (let move = 0; !this.core.isOver; move += 1) {
      assert.ok(move < 5_000, 'it comes to an end');
      this.#nowMs += 1_000;
      const { pick, leaves, carries } = this.drawn.moves[move % this.drawn.moves.length]!;
      if (carries && this.#running.length === 0) this.#carry();
      for (const task of this.core.next(this.#nowMs)) this.#begin(task);
      if (this.core.takeReport()?.reason === 'canary') {
        this.hasPassedCanary = true;
        this.core.release('canary');
      } else if (this.#running.length > 0) this.#end(pick % this.#running.length, move < 200 ? leaves : 0);
      else this.#openGate();
    }
  }

  #begin(task: PageTask): void {
    for (const other of this.#running)
      assert.ok(task.looks || other.looks || task.from >= other.to || task.to <= other.from, 'pages do not overlap');
    if (!task.looks && task.from >= this.canary && this.canary > 0 && this.drawn.holdUntil)
      assert.ok(this.hasPassedCanary, 'nothing behind the canary before it has passed');
    if (!this.isGateOpen) assert.ok(task.looks || task.to <= this.ceiling, 'nothing behind what was signed for');
    this.#running.push(task);
    assert.ok(this.#running.length <= this.drawn.window, 'the window holds');
  }

  #end(index: number, leaves: number): void {
    const [task] = this.#running.splice(index, 1) as [PageTask];
    if (task.looks) {
      this.hasPassedCanary = true;
      this.core.take(task, { counts: { verified: this.canary }, left: 0 }, this.#nowMs);
      return;
    }
    const left = Math.min(leaves, task.to - task.from);
    for (let position = task.from; position < task.to - left; position += 1) this.done[position] = true;
    const accepted = task.to - task.from - left;
    const counts = { ...(accepted > 0 ? { accepted } : {}), ...(left > 0 ? { planned: left } : {}) };
    this.core.take(task, { counts, left, waitMs: 500 }, this.#nowMs);
  }

  /** Continue as new: everything that is not in the carried input is forgotten; an open hold is reported again. */
  #carry(): void {
    this.core = new RolloutCore(JSON.parse(JSON.stringify(this.core.carry())) as RolloutInput, this.#nowMs);
  }

  #openGate(): void {
    this.isGateOpen = true;
    this.core.release('gate');
  }
}

describe('RolloutCore', () => {
  it('acts on every target, never twice at a time, canary first, whatever is left, carried over or held', () => {
    fc.assert(
      fc.property(drawn, (one) => {
        const simulated = new Simulated(one);
        simulated.run();
        assert.ok(simulated.done.every(Boolean), 'no target is lost');
        const { state, outputs } = simulated.core.result;
        assert.deepEqual(
          [state, outputs],
          ['succeeded', { targets: one.count, left: 0, counts: { accepted: one.count } }],
        );
      }),
      { numRuns: RUNS },
    );
  }).timeout(60_000);
});
