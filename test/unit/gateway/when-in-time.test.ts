import assert from 'node:assert/strict';
import { refuseFactValue } from '../../../gateway/fact-door.ts';
import { whenFault, whenFaults } from '../../../gateway/when-in-time.ts';

const NOW = Date.parse('2026-03-02T03:00:00Z');

describe('whenFault', () => {
  it('lets through what has happened, with some minutes between clocks', () => {
    for (const value of [
      { at: '2026-03-02T03:04:00Z' },
      { from: '2026-02-01T00:00:00Z', to: '2026-02-01T00:00:00Z' },
      { from: '2026-02-01T00:00:00Z' },
      { unknown: true },
    ])
      assert.equal(whenFault(value, NOW), undefined);
  });

  it('refuses what lies ahead and what ends before it begins', () => {
    assert.match(whenFault({ at: '2099-01-01T00:00:00Z' }, NOW)!, /2099-01-01T00:00:00Z lies in the future/);
    assert.match(whenFault({ from: '2026-01-01T00:00:00Z', to: '2027-01-01T00:00:00Z' }, NOW)!, /future/);
    assert.match(whenFault({ from: '2026-02-02T00:00:00Z', to: '2026-02-01T00:00:00Z' }, NOW)!, /before it begins/);
  });
});

describe('whenFaults', () => {
  it('looks at every input that is a `when`, and at no other', () => {
    const schema = { properties: { detected: { $ref: 'firebreak:when' }, until: { type: 'string' } } };
    const inputs = { detected: { at: '2099-01-01T00:00:00Z' }, until: '2099-01-01T00:00:00Z' };
    assert.deepEqual(whenFaults(schema, inputs, NOW), ['/detected: 2099-01-01T00:00:00Z lies in the future']);
  });
});

describe('refuseFactValue', () => {
  const refused = (key: Parameters<typeof refuseFactValue>[0], value: Parameters<typeof refuseFactValue>[1]): void =>
    assert.throws(() => refuseFactValue(key, value), { code: 'GATEWAY_BODY_INVALID' });

  it('refuses awareness in the future: it would move the clock of the notice', () => {
    refused('awareAt', { at: '2099-01-01T00:00:00Z' });
    refuseFactValue('awareAt', { at: '2024-01-01T00:00:00Z' });
  });

  it('takes countries that there are, each once, and at least one', () => {
    refuseFactValue('residents', ['DE', 'FR']);
    for (const value of [[], ['ZZ'], ['DE', 'DE'], ['de']]) refused('residents', value);
  });
});
