import assert from 'node:assert/strict';
import { identify } from '../../../../gateway/auth/identity.ts';
import { apiKey, doorKey } from '../stand.ts';

const doors = {
  people: [{ id: 'casey', roles: ['commander'] }],
  keys: [
    doorKey('laptop', { person: 'casey', roles: ['admin'] }),
    doorKey('detector', { roles: ['responder'] }),
    doorKey('gone', { person: 'robin' }),
  ],
};

describe('identify', () => {
  it('finds the person of a key, with the roles of the person and not those beside the key', () => {
    const { id, isMachine, roles } = identify(`Bearer ${apiKey('laptop')}`, doors);
    assert.deepEqual({ id, isMachine, roles }, { id: 'casey', isMachine: false, roles: ['commander'] });
  });

  it('finds the machine of a key that speaks for nobody', () => {
    const { id, isMachine, roles } = identify(`Bearer ${apiKey('detector')}`, doors);
    assert.deepEqual({ id, isMachine, roles }, { id: 'key:detector', isMachine: true, roles: ['responder'] });
  });

  it('refuses a key whose person has left, rather than taking it for a machine', () => {
    assert.throws(() => identify(`Bearer ${apiKey('gone')}`, doors), { code: 'GATEWAY_UNAUTHENTICATED' });
  });

  for (const header of [
    undefined,
    '',
    'Bearer',
    'Bearer fbk_',
    `Basic ${apiKey('laptop')}`,
    `Bearer ${apiKey('laptop')}0`,
    `Bearer ${apiKey('laptop').slice(0, -1)}`,
    `bearer ${apiKey('laptop')}`,
    ` Bearer ${apiKey('laptop')}`,
  ]) {
    it(`refuses ${header === undefined ? 'no header' : `"${header.slice(0, 14)}..." of ${header.length} characters`}`, () => {
      assert.throws(() => identify(header, doors), { code: 'GATEWAY_UNAUTHENTICATED' });
    });
  }

  it('does not take the hash of nothing for a key', () => {
    const open = { ...doors, keys: [doorKey('', {})] };
    assert.throws(() => identify('Bearer ', open), { code: 'GATEWAY_UNAUTHENTICATED' });
  });
});
