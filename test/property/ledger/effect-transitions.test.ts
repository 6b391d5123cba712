import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { EffectClass, EffectState } from '../../../contracts/effects.ts';
import type { ClaimAnswer, Lease } from '../../../ledger/ports.ts';
import { openTestLedger, settled, targetsOf, type TestLedger } from '../../integration/ledger/open-test-ledger.ts';

const LONG_MS = 3_600_000; // never over during a run
const LONG_AGO = '2000-01-01T00:00:00Z';
const SUBJECTS = ['a', 'b'] as const;

interface ModelRow {
  state: EffectState;
  generation: number;
  attempt: number;
  epoch: number;
  waits: boolean;
}

type Claim = ClaimAnswer['mine'][number] & { readonly epoch: number };

/** What the rules of facts and documentation say the ledger holds. */
interface Model {
  readonly rows: Map<string, ModelRow>;
  readonly claims: Claim[];
  epoch: number;
  isOpen: boolean;
}

/** One run's place in the ledger: a page, its permit, an action that nobody else uses. */
interface Real {
  readonly test: TestLedger;
  readonly lease: (epoch: number) => Lease;
  readonly effect: {
    readonly incident: TestLedger['incident'];
    readonly action: string;
    readonly class: EffectClass;
    readonly keyLifetimeMs: number;
    readonly longestRequestMs: number;
  };
}

type Command = fc.AsyncCommand<Model, Real>;

/** Whether a row of a dead attempt may be taken over. */
function mayTakeOver({ effect }: Real): boolean {
  if (effect.class === 'idempotent') return true;
  if (effect.class === 'keyed') return effect.keyLifetimeMs > effect.longestRequestMs;
  return effect.class === 'checkable' && effect.longestRequestMs === 0;
}

/** A command that always may run; afterwards the ledger must hold what the model holds. */
function command(name: string, act: (model: Model, real: Real) => Promise<void>): Command {
  return {
    check: () => true,
    toString: () => name,
    async run(model, real) {
      await act(model, real);
      const rows = await real.test.ledger.effects.states(real.effect.incident, real.effect.action, SUBJECTS);
      const found = Object.fromEntries(rows.map((row) => [row.subject, [row.state, row.generation, row.attempt]]));
      const expected = [...model.rows].map(([subject, row]) => [subject, [row.state, row.generation, row.attempt]]);
      assert.deepEqual(found, Object.fromEntries(expected));
    },
  };
}

const take = fc.constant(
  command('take', async (model, { test, lease, effect }) => {
    model.epoch += 1;
    await test.ledger.effects.takeLease(lease(model.epoch), effect.incident);
  }),
);

const permit = fc.boolean().map((isOpen) =>
  command(isOpen ? 'resume' : 'stop', async (model, { test, lease, effect }) => {
    model.isOpen = isOpen;
    await test.ledger.effects.setPermit(lease(0).permit, effect.incident, isOpen ? 'open' : 'stopped');
  }),
);

const claim = fc.tuple(fc.subarray([...SUBJECTS], { minLength: 1 }), fc.nat(2)).map(([subjects, age]) =>
  command(`claim(${subjects.join()}, ${age} old)`, async (model, real) => {
    const epoch = Math.max(1, model.epoch - age);
    const answer = await real.test.ledger.effects.claim(real.lease(epoch), real.effect, targetsOf(subjects));
    const isOpen = model.isOpen && epoch === model.epoch;
    assert.equal(answer.open, isOpen);
    const given = isOpen ? subjects.filter((subject) => give(model, real, subject, epoch)) : [];
    assert.deepEqual(answer.mine.map(({ subject }) => subject).sort(), [...given].sort());
    model.claims.push(...answer.mine.map((mine) => ({ ...mine, epoch })));
  }),
);

/** Claims one subject in the model. @returns whether it may be had. */
function give({ rows }: Model, real: Real, subject: string, epoch: number): boolean {
  const row = rows.get(subject);
  if (!row) rows.set(subject, { state: 'claimed', generation: 1, attempt: 1, epoch, waits: false });
  else if (
    (row.state === 'planned' && !row.waits) ||
    (row.state === 'claimed' && row.epoch < epoch && mayTakeOver(real))
  )
    Object.assign(row, { state: 'claimed', attempt: row.attempt + 1, epoch });
  else return false;
  return true;
}

const settle = fc
  .tuple(fc.nat(), fc.constantFrom('accepted', 'failed', 'unknown', 'withheld', 'planned' as EffectState), fc.boolean())
  .map(([which, state, waits]) =>
    command(`settle(${which}, ${state}${waits ? ', later' : ''})`, async (model, { test, lease, effect }) => {
      const own = model.claims[which % Math.max(1, model.claims.length)];
      if (!own) return;
      const change = { state, waitMs: waits ? LONG_MS : 0 };
      await test.ledger.effects.settle(lease(own.epoch), effect, settled([own], change));
      const row = model.rows.get(own.subject)!;
      const isOwn = row.epoch === own.epoch && row.generation === own.generation;
      if (isOwn && (row.state === 'claimed' || (row.state === 'unknown' && state !== 'planned')))
        Object.assign(row, { state, waits: state === 'planned' && waits });
      else if (isLateYes(row, own, state)) Object.assign(row, { state, generation: own.generation, waits: false });
    }),
  );

/** A late yes beats a reopening that nobody has claimed. */
function isLateYes(row: ModelRow, own: Claim, state: EffectState): boolean {
  const isUnclaimed = row.state === 'planned' && row.generation === own.generation + 1 && row.attempt === own.attempt;
  return isUnclaimed && state === 'accepted';
}

const recover = fc.nat(1).map((age) =>
  command(`recover(${age} old)`, async (model, { test, lease, effect }) => {
    const epoch = Math.max(1, model.epoch - age);
    const lost = await test.ledger.effects.recover(lease(epoch), effect, SUBJECTS);
    const isLost =
      effect.class === 'blind' || (effect.class === 'keyed' && effect.keyLifetimeMs <= effect.longestRequestMs);
    const expected = [...model.rows].filter(
      ([, row]) => isLost && epoch === model.epoch && row.state === 'claimed' && row.epoch < epoch,
    );
    for (const [, row] of expected) row.state = 'unknown';
    assert.deepEqual([...lost].sort(), expected.map(([subject]) => subject).sort());
  }),
);

const observe = fc
  .record({
    subject: fc.constantFrom(...SUBJECTS),
    seen: fc.constantFrom('dead', 'alive', 'unseen', 'bounced'),
    isStale: fc.boolean(),
    isEarly: fc.boolean(),
    age: fc.nat(1),
  })
  .map(({ subject, seen, isStale, isEarly, age }) =>
    command(
      `observe(${subject}, ${seen}${isStale ? ', stale' : ''}${isEarly ? ', early' : ''}, ${age} old)`,
      async (model, { test, effect }) => {
        const row = model.rows.get(subject);
        const generation = Math.max(1, (row?.generation ?? 1) - age);
        const startedAt = isStale ? LONG_AGO : await test.ledger.effects.now();
        const dead = seen === 'dead' ? true : seen === 'alive' ? false : undefined;
        const observation = { subject, dead, receipt: {}, generation, ...(seen === 'bounced' ? { notice: seen } : {}) };
        await test.ledger.effects.observe(effect.incident, effect.action, isEarly ? LONG_MS : 0, startedAt, [
          observation,
        ]);
        if (row?.generation !== generation) return;
        const stands = row.state === 'accepted' || row.state === 'unknown';
        if (seen === 'bounced' && stands) row.state = 'bounced';
        if (seen === 'dead' && !isStale && (stands || row.state === 'refuted')) row.state = 'verified';
        if (seen === 'alive' && !isStale && !isEarly && stands) row.state = 'refuted';
      },
    ),
  );

const REOPENABLE: readonly EffectState[] = ['failed', 'unknown', 'refuted', 'bounced', 'withheld'];

const reopen = fc.constantFrom(...SUBJECTS).map((subject) =>
  command(`reopen(${subject})`, async (model, { test, effect }) => {
    const reopened = await test.ledger.effects.reopen(effect.incident, effect.action, [subject]);
    const row = model.rows.get(subject);
    const may = row !== undefined && REOPENABLE.includes(row.state);
    assert.equal(reopened.length, may ? 1 : 0);
    if (may) Object.assign(row, { state: 'planned', generation: row.generation + 1, waits: false });
  }),
);

describe('EffectStore', () => {
  let test: TestLedger;
  let runs = 0;

  before(async () => {
    test = await openTestLedger();
  });

  after(() => test.close());

  it('moves effects as its rules say, whatever happens in whatever order', async function () {
    this.timeout(120_000);
    const kinds = fc.record({
      class: fc.constantFrom<EffectClass>('idempotent', 'keyed', 'checkable', 'blind'),
      keyLifetimeMs: fc.constantFrom(0, 2 * LONG_MS),
      longestRequestMs: fc.constantFrom(0, LONG_MS),
    });
    // Claims and outcomes are what most runs must be full of.
    const commands = fc.commands([claim, claim, settle, settle, take, permit, recover, observe, observe, reopen], {
      maxCommands: 120,
      size: 'max', // most sequences near the longest: transitions need company
    });
    await fc.assert(
      fc.asyncProperty(kinds, commands, async (kind, steps) => {
        runs += 1;
        const name = `run-${runs}`;
        const lease = (epoch: number): Lease => ({ id: name, epoch, permit: name });
        await test.ledger.effects.setPermit(name, test.incident, 'open');
        await test.ledger.effects.takeLease(lease(1), test.incident);
        const real: Real = { test, lease, effect: { incident: test.incident, action: name, ...kind } };
        const model: Model = { rows: new Map(), claims: [], epoch: 1, isOpen: true };
        await fc.asyncModelRun(() => ({ model, real }), steps);
      }),
      { numRuns: 60 },
    );
  });
});
