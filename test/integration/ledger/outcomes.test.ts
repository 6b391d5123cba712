import assert from 'node:assert/strict';
import type { EffectClass, EffectState, Observation } from '../../../contracts/effects.ts';
import type { ClaimAnswer, Lease } from '../../../ledger/ports.ts';
import { openTestLedger, settled, targetsOf, type TestLedger } from './open-test-ledger.ts';

const LONG_MS = 3_600_000;
const PERMIT = 'permit';

describe('outcomes', () => {
  let test: TestLedger;
  let actions = 0;

  /** An effect of an action of its own, so that tests do not meet. */
  function effectOf(effectClass: EffectClass, { keyLifetimeMs = LONG_MS, longestRequestMs = 0 } = {}) {
    actions += 1;
    return {
      incident: test.incident,
      action: `action-${actions}`,
      class: effectClass,
      keyLifetimeMs,
      longestRequestMs,
    } as const;
  }

  async function take(effect: { readonly action: string }, epoch = 1): Promise<Lease> {
    const lease = { id: `lease/${effect.action}`, epoch, permit: PERMIT };
    await test.ledger.effects.takeLease(lease, test.incident);
    return lease;
  }

  async function stateOf(action: string, subject = 'one'): Promise<EffectState | undefined> {
    return (await test.ledger.effects.states(test.incident, action, [subject]))[0]?.state;
  }

  /** Claims `one` and settles it as given. */
  async function actedOn(
    effectClass: EffectClass,
    state: EffectState,
  ): Promise<{ action: string; lease: Lease; mine: ClaimAnswer['mine']; effect: ReturnType<typeof effectOf> }> {
    const effect = effectOf(effectClass);
    const lease = await take(effect);
    const { mine } = await test.ledger.effects.claim(lease, effect, targetsOf(['one']));
    await test.ledger.effects.settle(lease, effect, settled(mine, { state }));
    return { action: effect.action, lease, mine, effect };
  }

  function look(
    action: string,
    seen: Pick<Observation, 'dead' | 'notice'>,
    { startedAt, delayMs = 0, generation = 1 }: { startedAt: string; delayMs?: number; generation?: number },
  ) {
    const observation = { subject: 'one', receipt: {}, generation, ...seen };
    return test.ledger.effects.observe(test.incident, action, delayMs, startedAt, [observation]);
  }

  before(async () => {
    test = await openTestLedger();
    await test.ledger.effects.setPermit(PERMIT, test.incident, 'open');
  });

  after(() => test.close());

  describe('when an attempt died after its claim', () => {
    async function deadClaim(effect: ReturnType<typeof effectOf>): Promise<Lease> {
      await test.ledger.effects.claim(await take(effect, 1), effect, targetsOf(['one']));
      return take(effect, 2);
    }

    it('gives an idempotent target again, as the next attempt of the same generation', async () => {
      const effect = effectOf('idempotent');
      const lease = await deadClaim(effect);
      assert.deepEqual(await test.ledger.effects.recover(lease, effect, ['one']), []);
      const { mine } = await test.ledger.effects.claim(lease, effect, targetsOf(['one']));
      assert.deepEqual(mine, [{ subject: 'one', generation: 1, attempt: 2 }]);
    });

    it('gives a keyed target again while its key lives', async () => {
      const effect = effectOf('keyed');
      const lease = await deadClaim(effect);
      assert.deepEqual(await test.ledger.effects.recover(lease, effect, ['one']), []);
      assert.equal((await test.ledger.effects.claim(lease, effect, targetsOf(['one']))).mine.length, 1);
    });

    it('refuses a keyed target past the life of its key, and calls it unknown', async () => {
      const effect = effectOf('keyed', { keyLifetimeMs: 5_000, longestRequestMs: 5_000 });
      const lease = await deadClaim(effect);
      assert.equal((await test.ledger.effects.claim(lease, effect, targetsOf(['one']))).mine.length, 0);
      assert.deepEqual(await test.ledger.effects.recover(lease, effect, ['one']), ['one']);
      const [row] = await test.ledger.effects.states(test.incident, effect.action, ['one']);
      assert.equal(row?.state, 'unknown');
      assert.equal(row.code, 'EFFECT_ATTEMPT_LOST');
    });

    it('counts the life of a key from the first claim, however often it was taken over', async () => {
      const effect = effectOf('keyed');
      const lease = await deadClaim(effect);
      await test.ledger.effects.claim(lease, effect, targetsOf(['one']));
      const { rows } = await test.raw.query(
        'select first_claim_at < claimed_at as kept, attempt from effects where action = $1',
        [effect.action],
      );
      assert.deepEqual(rows, [{ kept: true, attempt: 2 }]);
    });

    it('calls a keyed target unknown that was put off after an unclear request, once its key is dead', async () => {
      const { effects } = test.ledger;
      const effect = effectOf('keyed');
      const lease = await deadClaim(effect); // sent, no answer
      const { mine } = await effects.claim(lease, effect, targetsOf(['one']));
      await effects.settle(lease, effect, settled(mine, { state: 'planned', code: 'CONNECTOR_RATE_LIMITED' }));
      const dead = { ...effect, keyLifetimeMs: 0 };
      const next = await take(effect, 3);
      assert.equal((await effects.claim(next, dead, targetsOf(['one']))).mine.length, 0);
      assert.deepEqual(await effects.recover(next, effect, ['one']), []);
      assert.deepEqual(await effects.recover(next, dead, ['one']), ['one']);
      assert.equal(await stateOf(effect.action), 'unknown');
    });

    it('gives a keyed target again that was put off and of which no request is unclear, whatever its age', async () => {
      const { effects } = test.ledger;
      const effect = effectOf('keyed', { keyLifetimeMs: 0 });
      const lease = await take(effect);
      const { mine } = await effects.claim(lease, effect, targetsOf(['one']));
      await effects.settle(lease, effect, settled(mine, { state: 'planned', code: 'CONNECTOR_RATE_LIMITED' }));
      assert.deepEqual(await effects.recover(lease, effect, ['one']), []);
      assert.equal((await effects.claim(lease, effect, targetsOf(['one']))).mine.length, 1);
    });

    it('gives a checkable target only after the longest request', async () => {
      const patient = effectOf('checkable', { longestRequestMs: LONG_MS });
      const lease = await deadClaim(patient);
      assert.deepEqual(await test.ledger.effects.recover(lease, patient, ['one']), []);
      assert.equal((await test.ledger.effects.claim(lease, patient, targetsOf(['one']))).mine.length, 0);
      const quick = { ...patient, longestRequestMs: 0 };
      assert.equal((await test.ledger.effects.claim(lease, quick, targetsOf(['one']))).mine.length, 1);
    });

    it('never gives a blind target again', async () => {
      const effect = effectOf('blind');
      const lease = await deadClaim(effect);
      assert.equal((await test.ledger.effects.claim(lease, effect, targetsOf(['one']))).mine.length, 0);
      assert.deepEqual(await test.ledger.effects.recover(lease, effect, ['one']), ['one']);
      assert.equal(await stateOf(effect.action), 'unknown');
    });

    it('leaves alone what a page of another lease holds', async () => {
      const effect = effectOf('blind');
      await test.ledger.effects.claim(await take(effect, 1), effect, targetsOf(['one']));
      const stranger = { id: 'lease/stranger', epoch: 9, permit: PERMIT };
      await test.ledger.effects.takeLease(stranger, test.incident);
      assert.deepEqual(await test.ledger.effects.recover(stranger, effect, ['one']), []);
      assert.equal(await stateOf(effect.action), 'claimed');
    });

    it('recovers nothing for an attempt that is itself old', async () => {
      const effect = effectOf('blind');
      const lease = await deadClaim(effect);
      await take(effect, 3);
      assert.deepEqual(await test.ledger.effects.recover(lease, effect, ['one']), []);
    });
  });

  describe('when an answer comes late', () => {
    it('moves a target that was given up as unknown', async () => {
      const effect = effectOf('blind');
      const old = await take(effect, 1);
      const { mine } = await test.ledger.effects.claim(old, effect, targetsOf(['one']));
      await test.ledger.effects.recover(await take(effect, 2), effect, ['one']);
      await test.ledger.effects.settle(old, effect, settled(mine));
      assert.equal(await stateOf(effect.action), 'accepted');
    });

    it('leaves it unknown when the answer is that nothing was sent: no page comes back to it, people do', async () => {
      const effect = effectOf('blind');
      const old = await take(effect, 1);
      const { mine } = await test.ledger.effects.claim(old, effect, targetsOf(['one']));
      await test.ledger.effects.recover(await take(effect, 2), effect, ['one']);
      await test.ledger.effects.settle(old, effect, settled(mine, { state: 'planned', receipt: { sent: false } }));
      assert.equal(await stateOf(effect.action), 'unknown');
      assert.deepEqual(await test.ledger.effects.reopen(test.incident, effect.action, ['one']), ['one']);
    });

    it('undoes a reopening that nobody has claimed yet', async () => {
      const { action, lease, mine, effect } = await actedOn('blind', 'unknown');
      assert.deepEqual(await test.ledger.effects.reopen(test.incident, action, ['one']), ['one']);
      await test.ledger.effects.settle(lease, effect, settled(mine));
      const [row] = await test.ledger.effects.states(test.incident, action, ['one']);
      assert.deepEqual([row?.state, row?.generation], ['accepted', 1]);
    });

    it('does not take the yes of an attempt for that of the one after it', async () => {
      const effect = effectOf('idempotent');
      const old = await take(effect, 1);
      const { mine } = await test.ledger.effects.claim(old, effect, targetsOf(['one']));
      const lease = await take(effect, 2);
      const again = await test.ledger.effects.claim(lease, effect, targetsOf(['one']));
      await test.ledger.effects.settle(lease, effect, settled(again.mine, { state: 'failed' }));
      await test.ledger.effects.reopen(test.incident, effect.action, ['one']);
      await test.ledger.effects.settle(old, effect, settled(mine));
      assert.equal(await stateOf(effect.action), 'planned');
    });

    it('does not touch a reopened target that is claimed again', async () => {
      const { action, lease, mine, effect } = await actedOn('blind', 'unknown');
      await test.ledger.effects.reopen(test.incident, action, ['one']);
      const again = await test.ledger.effects.claim(lease, effect, targetsOf(['one']));
      assert.equal(again.mine[0]?.generation, 2);
      await test.ledger.effects.settle(lease, effect, settled(mine));
      assert.equal(await stateOf(action), 'claimed');
    });

    it('leaves a receipt of every answer, moved or not', async () => {
      const { action, lease, mine, effect } = await actedOn('idempotent', 'accepted');
      await test.ledger.effects.settle(lease, effect, settled(mine, { state: 'failed', receipt: { status: 500 } }));
      const receipts = await test.ledger.effects.receipts(test.incident, action, 'one');
      assert.deepEqual(
        receipts.map(({ kind, state, body }) => [kind, state, body['status']]),
        [
          ['outcome', 'accepted', 200],
          ['outcome', 'failed', 500],
        ],
      );
      assert.equal(await stateOf(action), 'accepted');
    });
  });

  describe('when somebody looks', () => {
    it('verifies what is dead', async () => {
      const { action } = await actedOn('idempotent', 'accepted');
      const moved = await look(action, { dead: true }, { startedAt: await test.ledger.effects.now() });
      assert.deepEqual(
        moved.map(({ subject, state }) => [subject, state]),
        [['one', 'verified']],
      );
    });

    it('ignores a look that began before the settle', async () => {
      const startedAt = await test.ledger.effects.now();
      const { action } = await actedOn('idempotent', 'accepted');
      assert.deepEqual(await look(action, { dead: true }, { startedAt }), []);
      assert.equal(await stateOf(action), 'accepted');
    });

    it('refutes what is alive only after the longest delay of the effect', async () => {
      const { action } = await actedOn('idempotent', 'accepted');
      const startedAt = await test.ledger.effects.now();
      assert.deepEqual(await look(action, { dead: false }, { startedAt, delayMs: LONG_MS }), []);
      await look(action, { dead: false }, { startedAt });
      assert.equal(await stateOf(action), 'refuted');
    });

    it('verifies a refuted one by a later look', async () => {
      const { action } = await actedOn('idempotent', 'accepted');
      await look(action, { dead: false }, { startedAt: await test.ledger.effects.now() });
      await look(action, { dead: true }, { startedAt: await test.ledger.effects.now() });
      assert.equal(await stateOf(action), 'verified');
    });

    it('ignores a look at an older generation', async () => {
      const { action, lease, effect } = await actedOn('idempotent', 'failed');
      await test.ledger.effects.reopen(test.incident, action, ['one']);
      const { mine } = await test.ledger.effects.claim(lease, effect, targetsOf(['one']));
      await test.ledger.effects.settle(lease, effect, settled(mine));
      const startedAt = await test.ledger.effects.now();
      assert.deepEqual(await look(action, { dead: false }, { startedAt, generation: 1 }), []);
      assert.equal(await stateOf(action), 'accepted');
    });

    it('leaves a receipt where nobody could tell, and where nothing was ever done', async () => {
      const effect = effectOf('idempotent');
      const startedAt = await test.ledger.effects.now();
      await look(effect.action, { dead: undefined }, { startedAt });
      const receipts = await test.ledger.effects.receipts(test.incident, effect.action, 'one');
      assert.deepEqual(
        receipts.map(({ kind, state }) => [kind, state]),
        [['observation', 'unseen']],
      );
    });

    it('takes a bounce whenever it comes, and a complaint never for a failed one', async () => {
      const startedAt = await test.ledger.effects.now();
      const sent = await actedOn('blind', 'accepted');
      await look(sent.action, { dead: undefined, notice: 'bounced' }, { startedAt });
      assert.equal(await stateOf(sent.action), 'bounced');
      const unsent = await actedOn('blind', 'failed');
      await look(unsent.action, { dead: undefined, notice: 'complained' }, { startedAt });
      assert.equal(await stateOf(unsent.action), 'failed');
    });
  });

  describe('when a person reopens', () => {
    for (const state of ['failed', 'unknown', 'withheld'] as const) {
      it(`opens a target that is ${state}, one generation on`, async () => {
        const { action, lease, effect } = await actedOn('blind', state);
        assert.deepEqual(await test.ledger.effects.reopen(test.incident, action, ['one']), ['one']);
        const { mine } = await test.ledger.effects.claim(lease, effect, targetsOf(['one']));
        assert.deepEqual(
          mine.map(({ generation }) => generation),
          [2],
        );
      });
    }

    it('leaves what stands', async () => {
      const { action } = await actedOn('blind', 'accepted');
      assert.deepEqual(await test.ledger.effects.reopen(test.incident, action, ['one']), []);
    });
  });

  it('puts off what certainly did not happen, within the same generation', async () => {
    const { action, lease, effect } = await actedOn('idempotent', 'planned');
    const { mine } = await test.ledger.effects.claim(lease, effect, targetsOf(['one']));
    assert.deepEqual(mine, [{ subject: 'one', generation: 1, attempt: 2 }]);
    assert.equal(await stateOf(action), 'claimed');
  });

  it('counts by state and lists subjects by state', async () => {
    const effect = effectOf('idempotent');
    const lease = await take(effect);
    const { mine } = await test.ledger.effects.claim(lease, effect, targetsOf(['a', 'b', 'c']));
    await test.ledger.effects.settle(lease, effect, settled(mine.slice(0, 2)));
    assert.deepEqual(await test.ledger.effects.counts(test.incident, effect.action), { accepted: 2, claimed: 1 });
    const open = await test.ledger.effects.subjects(test.incident, effect.action, ['claimed'], 10);
    assert.deepEqual(
      open,
      mine.slice(2).map(({ subject }) => subject),
    );
    const listed = await test.ledger.inventory.effects(test.incident);
    assert.deepEqual(
      listed.find(({ action }) => action === effect.action),
      { action: effect.action, counts: { accepted: 2, claimed: 1 }, receipts: 2 },
    );
  });
});
