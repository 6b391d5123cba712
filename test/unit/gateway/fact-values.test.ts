import assert from 'node:assert/strict';
import { planOf } from '../../support/plan-sketch.ts';
import { refuseFactValue } from '../../../gateway/fact-door.ts';
import { refuseStepValue } from '../../../gateway/step-values.ts';
import type { GatewayDeps } from '../../../gateway/deps.ts';
import type { Json } from '../../../contracts/json.ts';
import type { Digest } from '../../../contracts/ids.ts';

const WRONG = [
  '2026-11-24 10:00:00Z',
  '2026-11-24t10:00:00z',
  '2026-11-24T10:00:00+0100',
  '2026-12-31T23:59:60Z',
  '2026-02-30T10:00:00Z',
  '2026-11-24T24:00:00Z',
  '2026-11-24T10:00:00',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
];

describe('the value of a fact at the door', () => {
  for (const at of WRONG)
    it(`is not the instant ${at}, which not every part reads alike`, () => {
      assert.throws(() => refuseFactValue('awareAt', { at }), { code: 'GATEWAY_BODY_INVALID' });
    });

  for (const at of ['2026-11-24T10:00:00Z', '2026-11-24T10:00:00.123456789Z', '2026-11-24T10:00:00+05:30'])
    it(`may be the instant ${at}`, () => {
      refuseFactValue('awareAt', { at });
    });

  it('may be unknown, or a range', () => {
    refuseFactValue('awareAt', { unknown: true });
    refuseFactValue('awareAt', { from: '2026-11-24T10:00:00Z' });
  });
});

describe('the value of a step by hand that sets a fact', () => {
  const plan = planOf([
    { id: 'shut', uses: 'manual', with: { of: 'platform', text: 'entry-closed', sets: 'entryClosedAt' } },
    { id: 'round/shut', uses: 'manual', with: { of: 'platform', text: 'entry-closed', sets: 'entryClosedAt' } },
    { id: 'look', uses: 'manual', with: { of: 'platform', text: 'look' } },
  ]);
  const ledger = { documents: { getPlan: () => Promise.resolve({ plan }) } };
  const check = (step: string, value: Json): Promise<void> =>
    refuseStepValue({ ledger } as unknown as GatewayDeps, { planHash: '' as Digest }, step, { value });

  it('is one that the fact can have, in every round', async () => {
    await check('shut', { at: '2026-11-24T10:00:00Z' });
    for (const step of ['shut', 'round/shut', 'round/2/shut'])
      await assert.rejects(check(step, { at: 'yesterday' }), {
        code: 'GATEWAY_BODY_INVALID',
        message: /entryClosedAt/,
      });
  });

  it('is anything where the step sets none', async () => {
    await check('look', 'anything');
    await check('nowhere', 'anything');
  });
});
