import type { ClaimedEffect, ClaimTarget, EffectStore, Ledger } from '../../../ledger/ports.ts';

/** A ledger that writes a claim down only when its outcome is settled: what a dying worker had sent is forgotten. */
export function claimAfterSend(ledger: Ledger): Ledger {
  const { turn: _together, ...effects } = ledger.effects;
  const asked = new Map<string, { readonly effect: ClaimedEffect; readonly target: ClaimTarget }>();
  const broken: EffectStore = {
    ...effects,
    async claim(lease, effect, targets) {
      if (!(await effects.holdsLease(lease))) return { open: false, mine: [], others: [] };
      const subjects = targets.map(({ subject }) => subject);
      const rows = new Map(
        (await effects.states(effect.incident, effect.action, subjects)).map((row) => [row.subject, row]),
      );
      const isOpen = ({ subject }: ClaimTarget): boolean => (rows.get(subject)?.state ?? 'planned') === 'planned';
      for (const target of targets) asked.set(target.subject, { effect, target });
      return {
        open: true,
        mine: targets.filter(isOpen).map(({ subject }) => ({
          ...{ subject, generation: rows.get(subject)?.generation ?? 1 },
          attempt: (rows.get(subject)?.attempt ?? 0) + 1,
        })),
        others: targets
          .filter((target) => !isOpen(target))
          .map(({ subject }) => ({
            ...{ subject, state: rows.get(subject)!.state },
            ...{ elsewhere: false, notBefore: undefined, paramsChanged: false },
          })),
      };
    },
    async settle(lease, effect, settlements) {
      const targets = settlements.map(({ subject }) => asked.get(subject)!);
      const claims = targets.map(({ target }) => target);
      const { mine } = await effects.claim(lease, targets[0]!.effect, claims);
      const got = new Map(mine.map((claim) => [claim.subject, claim]));
      const known = settlements.filter(({ subject }) => got.has(subject));
      await effects.settle(
        lease,
        effect,
        known.map((settlement) => ({ ...settlement, ...got.get(settlement.subject)! })),
      );
    },
  };
  return { ...ledger, effects: broken };
}
