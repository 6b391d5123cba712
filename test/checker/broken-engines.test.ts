import assert from 'node:assert/strict';
import { brokenOf } from './check.ts';
import { playBroken, smallRun } from './broken-run.ts';

const PEOPLE = 60;
const HIT = PEOPLE + 20; // every token was revoked, and a third of the people were told

describe('the checker on the real stack', function () {
  this.timeout(400_000);

  it('finds nothing broken where a sound worker is killed in the middle', async () => {
    const run = smallRun(9001, PEOPLE, {
      blows: [
        { afterEffects: HIT, blow: 'kill-worker' },
        { afterEffects: HIT, blow: 'kill-worker' },
      ],
    });
    const { faults, verdicts } = await playBroken('sound', run);
    assert.deepEqual(faults, []);
    assert.deepEqual(
      verdicts.flatMap(({ invariant, verdict }) => (verdict === 'not judged' ? [invariant] : [])),
      ['I5', 'I9', 'I10'],
    );
  });

  it('finds messages sent twice where claims are written after the send', async () => {
    const run = smallRun(9002, PEOPLE, {
      blows: [
        { afterEffects: HIT, blow: 'kill-worker' },
        { afterEffects: HIT, blow: 'kill-worker' },
      ],
    });
    const { verdicts } = await playBroken('claim-after-send', run);
    assert.ok(brokenOf(verdicts).includes('I3'), JSON.stringify(verdicts));
  });

  it('finds an overtaken attempt that acts where leases are ignored', async () => {
    const people = 320;
    const run = smallRun(9003, people, {
      mailReplyMs: 300,
      // The word that an attempt is over may come before it claims again: several get the chance not to wait for it.
      blows: [20, 80, 140, 200].map((told) => ({ afterEffects: people + told, blow: 'stop-worker' as const })),
    });
    const { verdicts } = await playBroken('lease-ignored', run);
    assert.ok(brokenOf(verdicts).includes('I7'), JSON.stringify(verdicts));
  });

  it('finds acts without a decision where nobody is asked', async () => {
    const run = smallRun(9004, PEOPLE, { blows: [{ afterEffects: HIT, blow: 'kill-worker' }] });
    const { verdicts } = await playBroken('undecided', run);
    assert.deepEqual(brokenOf(verdicts), ['I4']);
  });

  it('finds people told twice where unknown outcomes are repeated', async () => {
    const run = smallRun(9005, PEOPLE, {
      mailFaults: new Map([3, 30].map((index) => [`p${index}@chaos-9005.people.example.org`, 'taken-then-lost'])),
      blows: [{ afterEffects: HIT, blow: 'kill-worker' }],
    });
    const { verdicts } = await playBroken('blind-repeat', run);
    assert.ok(brokenOf(verdicts).includes('I3'), JSON.stringify(verdicts));
  });
});
