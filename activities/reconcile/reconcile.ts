import { actionCatalogue } from '../../contracts/catalogue.ts';
import type { ConnectorTraits, EffectClass } from '../../contracts/effects.ts';
import type { Ledger } from '../../ledger/ports.ts';
import type { EndedRun, ReconcileReport } from '../../contracts/returns.ts';

/** Longest time that an act whose connector is not known here may stay open: the timeout of a page. */
const LONGEST_MS = 2 * 60_000;
/** Claims younger than any request are not even looked at. */
const YOUNGEST_MS = 10_000;

/** Whether the run that holds a permit is over, or may still act. @param permit - `<incident>/<step>#<visit>` */
export type RunState = (permit: string) => Promise<'over' | 'open'>;

/** What a pass works with. */
export interface ReconcileOptions {
  readonly ledger: Ledger;
  readonly runs: RunState;
  /** Traits of the connector that acts for an action. */
  readonly traits: (action: string) => ConnectorTraits | undefined;
}

/**
 * One pass over the claims that stand without an outcome for longer than their request could take: those whose run is over
 * become `unknown`, whatever their class, since nobody applies, keys or checks them any more; the receipt names the class, by
 * which a person knows whether a retry or a look can settle it. People whom a hold kept from being told go back to planned
 * once none stands.
 *
 * @idempotency passes may run at the same time and be repeated; what is settled is not settled again.
 * @throws LEDGER_ codes; whatever `runs` throws.
 */
export async function reconcile({ ledger, runs, traits }: ReconcileOptions): Promise<ReconcileReport> {
  const settled: EndedRun[] = [];
  let open = 0;
  for (const claim of await ledger.returns.openClaims(YOUNGEST_MS)) {
    const { incident, action, permit, claims } = claim;
    if ((await runs(permit)) === 'open') {
      open += claims;
      continue;
    }
    const connector = traits(action);
    const effectClass = connector?.effect ?? declaredClass(action);
    const olderThanMs = connector?.longestRequestMs ?? LONGEST_MS;
    const count = await ledger.returns.settleEnded(claim, { olderThanMs, class: effectClass });
    if (count > 0) settled.push({ incident, step: stepOf(permit), action, class: effectClass, settled: count });
    open += claims - count;
  }
  await ledger.holds.releaseRunOut();
  return { settled, open };
}

/** What the catalogue promises; what it leaves open is taken for the least. */
function declaredClass(action: string): EffectClass {
  const { effect } = actionCatalogue.get(action) ?? {};
  return effect === 'idempotent' || effect === 'keyed' || effect === 'checkable' ? effect : 'blind';
}

/** `<step>#<visit>` of a permit. */
function stepOf(permit: string): string {
  return permit.slice(permit.indexOf('/') + 1);
}
