import type { Ledger } from '../../../ledger/ports.ts';

/** A ledger in which every incident began before decisions were signed: whatever a workflow asks for is let through. */
export function undecided(ledger: Ledger): Ledger {
  const { incidents } = ledger;
  return {
    ...ledger,
    incidents: {
      ...incidents,
      async read(incident) {
        const row = await incidents.read(incident);
        return row && { ...row, engineVersion: 3 };
      },
    },
  };
}
