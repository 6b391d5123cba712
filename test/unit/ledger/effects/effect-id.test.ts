import assert from 'node:assert/strict';
import { incidentId } from '../../../../contracts/ids.ts';
import { effectId, inIdOrder } from '../../../../ledger/effects/effect-id.ts';

const incident = incidentId('INC', 2026, 1);
const entries = ['c', 'a', 'b'].map((subject) => ({ subject, id: effectId(incident, 'credentials.revoke', subject) }));

describe('effectId', () => {
  it('is 16 bytes, and another one for each incident, action and subject', () => {
    const ids = [
      effectId(incident, 'credentials.revoke', 'a'),
      effectId(incidentId('INC', 2026, 2), 'credentials.revoke', 'a'),
      effectId(incident, 'notices.send', 'a'),
      effectId(incident, 'credentials.revoke', 'b'),
    ];
    assert.equal(new Set(ids.map((id) => id.toString('hex'))).size, 4);
    assert.ok(ids.every(({ length }) => length === 16));
    assert.deepEqual(effectId(incident, 'credentials.revoke', 'a'), ids[0]);
  });
});

describe('inIdOrder', () => {
  it('gives one order for every order it is given', () => {
    const ordered = inIdOrder(entries);
    assert.deepEqual(inIdOrder(entries.toReversed()), ordered);
    assert.ok(ordered.every(({ id }, index) => index === 0 || ordered[index - 1]!.id.compare(id) < 0));
  });

  it('refuses a subject that occurs twice', () => {
    assert.throws(() => inIdOrder([...entries, entries[0]!]), { code: 'EFFECT_BATCH_REPEATS' });
  });
});
