import assert from 'node:assert/strict';
import type { Client } from '@temporalio/client';
import { isSignedBy } from '../../../ledger/signatures.ts';
import { personalText, statementText, type DecisionProof } from '../../../contracts/decision-proof.ts';
import { freshSigner, testDoor } from '../../support/decision-proofs.ts';
import { byCommander, planOf } from '../../support/plan-sketch.ts';
import { decide } from '../../../gateway/acts.ts';
import { identify } from '../../../gateway/auth/identity.ts';
import { apiKey, INCIDENT, PEOPLE, standDeps, takingClient, type SentUpdate } from './stand.ts';
import type { GatewayDeps } from '../../../gateway/deps.ts';
import type { GateStatus } from '../../../contracts/messages.ts';

const GATE = 'contain#1:approval';
const DIGEST = 'ab'.repeat(32);
const PLAN = 'a'.repeat(64);
const SEEN = { gate: GATE, digest: DIGEST, answer: 'approve' } as const;

const own = freshSigner();
let acts = 0;

/** A door to an incident with one open gate; `asks` is what the engine says of a second factor there. */
function doorTo(asks: boolean, key = own.publicKey) {
  const sent: SentUpdate[] = [];
  const taking = takingClient(sent);
  const gate: Partial<GateStatus> = { id: GATE, state: 'open', ...(asks ? { secondFactor: true } : {}) };
  const handle = taking.workflow.getHandle('any');
  const query = () => Promise.resolve({ incident: INCIDENT, state: 'declared', steps: [], gates: [gate], asks: [] });
  const client = {
    withDeadline: (_deadline: number, work: () => unknown) => work(),
    workflow: { getHandle: () => ({ ...handle, query }) },
  } as unknown as Client;
  const plan = planOf([{ id: 'contain', uses: 'credentials.revoke', approval: byCommander({ secondFactorAbove: 9 }) }]);
  const bare = standDeps();
  const documents = { ...bare.ledger.documents, getPlan: () => Promise.resolve({ plan }) };
  const people = PEOPLE.map((person) => (person.id === 'casey' ? { ...person, key } : person));
  const deps = { ...bare, client, people, ledger: { ...bare.ledger, documents } } as unknown as GatewayDeps;
  return { deps, sent };
}

function say(deps: GatewayDeps, body: object, as = 'casey', key?: string): Promise<string> {
  acts += 1;
  const identity = identify(`Bearer ${apiKey(as)}`, deps);
  return decide(deps, { identity, key: key ?? `act-${acts}` }, INCIDENT, body).then(
    () => 'taken',
    (error: unknown) => (error as { readonly code: string }).code,
  );
}

function signed(more: { readonly digest?: string; readonly breakGlass?: boolean } = {}, by = own): string {
  const statement = {
    incident: INCIDENT,
    planHash: PLAN,
    gate: GATE,
    digest: DIGEST,
    answer: 'approve',
    breakGlass: false,
  };
  return by.sign(personalText({ ...statement, ...more } as Parameters<typeof personalText>[0]));
}

function proofIn(sent: readonly SentUpdate[]): DecisionProof {
  return sent.at(-1)!.message['proof'] as DecisionProof;
}

describe('decide, where the gate asks for a second factor', () => {
  it('refuses a yes that an API key alone says', async () => {
    const { deps, sent } = doorTo(true);
    assert.equal(await say(deps, SEEN), 'GATE_FACTOR_MISSING');
    assert.equal(await say(deps, { ...SEEN, breakGlass: true }, 'ada'), 'GATE_FACTOR_UNKNOWN');
    assert.equal(sent.length, 0);
  });

  it('refuses a press in Slack, by whoever has the account', async () => {
    const { deps, sent } = doorTo(true);
    assert.equal(await say(deps, SEEN, 'casey', `slack:${GATE}:${DIGEST.slice(0, 16)}:approve`), 'GATE_FACTOR_MISSING');
    assert.equal(sent.length, 0);
  });

  it('takes the yes of who signed exactly what was shown, and passes the signature on', async () => {
    const { deps, sent } = doorTo(true);
    assert.equal(await say(deps, { ...SEEN, signature: signed() }), 'taken');
    const { statement, key, signature, personal } = proofIn(sent);
    assert.deepEqual([statement.person, statement.step, statement.visit], ['casey', 'contain', 1]);
    assert.equal(statement.factor, own.publicKey);
    assert.ok(isSignedBy(key, statementText(statement), signature));
    assert.ok(isSignedBy(statement.factor, personalText(statement), personal));
  });

  it('refuses signatures on something else, by another key, and of nobody', async () => {
    const { deps, sent } = doorTo(true);
    const wrong = [signed({ digest: 'cd'.repeat(32) }), signed({ breakGlass: true }), signed({}, freshSigner())];
    for (const signature of wrong) assert.equal(await say(deps, { ...SEEN, signature }), 'GATE_FACTOR_INVALID');
    assert.equal(await say(deps, { ...SEEN, signature: 'short' }), 'GATEWAY_BODY_INVALID');
    assert.equal(await say(doorTo(true, '').deps, { ...SEEN, signature: signed() }), 'GATE_FACTOR_INVALID');
    assert.equal(sent.length, 0);
  });

  it('asks nobody for one who says no, nor at a gate below the threshold', async () => {
    const above = doorTo(true);
    assert.equal(await say(above.deps, { ...SEEN, answer: 'reject' }), 'taken');
    const below = doorTo(false);
    assert.equal(await say(below.deps, SEEN), 'taken');
    assert.equal(proofIn(below.sent).statement.factor, 'none');
    assert.equal(proofIn(below.sent).key, testDoor.publicKey);
  });

  it('answers a repeat with the first receipt, though it is signed anew', async () => {
    const { deps, sent } = doorTo(false);
    assert.deepEqual(
      [await say(deps, SEEN, 'casey', 'same'), await say(deps, SEEN, 'casey', 'same')],
      ['taken', 'taken'],
    );
    assert.equal(sent[0]?.message.id, sent[1]?.message.id);
  });
});
