import assert from 'node:assert/strict';
import { personalText, type DecisionStatement } from '../../../../contracts/decision-proof.ts';
import { permitId, type Digest, type IncidentId, type StepId } from '../../../../contracts/ids.ts';
import { setPermit, type ProofDeps } from '../../../../activities/engine/prove-permit.ts';
import { freshSigner, signedBy, statementOf, testDoor } from '../../../support/decision-proofs.ts';
import { byCommander, digestOf, planOf } from '../../../support/plan-sketch.ts';
import { MemoryEffects } from '../../../support/memory-effects.ts';
import type { Approval } from '../../../../contracts/plan.ts';
import type { DecisionProof } from '../../../../contracts/decision-proof.ts';
import type { IncidentRow } from '../../../../ledger/ports.ts';
import type { PermitCall } from '../../../../contracts/engine-activities.ts';

const INCIDENT = 'INC-2026-0042' as IncidentId;
const SHOWN = 'a1'.repeat(32) as Digest;
const ASKED = 'b2'.repeat(32) as Digest;
const NOW = '2026-11-24T10:00:00.000Z';
const TARGETS = 100;
const STEP = 'round/2/contain';
const PERMIT = permitId(INCIDENT, STEP, 1);

const own = freshSigner();

interface Scene {
  readonly approval?: Partial<Approval>;
  readonly row?: Partial<IncidentRow>;
  readonly deps?: Partial<ProofDeps>;
  readonly preauthorised?: { readonly max: number; readonly until: string; readonly signedBy: string };
}

/** A gate of the second round has been shown; nothing is open. */
async function scene({ approval = {}, row = {}, deps = {}, preauthorised }: Scene = {}) {
  const plan = planOf(
    [
      { id: 'round', uses: 'playbook.run' },
      {
        ...{ id: 'round/contain', uses: 'credentials.revoke', forEach: 'inputs.targets' },
        approval: byCommander(approval),
        ...(preauthorised ? { preauthorised: { kinds: [], ...preauthorised } } : {}),
      },
      { id: 'post', uses: 'chat.post' },
    ],
    { scopes: [{ id: 'round', parent: '', playbook: 'inner' }] },
  );
  const planHash = digestOf(plan);
  const whole = {
    ...{ incident: INCIDENT, mode: 'live', planHash, requester: 'dana', engineVersion: 4 },
    roles: { commander: ['casey', 'noor'], privacy: ['priya', 'casey'], admin: ['ada'] },
    ...row,
  } as unknown as IncidentRow;
  const effects = new MemoryEffects();
  await effects.setPermit(PERMIT, INCIDENT, 'held', SHOWN, 1, { targets: TARGETS });
  const ledger = {
    incidents: { read: (id: string) => Promise.resolve(id === INCIDENT ? whole : undefined) },
    documents: { getPlan: (hash: string) => Promise.resolve(hash === planHash ? { plan, planHash } : undefined) },
    effects,
  } as unknown as ProofDeps['ledger'];
  const all: ProofDeps = { ledger, doors: [testDoor.publicKey], personKey: () => undefined, now: () => NOW, ...deps };
  let turn = 1;
  const flip = (more: Partial<PermitCall> = {}): Promise<void> => {
    turn += 1;
    const call = { incident: INCIDENT, mode: 'live', planHash, step: STEP as StepId, visit: 1, round: 2, journal: [] };
    return setPermit({ ...call, state: 'open', gate: SHOWN, turn, ...more } as PermitCall, all);
  };
  const yes = (changes: Partial<DecisionStatement> = {}, door = testDoor): DecisionProof => {
    const said = {
      gate: `${STEP}#1:approval`,
      digest: SHOWN,
      answer: 'approve',
      by: 'casey',
      role: 'commander',
    } as const;
    return signedBy(door, statementOf(whole, said, changes, Date.parse(NOW)));
  };
  const state = async (): Promise<string | undefined> => (await effects.readPermit(PERMIT))?.state;
  return { flip, yes, state, effects };
}

async function refused(work: Promise<void>): Promise<string> {
  return work.then(
    () => 'taken',
    (error: unknown) => (error as { readonly code: string }).code,
  );
}

describe('the opening of a permit', () => {
  it('takes a decision that a door has signed, and remembers that it was proven', async () => {
    const { flip, yes, effects } = await scene();
    await flip({ proofs: [yes()] });
    const { state, proven } = (await effects.readPermit(PERMIT))!;
    assert.deepEqual([state, proven], ['open', SHOWN]);
  });

  it('takes nothing without one', async () => {
    const { flip, state } = await scene();
    assert.equal(await refused(flip()), 'GATE_PROOF_MISSING');
    assert.equal(await refused(flip({ gate: 'c3'.repeat(32) as Digest })), 'GATE_PROOF_MISSING');
    assert.equal(await refused(flip({ signedFor: 3 })), 'GATE_PROOF_MISSING');
    assert.equal(await state(), 'held');
  });

  const forged: Readonly<Record<string, (yes: Awaited<ReturnType<typeof scene>>['yes']) => DecisionProof>> = {
    'another key': (yes) => yes({}, freshSigner()),
    'a changed person': (yes) => ({ ...yes(), statement: { ...yes().statement, person: 'noor' } }),
    'a cut signature': (yes) => ({ ...yes(), signature: yes().signature.slice(1) }),
    'a signature of another text': (yes) => ({ ...yes(), signature: testDoor.sign('firebreak bundle 1\n') }),
    'another incident': (yes) => yes({ incident: 'INC-2026-0043' as IncidentId }),
    'another plan': (yes) => yes({ planHash: 'd4'.repeat(32) as Digest }),
    'another visit': (yes) => yes({ visit: 2, gate: `${STEP}#2:approval` }),
    'another round': (yes) => yes({ step: 'round/contain', gate: 'round/contain#1:approval' }),
    'a gate that is not of its step': (yes) => yes({ gate: 'round/contain#1:approval' }),
    'the requester': (yes) => yes({ person: 'dana' }),
    'a person who is not bound to the role': (yes) => yes({ person: 'priya' }),
    'a role that the gate does not ask': (yes) => yes({ person: 'priya', role: 'privacy' }),
    'an admin without breaking the glass': (yes) => yes({ person: 'ada', role: 'admin' }),
    'break-glass by a commander': (yes) => yes({ breakGlass: true }),
    'break-glass by an admin who is not bound': (yes) => yes({ breakGlass: true, role: 'admin' }),
    'a role from the prototype': (yes) => yes({ role: 'constructor' }),
  };
  for (const [what, proof] of Object.entries(forged))
    it(`does not take ${what}`, async () => {
      const { flip, yes, state } = await scene();
      assert.equal(await refused(flip({ proofs: [proof(yes)] })), 'GATE_PROOF_INVALID');
      assert.equal(await state(), 'held');
    });

  it('does not take a rejection for a yes', async () => {
    const { flip, yes } = await scene();
    assert.equal(await refused(flip({ proofs: [yes({ answer: 'reject' })] })), 'GATE_PROOF_MISSING');
  });

  it('asks again for a decision that is too old, and not once it has opened', async () => {
    const { flip, yes, state } = await scene();
    const old = yes({ expiresAt: '2026-11-24T09:59:59.000Z' });
    assert.equal(await refused(flip({ proofs: [old] })), 'GATE_PROOF_EXPIRED');
    await flip({ proofs: [yes()] });
    await flip({ state: 'stopped' });
    await flip({ proofs: [old] });
    assert.equal(await state(), 'open');
  });

  it('counts each person once', async () => {
    const { flip, yes } = await scene({ approval: { quorum: 2 } });
    assert.equal(await refused(flip({ proofs: [yes(), yes({ decidedAt: NOW })] })), 'GATE_PROOF_INVALID');
    await flip({ proofs: [yes(), yes({ person: 'noor' })] });
  });

  it('asks one person for each role, and one person does not stand for two', async () => {
    const { flip, yes } = await scene({ approval: { rule: 'all', roles: ['commander', 'privacy'] } });
    const twice = [yes(), yes({ role: 'privacy' })];
    assert.equal(await refused(flip({ proofs: twice })), 'GATE_PROOF_INVALID');
    assert.equal(await refused(flip({ proofs: [yes(), yes({ person: 'noor' })] })), 'GATE_PROOF_INVALID');
    await flip({ proofs: [yes(), yes({ person: 'priya', role: 'privacy' })] });
  });

  it('takes an admin alone who breaks the glass', async () => {
    const { flip, yes, state } = await scene({ approval: { rule: 'all', roles: ['commander', 'privacy'] } });
    await flip({ proofs: [yes({ person: 'ada', role: 'admin', breakGlass: true })] });
    assert.equal(await state(), 'open');
  });

  it('is free for a step without a gate, and for none that the plan does not have', async () => {
    const { flip } = await scene();
    await flip({ step: 'post' as StepId, gate: undefined as never });
    assert.equal(await refused(flip({ step: 'other' as StepId })), 'GATE_PROOF_MISSING');
  });

  it('is as it was in an incident that began before decisions were signed', async () => {
    const { flip, state } = await scene({ row: { engineVersion: 3 } });
    await flip();
    assert.equal(await state(), 'open');
  });
});

describe('what was signed for beforehand', () => {
  const signed = { max: 40, until: '2026-11-24', signedBy: 'omar' };

  it('opens up to there, and the rest with the decision', async () => {
    const { flip, yes, effects } = await scene({ preauthorised: signed });
    await flip({ signedFor: 40 });
    assert.equal((await effects.readPermit(PERMIT))?.ceiling, 40);
    assert.equal(await refused(flip({ signedFor: 41 })), 'GATE_PROOF_MISSING');
    await flip({ signedFor: 40, proofs: [yes()] });
    assert.equal((await effects.readPermit(PERMIT))?.ceiling, undefined);
  });

  it('does not open once its time is over, nor for who signed it', async () => {
    const late = await scene({ preauthorised: { ...signed, until: '2026-11-23' } });
    assert.equal(await refused(late.flip({ signedFor: 40 })), 'GATE_PROOF_MISSING');
    const self = await scene({ preauthorised: signed, row: { requester: 'omar' } });
    assert.equal(await refused(self.flip({ signedFor: 40 })), 'GATE_PROOF_MISSING');
  });
});

describe('a permit that is held at a question', () => {
  const canary = { gate: `${STEP}#1:canary`, digest: ASKED };

  it('opens by the answer to that question only', async () => {
    const { flip, yes, state } = await scene();
    await flip({ proofs: [yes()] });
    await flip({ state: 'held', hold: ASKED });
    assert.equal(await refused(flip({ proofs: [yes()] })), 'GATE_PROOF_MISSING');
    assert.equal(await refused(flip({ proofs: [yes()], lifts: SHOWN })), 'GATE_PROOF_MISSING');
    assert.equal(
      await refused(flip({ proofs: [yes(), yes({ ...canary, person: 'dana' })], lifts: ASKED })),
      'GATE_PROOF_INVALID',
    );
    assert.equal(await state(), 'held');
    await flip({ proofs: [yes(), yes(canary)], lifts: ASKED });
    assert.equal(await state(), 'open');
  });

  it('opens after a stop too where the flip to a second question was overtaken by its answer', async () => {
    const { flip, yes, state } = await scene();
    const later = { gate: `${STEP}#1:returns`, digest: 'e'.repeat(64) as Digest };
    await flip({ proofs: [yes()] });
    await flip({ state: 'held', hold: ASKED });
    await flip({ proofs: [yes(canary)], lifts: ASKED });
    await flip({ proofs: [yes(later)], lifts: later.digest });
    await flip({ state: 'stopped' });
    await flip({ lifts: later.digest });
    assert.equal(await state(), 'open');
  });

  it('is not opened ahead of its hold', async () => {
    const { flip, yes } = await scene();
    await flip({ proofs: [yes()] });
    assert.equal(await refused(flip({ lifts: ASKED })), 'GATE_PROOF_MISSING');
  });

  it('opens after a stop without another answer', async () => {
    const { flip, yes, state } = await scene();
    await flip({ proofs: [yes()] });
    await flip({ state: 'held', hold: ASKED });
    await flip({ proofs: [yes(canary)], lifts: ASKED });
    await flip({ state: 'stopped' });
    await flip({ lifts: ASKED });
    assert.equal(await state(), 'open');
  });
});

describe('a second factor', () => {
  const factor = own.publicKey;
  const keyed = { personKey: (person: string) => (person === 'casey' ? factor : undefined) };
  const above = { approval: { secondFactorAbove: TARGETS - 1 }, deps: keyed };
  const personal = (proof: DecisionProof): DecisionProof => ({
    ...proof,
    personal: own.sign(personalText(proof.statement)),
  });

  it('is asked for above the number of targets that the playbook names, by break-glass too', async () => {
    const { flip, yes, state } = await scene(above);
    assert.equal(await refused(flip({ proofs: [yes()] })), 'GATE_PROOF_INVALID');
    const glass = yes({ person: 'ada', role: 'admin', breakGlass: true });
    assert.equal(await refused(flip({ proofs: [glass] })), 'GATE_PROOF_INVALID');
    await flip({ proofs: [personal(yes({ factor }))] });
    assert.equal(await state(), 'open');
    const few = await scene({ ...above, approval: { secondFactorAbove: TARGETS } });
    await few.flip({ proofs: [few.yes()] });
  });

  it('is looked at with the own list of people, whatever the door says', async () => {
    const { flip, yes } = await scene(above);
    const of = (proof: DecisionProof): Promise<string> => refused(flip({ proofs: [proof] }));
    assert.equal(await of(yes({ factor })), 'GATE_PROOF_INVALID');
    assert.equal(await of({ ...yes({ factor }), personal: own.sign('firebreak approval 1\n') }), 'GATE_PROOF_INVALID');
    const other = freshSigner();
    const foreign = yes({ factor: other.publicKey });
    assert.equal(await of({ ...foreign, personal: other.sign(personalText(foreign.statement)) }), 'GATE_PROOF_INVALID');
    assert.equal(await of(personal(yes({ factor, person: 'noor' }))), 'GATE_PROOF_INVALID');
    const glass = personal(yes({ factor }));
    const broken = yes({ factor, person: 'casey', role: 'admin', breakGlass: true });
    assert.equal(await of({ ...broken, personal: glass.personal! }), 'GATE_PROOF_INVALID');
  });
});
