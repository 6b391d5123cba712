import type { EffectStore, Ledger } from '../../../ledger/ports.ts';

/** A ledger in which nothing is unknown: what nobody can say is asked again, as if nothing had happened. */
export function blindRepeat(ledger: Ledger): Ledger {
  const { turn: _together, ...effects } = ledger.effects;
  const broken: EffectStore = {
    ...effects,
    settle: (lease, effect, settlements) =>
      effects.settle(
        lease,
        effect,
        settlements.map((settlement) =>
          settlement.state === 'unknown' ? { ...settlement, state: 'planned', waitMs: 0 } : settlement,
        ),
      ),
    async recover(lease, effect, subjects) {
      const lost = await effects.recover(lease, effect, subjects);
      if (lost.length > 0) await effects.reopen(effect.incident, effect.action, lost);
      return [];
    },
  };
  return { ...ledger, effects: broken };
}
