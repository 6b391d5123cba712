import type { Condition } from './record.ts';
import type { FactKey } from '../contracts/facts.ts';
import type { KnownFacts } from './known-facts.ts';

/** Answer to a condition. */
export interface Verdict {
  readonly holds: true | false | 'unknown';
  /** Facts that decided it: those that are false, or those that nobody knows. Empty where it holds. */
  readonly because: readonly FactKey[];
}

/**
 * Answers a condition with three values: false beats unknown in `all`, true beats unknown in `any`.
 *
 * @source Kleene's three-valued logic
 */
export function judge(condition: Condition, facts: KnownFacts): Verdict {
  if ('all' in condition)
    return combine(
      condition.all.map((part) => judge(part, facts)),
      false,
    );
  if ('any' in condition)
    return combine(
      condition.any.map((part) => judge(part, facts)),
      true,
    );
  const known = facts[condition.fact];
  if (known === undefined) return { holds: 'unknown', because: [condition.fact] };
  const holds =
    'is' in condition
      ? known.value === condition.is
      : 'in' in condition
        ? condition.in.includes(known.value)
        : typeof known.value === 'number' && known.value >= condition.atLeast;
  return { holds, because: holds ? [] : [condition.fact] };
}

function combine(verdicts: readonly Verdict[], deciding: boolean): Verdict {
  const decided = verdicts.filter(({ holds }) => holds === deciding);
  const open = verdicts.filter(({ holds }) => holds === 'unknown');
  const [holds, decisive] =
    decided.length > 0 ? [deciding, decided] : open.length > 0 ? (['unknown', open] as const) : [!deciding, verdicts];
  return { holds, because: holds === true ? [] : [...new Set(decisive.flatMap(({ because }) => because))] };
}
