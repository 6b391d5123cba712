import assert from 'node:assert/strict';
import { actionCall, testIncident } from '../../../support/page-calls.ts';
import { memoryHouse } from '../../../support/memory-house.ts';
import { resolvePeople, type ResolveOptions } from '../../../../activities/people/resolve.ts';
import type { ActionCall } from '../../../../contracts/effects.ts';
import type { DatasetRef, DatasetRow, PersonAttributes } from '../../../../contracts/dataset.ts';
import type { DirectoryPerson } from '../../../../activities/people/port.ts';
import type { MemoryHouse } from '../../../support/memory-house.ts';
import type { NewRow } from '../../../../ledger/ports.ts';

const customer: DirectoryPerson = {
  id: 'customer-1',
  displayName: 'Customer',
  address: 'privacy@customer.example.org',
  locale: 'de',
};
const directory: readonly DirectoryPerson[] = [
  { id: 'p1', displayName: 'Ada', address: 'ada@example.org', locale: 'en', controller: customer },
  { id: 'p2', displayName: 'Bo', address: 'bo@example.org', locale: 'de', controller: customer },
  { id: 'p3', displayName: 'Cy', address: 'cy@example.org', locale: 'en' },
];

interface Stage {
  readonly house: MemoryHouse;
  readonly options: ResolveOptions;
  /** Asked of the directory: ids and instant. */
  readonly asked: (readonly [readonly string[], string | undefined])[];
  call(rows: readonly NewRow[], changes?: Partial<ActionCall>): Promise<ActionCall>;
}

function stage(): Stage {
  const house = memoryHouse({ incident: testIncident });
  const asked: Stage['asked'] = [];
  return {
    house,
    asked,
    options: {
      ledger: house.ledger,
      directory: {
        find: (ids, asOf) => {
          asked.push([ids, asOf]);
          return Promise.resolve(
            new Map(directory.filter(({ id }) => ids.includes(id)).map((person) => [person.id, person])),
          );
        },
        close: () => Promise.resolve(),
      },
      admins: { of: (store) => Promise.resolve(store === 'vault' ? ['p3', 'p1'] : []), close: () => Promise.resolve() },
    },
    call: async (rows, { with: given, ...changes } = {}) => {
      const ids = rows.map(({ attributes }) => attributes['owner'] as string).filter((id) => id !== '');
      const known = await house.ledger.people.enter(testIncident, ids);
      const named = rows.map(({ attributes, ...row }) => ({
        ...row,
        attributes: { ...attributes, owner: known.get(attributes['owner'] as string) ?? '' },
      }));
      const owners = await house.ledger.dataset(named);
      return actionCall('people.resolve', { with: { owners: { ...owners }, ...given }, ...changes });
    },
  };
}

/** A credential of a person by directory id; the stage enters people and puts their pseudonym in the id's place. */
function credential(subject: string, owner: string, store = 'vault'): NewRow {
  const attributes = { issuer: 'own', kind: 'user', name: `KEY_${subject}`, hint: `hf_...${subject}`, owner, store };
  return { subject, attributes, sealed: null };
}

function rowsOf({ house }: Stage, ref: unknown): Promise<readonly DatasetRow[]> {
  const dataset = ref as DatasetRef;
  return house.ledger.datasets.read(testIncident, dataset, { from: 0, to: dataset.count, open: true });
}

describe('resolvePeople', () => {
  it('writes one row a person with all of that person’s secrets, the address sealed', async () => {
    const on = stage();
    const call = await on.call([credential('aaaa', 'p1'), credential('bbbb', 'p2'), credential('cccc', 'p1')]);
    const { outputs, facts, openItems } = await resolvePeople(call, on.options);
    assert.deepEqual([outputs['count'], facts, openItems], [2, { affectedPeople: 2 }, undefined]);
    const rows = await rowsOf(on, outputs['dataset']);
    const ada = rows.find(({ sealed }) => (sealed as { displayName: string }).displayName === 'Ada');
    assert.equal(ada?.subject, await on.house.ledger.incidents.personSubject(testIncident, 'p1'));
    assert.deepEqual(ada.sealed, { address: 'ada@example.org', displayName: 'Ada' });
    const kind = { issuer: 'own', kind: 'user' };
    assert.deepEqual(ada.attributes, {
      locale: 'en',
      relation: 'owner',
      secrets: [
        { subject: 'aaaa', name: 'KEY_aaaa', hint: 'hf_...aaaa', ...kind },
        { subject: 'cccc', name: 'KEY_cccc', hint: 'hf_...cccc', ...kind },
      ],
    });
    assert.doesNotMatch(JSON.stringify([outputs, on.house.ledger.records]), /example\.org|Ada/);
  });

  it('writes each customer once, with how many of its people are affected and their secrets', async () => {
    const on = stage();
    const call = await on.call([credential('aaaa', 'p1'), credential('bbbb', 'p2'), credential('cccc', 'p3')]);
    const { outputs } = await resolvePeople(call, on.options);
    const rows = await rowsOf(on, outputs['controllers']);
    assert.equal(rows.length, 1);
    const { secrets, ...attributes } = rows[0]!.attributes as PersonAttributes;
    assert.deepEqual(attributes, { locale: 'de', relation: 'controller', people: 2 });
    assert.deepEqual(secrets.map(({ subject }) => subject).sort(), ['aaaa', 'bbbb']);
    assert.deepEqual(rows[0]!.sealed, { address: customer.address, displayName: 'Customer' });
  });

  it('adds store admins who own nothing, and leaves owners owners', async () => {
    const on = stage();
    const call = await on.call([credential('aaaa', 'p1')], { with: { also: ['store-admins'] } });
    const { outputs } = await resolvePeople(call, on.options);
    const rows = await rowsOf(on, outputs['dataset']);
    assert.deepEqual(rows.map(({ attributes }) => attributes['relation']).sort(), ['owner', 'store-admin']);
    assert.ok(rows.every(({ attributes }) => attributes['admin'] === true));
  });

  it('says so where store admins cannot be looked up', async () => {
    const on = stage();
    const call = await on.call([credential('aaaa', 'p1')], { with: { also: ['store-admins'] } });
    const { openItems } = await resolvePeople(call, { ...on.options, admins: undefined });
    assert.match(openItems?.[0] ?? '', /admins/);
  });

  it('leaves open who is not known', async () => {
    const on = stage();
    const call = await on.call([credential('aaaa', 'p1'), credential('bbbb', 'gone'), credential('cccc', '')]);
    const { outputs, openItems } = await resolvePeople(call, on.options);
    assert.equal(outputs['count'], 1);
    assert.equal(openItems?.length, 2);
    assert.match(openItems[0] ?? '', /^1 people are not known/);
    assert.match(openItems[1] ?? '', /^1 credentials have no known owner/);
  });

  it('counts among the unknown whom the register of the incident does not name', async () => {
    const on = stage();
    const call = await on.call([credential('aaaa', 'p1')]);
    const attributes = { issuer: 'own', kind: 'user', name: 'KEY', hint: 'hf_...KEY', owner: 'f00d', store: 'vault' };
    const owners = { ...(await on.house.ledger.dataset([{ subject: 'zzzz', attributes, sealed: null }])) };
    const { outputs, openItems } = await resolvePeople({ ...call, with: { owners } }, on.options);
    assert.equal(outputs['count'], 0);
    assert.match(openItems?.[0] ?? '', /^1 people are not known/);
  });

  it('asks for addresses as of the exposure where that is known, 500 people at a time', async () => {
    const on = stage();
    const rows = Array.from({ length: 501 }, (_, index) => credential(`c${index}`, `x${index}`));
    const facts = { occurredAt: { from: '2026-04-01T00:00:00Z' } };
    await resolvePeople(await on.call(rows, { with: { addresses: 'as-of-exposure' }, facts }), on.options);
    await resolvePeople(
      await on.call(rows.slice(0, 1), { visit: 2, with: { addresses: 'current' }, facts }),
      on.options,
    );
    assert.deepEqual(
      on.asked.map(([ids, asOf]) => [ids.length, asOf]),
      [
        [500, '2026-04-01T00:00:00Z'],
        [1, '2026-04-01T00:00:00Z'],
        [1, undefined],
      ],
    );
  });

  it('returns the same datasets when it is repeated, and who is missing', async () => {
    const on = stage();
    const call = await on.call([credential('aaaa', 'p1'), credential('bbbb', 'nobody'), credential('cccc', '')]);
    const first = await resolvePeople(call, on.options);
    assert.equal(first.openItems?.length, 2);
    assert.deepEqual(await resolvePeople(call, on.options), first);
  });

  it('refuses owners that are no dataset of credentials', async () => {
    const on = stage();
    const call = actionCall('people.resolve', { with: { owners: { id: 'x', kind: 'people' } } });
    await assert.rejects(resolvePeople(call, on.options), { code: 'PEOPLE_OWNERS_INVALID' });
  });
});
