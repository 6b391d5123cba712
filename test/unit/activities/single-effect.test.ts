import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { CLAIM_FRESH_MS } from '../../../activities/effects/claim-age.ts';
import { CodedError } from '../../../contracts/errors.ts';
import { outcomeOf, runSingle, type SingleEffect, type SingleOutcome } from '../../../activities/single-effect.ts';
import { memoryHouse, type MemoryHouse } from '../../support/memory-house.ts';
import { actionCall, attempt, later, openPermit, testIncident } from '../../support/page-calls.ts';
import { permitId } from '../../../contracts/ids.ts';
import type { ActionCall } from '../../../contracts/effects.ts';

const LONGEST_MS = 10_000;

describe('runSingle', () => {
  let house: MemoryHouse;
  let acts: { readonly key: string; readonly isRepeat: boolean }[];

  beforeEach(() => {
    house = memoryHouse({ incident: testIncident });
    acts = [];
  });

  const effect = (outcome: SingleOutcome | Error, changes: Partial<SingleEffect> = {}): SingleEffect => ({
    action: 'tickets.open',
    subject: 'contain',
    class: 'checkable',
    params: {},
    longestRequestMs: LONGEST_MS,
    act: (key, isRepeat) => {
      acts.push({ key, isRepeat });
      return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome);
    },
    ...changes,
  });
  const done: SingleOutcome = { state: 'accepted', result: { id: 'T-1' } };
  const run = async (given: SingleEffect, changes: Partial<ActionCall> = {}) => {
    const call = actionCall('tickets.open', changes);
    await openPermit(house.ledger, call);
    return runSingle(house.runtime, call, given);
  };

  it('acts once and answers repeats from the receipt', async () => {
    assert.deepEqual(await run(effect(done)), { state: 'accepted', result: { id: 'T-1' } });
    assert.deepEqual(await run(effect(done)), { state: 'accepted', result: { id: 'T-1' } });
    assert.equal(acts.length, 1);
  });

  it('takes over what a dead attempt left, as a repeat with the same key, only after the longest request', async () => {
    await assert.rejects(run(effect({ state: 'pending', code: 'CONNECTOR_TIMEOUT', what: 'silence' })), {
      code: 'CONNECTOR_TIMEOUT',
    });
    await assert.rejects(run(effect(done)), { code: 'EFFECT_OUTCOME_PENDING' });
    later(house.ledger.effects, LONGEST_MS);
    await run(effect(done));
    assert.deepEqual(
      acts.map(({ isRepeat }) => isRepeat),
      [false, true],
    );
    assert.equal(acts[0]?.key, acts[1]?.key);
  });

  it('does nothing once a newer attempt has taken over while it stood still after its claim', async () => {
    const call = actionCall('tickets.open');
    await openPermit(house.ledger, call);
    const lease = {
      id: `${call.incident}/${call.step}:single`,
      permit: permitId(call.incident, call.step, call.visit),
    };
    const append = house.ledger.journal.append.bind(house.ledger.journal);
    mock.method(house.ledger.journal, 'append', async (...given: Parameters<typeof append>) => {
      const answer = await append(...given); // the record of the opening: the claim stands, nothing is sent
      await house.ledger.effects.takeLease({ ...lease, epoch: Number.MAX_SAFE_INTEGER });
      await new Promise((resolve) => setTimeout(resolve, CLAIM_FRESH_MS + 50));
      return answer;
    });
    await assert.rejects(runSingle(house.runtime, call, effect(done)), { code: 'LEASE_LOST' });
    assert.deepEqual(acts, []);
  });

  it('never repeats a blind act whose answer was lost', async () => {
    const blind = { class: 'blind' } as const;
    await assert.rejects(run(effect(new Error('killed'), blind)), { message: 'killed' });
    await assert.rejects(run(effect(done, blind)), { code: 'EFFECT_ATTEMPT_LOST' });
    assert.equal(acts.length, 1);
  });

  it('stays failed under its code until a person retries, which has a key of its own', async () => {
    const refused: SingleOutcome = { state: 'failed', code: 'CONNECTOR_REFUSED', what: 'no' };
    await assert.rejects(run(effect(refused)), { code: 'CONNECTOR_REFUSED' });
    await assert.rejects(run(effect(done)), { code: 'CONNECTOR_REFUSED' });
    await run(effect(done), { visit: 2 });
    assert.equal(acts.length, 2);
    assert.notEqual(acts[0]?.key, acts[1]?.key);
  });

  it('waits as long as the provider asks', async () => {
    const slow: SingleOutcome = { state: 'planned', code: 'CONNECTOR_RATE_LIMITED', what: 'slow', waitMs: 4_000 };
    await assert.rejects(run(effect(slow)), { code: 'CONNECTOR_RATE_LIMITED', retryAfterMs: 4_000 });
    await assert.rejects(run(effect(done)), { code: 'EFFECT_OUTCOME_PENDING' });
    later(house.ledger.effects, 4_000);
    await run(effect(done));
  });

  it('refuses other parameters for the same subject', async () => {
    await run(effect(done));
    await assert.rejects(run(effect(done, { params: { other: true } })), { code: 'EFFECT_PARAMS_CHANGED' });
  });

  for (const state of ['stopped', 'held'] as const) {
    it(`does nothing under a permit that is ${state}`, async () => {
      const call = actionCall('tickets.open');
      await house.ledger.effects.setPermit(permitId(call.incident, call.step, call.visit), call.incident, state);
      await assert.rejects(runSingle(house.runtime, call, effect(done)), { code: 'STEP_STOPPED' });
      assert.equal(acts.length, 0);
    });
  }

  it('does nothing without a permit, or under the gate of something else', async () => {
    const call = actionCall('tickets.open', { gate: 'a'.repeat(64) as never });
    await assert.rejects(runSingle(house.runtime, call, effect(done)), { code: 'EFFECT_PERMIT_MISSING' });
    await house.ledger.effects.setPermit(
      permitId(call.incident, call.step, 1),
      call.incident,
      'open',
      'b'.repeat(64) as never,
    );
    await assert.rejects(runSingle(house.runtime, call, effect(done)), { code: 'GATE_STALE' });
    assert.equal(acts.length, 0);
  });

  it('withholds in a drill with a receipt, and leaves no trace in a preview', async () => {
    assert.equal((await run(effect(done), { mode: 'preview' })).state, 'withheld');
    assert.equal(house.ledger.records.length, 0);
    assert.equal((await run(effect(done), { mode: 'drill' })).state, 'withheld');
    assert.equal((await run(effect(done), { mode: 'drill' })).state, 'withheld');
    assert.deepEqual(await house.ledger.effects.counts(testIncident, 'tickets.open'), { withheld: 1 });
    assert.equal(acts.length, 0);
  });

  it('reports progress while a slow act runs, and stops with it', async () => {
    const clock = mock.timers;
    clock.enable({ apis: ['setInterval'] });
    try {
      let beats = 0;
      const call = actionCall('tickets.open');
      await openPermit(house.ledger, call);
      const beating = { ...house.runtime, attempt: () => attempt({ heartbeat: () => void (beats += 1) }) };
      const slow = effect(done, {
        act: () => {
          clock.tick(9_000);
          return Promise.resolve(done);
        },
      });
      await runSingle(beating, call, slow);
      assert.equal(beats, 18); // twice a second
      clock.tick(9_000);
      assert.equal(beats, 18); // twice a second
    } finally {
      clock.reset();
    }
  });

  it('writes its journal record before it acts', async () => {
    const seen: number[] = [];
    await run(
      effect(done, {
        act: () => {
          seen.push(house.ledger.records.length);
          return Promise.resolve(done);
        },
      }),
    );
    assert.deepEqual(seen, [1]);
    assert.deepEqual(
      house.ledger.records.map(({ kind, body }) => [kind, body['state'] ?? 'opened']),
      [
        ['effect', 'opened'],
        ['effect', 'accepted'],
      ],
    );
  });
});

describe('outcomeOf', () => {
  it('reads the meaning from the registry', () => {
    const state = (code: ConstructorParameters<typeof CodedError>[0]) => outcomeOf(new CodedError(code, 'x')).state;
    assert.equal(state('CONNECTOR_RATE_LIMITED'), 'planned');
    assert.equal(state('CONNECTOR_UNAUTHORIZED'), 'planned');
    assert.equal(state('CONNECTOR_TIMEOUT'), 'pending');
    assert.equal(state('CONNECTOR_REFUSED'), 'failed');
  });

  it('lets a fault of the program through', () => {
    assert.throws(() => outcomeOf(new TypeError('bug')), TypeError);
  });
});
