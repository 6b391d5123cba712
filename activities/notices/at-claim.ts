import { covers } from '../../contracts/holds.ts';
import { TurnBatch } from './turn-batch.ts';
import type { DatasetRow } from '../../contracts/dataset.ts';
import type { Due } from './told.ts';
import type { HoldView } from '../../contracts/returns.ts';
import type { Ledger } from '../../ledger/ports.ts';
import type { PageCall } from '../../contracts/effects.ts';
import type { Screened } from '../effects/act.ts';
import type { SecretStates } from './view.ts';

/** Share of readers that may turn out alive or unknown at the claim, where the step says nothing. facts/engine item 9 */
const EXPECT = 0.01;
/** A reader that waits for a decision is not asked for again at once. */
const DRIFT_WAIT_MS = 1_000;

/** What is looked at once more when a notice is claimed. */
export interface ClaimLook {
  /** Verdicts on claimed rows that must not be told now. */
  screen(rows: readonly DatasetRow[]): Promise<readonly Screened[]>;
  /** How many readers wait because more than expected would read that a secret still works. */
  readonly drift: number;
}

/**
 * Looks at holds and secrets right when a notice is claimed, not when its page began: a hold that was placed before the
 * claim keeps its people from being told, and a revocation that was verified since is told as it is.
 *
 * Behind a gate, no more than `expect` of the page's readers are told that a secret of theirs still works, or that nobody
 * knows: people let the notices through when they expected otherwise. The rest waits until they have been asked again.
 */
export function claimLook(
  call: PageCall,
  ledger: Ledger,
  page: {
    readonly rows: readonly DatasetRow[];
    readonly states: SecretStates;
    readonly due: (row: DatasetRow) => Due;
  },
): ClaimLook {
  const { states, due } = page;
  const looks = new TurnBatch<DatasetRow, readonly HoldView[]>(async (rows) => {
    const [holds] = await Promise.all([ledger.holds.active(call.incident), states.refresh(rows)]);
    return holds;
  });
  const isWatched = call.gate !== undefined && call.driftAccepted !== true;
  const allowance = isWatched ? Math.floor(expectedDrift(call.with) * page.rows.length) : Infinity;
  const [drifted, waiting] = [new Set<string>(), new Set<string>()];
  const drifts = (row: DatasetRow): boolean => {
    if (!isWatched || !isUnproven(due(row), states)) return false;
    if (drifted.size < allowance) drifted.add(row.subject);
    return !drifted.has(row.subject);
  };
  return {
    get drift() {
      return waiting.size;
    },
    screen: async (rows) => {
      const holds = await looks.add(rows);
      return rows.flatMap((row): readonly Screened[] => {
        const { subject } = row;
        const hold = heldBy(holds, row);
        if (hold) return [{ subject, state: 'withheld', code: 'NOTICE_HELD', receipt: { hold: hold.id } }];
        if (!drifts(row)) return [];
        waiting.add(subject);
        return [{ subject, state: 'planned', code: 'NOTICE_DRIFT', waitMs: DRIFT_WAIT_MS }];
      });
    },
  };
}

/** The first hold that covers a reader. */
export function heldBy(holds: readonly HoldView[], row: DatasetRow): HoldView | undefined {
  return holds.find(({ audience }) => covers(audience, row));
}

/** Whether a reader would be told that a secret still works, or that nobody knows. */
function isUnproven({ secrets = [] }: Due, states: SecretStates): boolean {
  return secrets.some((secret) => ['alive', 'unknown'].includes(states.standingOf(secret)));
}

/** Share of readers that may turn out alive or unknown at the claim: what the step says, or a hundredth. */
export function expectedDrift({ expect }: PageCall['with']): number {
  return typeof expect === 'number' ? expect : EXPECT;
}
