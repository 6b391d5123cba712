import type { EffectCounts, EffectState } from '../../contracts/effects.ts';
import type { IncidentId } from '../../contracts/ids.ts';
import type { Ledger } from '../../ledger/ports.ts';

const REVOKE = 'credentials.revoke';
const ISSUE = 'credentials.issue'; // the first act of a rotation; the last one is a revoke
const LOOKED_AT = 500; // subjects a query
const ROTATED_MAX = 1_000_000; // more than any incident rotates
/** States in which a replacement may be with its owner. */
const ISSUED: readonly EffectState[] = ['claimed', 'accepted', 'verified', 'unknown', 'refuted', 'withheld'];

async function endedRotations(ledger: Ledger, incident: IncidentId): Promise<EffectCounts> {
  const subjects = await ledger.effects.subjects(incident, ISSUE, ISSUED, ROTATED_MAX);
  const counts: Partial<Record<EffectState, number>> = {};
  for (let from = 0; from < subjects.length; from += LOOKED_AT)
    for (const { state } of await ledger.effects.states(incident, REVOKE, subjects.slice(from, from + LOOKED_AT)))
      counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

/**
 * Counts by words instead of action names where one name covers two things: a rotation ends in a revoke too, of a credential
 * that was replaced before, not of one that was taken away.
 *
 * @param effects - counts by action.
 * @returns them; with `credentials.revoke` in two entries where anything was rotated.
 */
export async function withRotationsApart(
  ledger: Ledger,
  incident: IncidentId,
  effects: Readonly<Record<string, EffectCounts>>,
): Promise<Readonly<Record<string, EffectCounts>>> {
  const { [REVOKE]: all, ...others } = effects;
  if (!all) return effects;
  const ended = await endedRotations(ledger, incident);
  if (Object.keys(ended).length === 0) return effects;
  const taken = (Object.entries(all) as [EffectState, number][])
    .map(([state, count]) => [state, count - (ended[state] ?? 0)] as const)
    .filter(([, count]) => count > 0);
  return {
    ...(taken.length > 0 ? { [`${REVOKE}: taken away without a replacement`]: Object.fromEntries(taken) } : {}),
    [`${REVOKE}: the old ones of rotations, after their replacement`]: ended,
    ...others,
  };
}
