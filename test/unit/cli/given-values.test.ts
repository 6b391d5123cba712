import assert from 'node:assert/strict';
import { factValue, pairs, readCredentials, typedValue } from '../../../cli/given-values.ts';
import { scriptedTerminal } from './scripted-terminal.ts';

describe('factValue', () => {
  const cases: readonly (readonly [string, string, unknown])[] = [
    ['awareAt', '2026-05-04T10:00:00Z', { at: '2026-05-04T10:00:00Z' }],
    [
      'occurredAt',
      '2026-05-01T00:00:00Z..2026-05-02T00:00:00Z',
      { from: '2026-05-01T00:00:00Z', to: '2026-05-02T00:00:00Z' },
    ],
    ['occurredAt', '2026-05-01T00:00:00Z..', { from: '2026-05-01T00:00:00Z' }],
    ['awareAt', 'unknown', { unknown: true }],
    ['awareAt', '{"at":"2026-05-04T10:00:00Z"}', { at: '2026-05-04T10:00:00Z' }],
    ['scopeFinal', 'true', true],
    ['affectedPeople', '12', 12],
    ['residents', '["DE"]', ['DE']],
    ['riskToPeople', 'high', 'high'],
    ['natureOfBreach', 'unknown', 'unknown'],
    ['reference', '2026-118', '2026-118'],
  ];
  for (const [key, text, value] of cases) {
    it(`reads ${key} ${text}`, () => assert.deepEqual(factValue(key, text), value));
  }
});

describe('typedValue', () => {
  it('takes text that is no JSON as it is', () => {
    assert.equal(typedValue('ci-secrets'), 'ci-secrets');
    assert.equal(typedValue('{half'), '{half');
  });
});

describe('pairs', () => {
  it('splits at the first equals sign', () => {
    assert.deepEqual(pairs(['a=b=c', 'd=']), [
      ['a', 'b=c'],
      ['d', ''],
    ]);
  });

  it('refuses what is no pair', () => {
    assert.throws(() => pairs(['a']), { code: 'CLI_USAGE' });
    assert.throws(() => pairs(['=a']), { code: 'CLI_USAGE' });
  });
});

describe('readCredentials', () => {
  it('never repeats a line that it cannot read', async () => {
    const input = '{"valeu": "secret-of-somebody"}';
    await assert.rejects(readCredentials('-', scriptedTerminal({ input })), (error: Error) => {
      assert.ok(!error.message.includes('secret-of-somebody'));
      return (error as Error & { code: string }).code === 'CLI_USAGE';
    });
  });
});
