import assert from 'node:assert/strict';
import { actionCall, testIncident } from '../../../support/page-calls.ts';
import { actionCatalogue } from '../../../../contracts/catalogue.ts';
import { keep } from '../../../support/notice-stage.ts';
import { memoryHouse } from '../../../support/memory-house.ts';
import { openGate, proveGate, type GateCovers, type GatedAction } from '../../../../activities/engine/gate.ts';
import type { ActionCall, ConnectorTraits } from '../../../../contracts/effects.ts';
import type { DatasetRef } from '../../../../contracts/dataset.ts';
import type { Digest } from '../../../../contracts/ids.ts';
import type { GateOpening } from '../../../../contracts/engine-activities.ts';
import type { JsonObject } from '../../../../contracts/json.ts';
import type { PlanStep } from '../../../../contracts/plan.ts';

const unseen: GatedAction = { traits: undefined, preview: undefined, settings: undefined };

const traits: ConnectorTraits = {
  name: 'some',
  effect: 'blind',
  checks: false,
  notifiesOwner: true,
  reversible: false,
  needsRawValue: false,
  effectDelayMaxMs: 0,
  endsSessions: false,
  longestRequestMs: 1,
};

function openingOf(uses: string, given: JsonObject, texts: PlanStep['texts'] = {}): GateOpening {
  const call = actionCall(uses, { with: given });
  const plan = { id: 'act', uses, title: 'Act', texts } as unknown as PlanStep;
  return { ...call, gate: 'act#1:approval', plan, facts: {}, mode: 'preview' };
}

/** A value that stands for any input of an action. */
function anyInput(name: string): JsonObject {
  const { input } = actionCatalogue.get(name)!;
  const properties = Object.keys((input['properties'] ?? {}) as JsonObject);
  return Object.fromEntries(properties.map((key) => [key, `a value for ${key}`]));
}

describe('openGate', () => {
  const { ledger, texts } = memoryHouse({ incident: testIncident });

  for (const name of actionCatalogue.keys())
    it(`shows everything that ${name} is given, where nothing shows it better`, async () => {
      const given = anyInput(name);
      const [shown] = (await openGate(openingOf(name, given), unseen, ledger)).variants;
      assert.equal(shown?.name, name);
      for (const [key, value] of Object.entries(given)) assert.ok(shown.sample.includes(`${key}: ${value as string}`));
    });

  it('shows the text of a ticket, without what is shaped like a credential', async () => {
    const token = ['hf', 'x'.repeat(34)].join('_');
    const hash = keep({ texts } as Parameters<typeof keep>[0], `Please examine.\nKey: ${token}`);
    const opening = openingOf('tickets.open', { template: 'engagement', note: token }, { engagement: hash });
    const { variants } = await openGate(opening, unseen, ledger);
    assert.deepEqual(
      variants.map(({ name, sample }) => [name, sample]),
      [
        ['tickets.open', 'template: engagement\nnote: [credential removed]'],
        ['text engagement', 'Please examine.\nKey: [credential removed]'],
      ],
    );
  });

  it('cuts what is too long, and says how much', async () => {
    const opening = openingOf('chat.post', { text: 'long '.repeat(2_000) });
    const [shown] = (await openGate(opening, unseen, ledger)).variants;
    assert.match(shown?.sample ?? '', /\.\.\. \(8000 more characters\)$/);
  });

  it('shows what is asked for beside a preview of the action', async () => {
    const preview = async () => ({ variants: [{ name: 'user', count: 3, sample: 'replace' }], notes: ['by some'] });
    const opening = openingOf('credentials.rotate', { handOver: 'owner', revokeAfter: 'PT4H' });
    const { variants, notes } = await openGate(opening, { ...unseen, traits, preview }, ledger);
    assert.equal(variants[0]?.name, 'user');
    assert.deepEqual(notes.slice(-2), ['by some', 'Asked for: handOver: owner; revokeAfter: PT4H']);
  });

  it('says of credentials alone who tells the owner and what becomes of sessions', async () => {
    const notesOf = async (uses: string) => (await openGate(openingOf(uses, {}), { ...unseen, traits }, ledger)).notes;
    const about = /sessions|owner/;
    assert.equal((await notesOf('credentials.revoke')).filter((note) => about.test(note)).length, 2);
    for (const uses of ['notices.send', 'chat.post', 'tickets.open', 'sessions.end'])
      assert.deepEqual(await notesOf(uses), ['It cannot be taken back.']);
  });
});

describe('proveGate', () => {
  const { ledger } = memoryHouse({ incident: testIncident });
  const settings = 'ab'.repeat(32) as Digest;
  const action = { ...unseen, traits, settings };
  const dataset: DatasetRef = { id: 'd', kind: 'credentials', count: 9, digest: 'cd'.repeat(32) as Digest };

  /** A call that goes on under the gate that was opened for it. */
  async function gatedCall(changes: Partial<GateCovers & Pick<ActionCall, 'isUndo'>> = {}) {
    const opening = { ...openingOf('credentials.revoke', { why: 'exposed' }), mode: 'live', dataset } as const;
    const { digest: gate } = await openGate({ ...opening, mode: 'live' }, action, {
      ...ledger,
      effects: { setPermit: () => Promise.resolve() } as unknown as typeof ledger.effects,
    });
    const call = actionCall('credentials.revoke', { with: opening.with, mode: 'live' });
    return { ...call, texts: {}, facts: {}, dataset, gate, ...changes };
  }

  it('lets through what the gate showed, and what has no gate', async () => {
    const call = await gatedCall();
    proveGate(call, action);
    proveGate({ ...call, gate: undefined, visit: 7 } as unknown as typeof call, action);
  });

  it('refuses other settings of the connector than were approved', async () => {
    const call = await gatedCall();
    const changed = { ...action, settings: 'ef'.repeat(32) as Digest };
    assert.throws(() => proveGate(call, changed), { code: 'GATE_STALE' });
    assert.throws(() => proveGate(call, { ...action, settings: undefined }), { code: 'GATE_STALE' });
  });

  const others: Readonly<Record<string, Partial<GateCovers>>> = {
    'other targets': { dataset: { ...dataset, digest: 'ee'.repeat(32) as Digest } },
    'another visit': { visit: 2 },
    'another text': { texts: { en: 'aa'.repeat(32) as Digest } },
    'another fact': { facts: { occurredAt: '2026-04-01T00:00:00Z' } },
    'other inputs': { with: { why: 'because' } },
  };
  for (const [what, change] of Object.entries(others))
    it(`refuses ${what}`, async () => {
      const call = await gatedCall(change);
      assert.throws(() => proveGate(call, action), { code: 'GATE_STALE' });
    });

  it('leaves an undo to the gate of what it takes back', async () => {
    proveGate(await gatedCall({ with: { back: true }, isUndo: true }), action);
  });

  it('is told of by what the gate shows', async () => {
    const { notes } = await openGate(openingOf('credentials.revoke', {}), action, ledger);
    assert.ok(notes.includes('Bound to connector settings abababababab: with others it asks again.'));
  });
});
