import { judgeAttempts, judgeDrill, judgeStops } from './invariants/attempts.ts';
import { judgeChain, judgePlan } from './invariants/chain.ts';
import { judgeDeadlines } from './invariants/deadlines.ts';
import { judgeBlind, judgeRepeats } from './invariants/duplicates.ts';
import { judgeLost } from './invariants/lost.ts';
import { judgePermission } from './invariants/permission.ts';
import { readEvidence } from './evidence.ts';
import type { OutsideRecords } from './records.ts';
import type { Verdict } from './verdict.ts';

/** What a run is judged by. */
export interface CheckInput {
  readonly outside: OutsideRecords;
  /** Path of the evidence bundle for auditors. */
  readonly bundle: string;
  /** Path of journal heads that left the house earlier. */
  readonly anchor?: string | undefined;
}

/** Judges one incident by what the outside world recorded and by its evidence. @returns I1 to I10, in order */
export async function check({ outside, bundle, anchor }: CheckInput): Promise<readonly Verdict[]> {
  const evidence = await readEvidence(bundle);
  return [
    judgeLost(evidence, outside),
    judgeRepeats(evidence, outside),
    judgeBlind(evidence, outside),
    judgePermission(evidence, outside),
    judgeDeadlines(evidence),
    await judgeChain(evidence, bundle, anchor),
    judgeAttempts(evidence),
    judgePlan(evidence),
    judgeStops(evidence),
    judgeDrill(evidence, outside),
  ];
}

/** Names of the invariants that are broken. */
export function brokenOf(verdicts: readonly Verdict[]): readonly string[] {
  return verdicts.filter(({ verdict }) => verdict === 'broken').map(({ invariant }) => invariant);
}
