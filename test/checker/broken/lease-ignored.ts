import pg from 'pg';
import type { EffectStore, Lease, Ledger } from '../../../ledger/ports.ts';

/**
 * A ledger whose attempts take the lease back whenever they act: one that was overtaken goes on as if it had not been.
 *
 * @param url - the ledger's database.
 */
export function leaseIgnored(ledger: Ledger, url: string): Ledger {
  const { effects } = ledger;
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  pool.on('error', () => undefined);
  const seize = ({ id, epoch }: Lease) => pool.query('update leases set epoch = $2 where id = $1', [id, epoch]);
  const broken: EffectStore = {
    ...effects,
    async takeLease(lease, incident) {
      await seize(lease);
      await effects.takeLease(lease, incident);
    },
    async holdsLease(lease) {
      await seize(lease);
      return effects.holdsLease(lease);
    },
    async claim(lease, effect, targets) {
      await seize(lease);
      return effects.claim(lease, effect, targets);
    },
    async turn(lease, effect, settlements, targets) {
      await seize(lease);
      return effects.turn!(lease, effect, settlements, targets);
    },
    // At once: what goes on after a stop claims before the server's word that it is over has come.
    takeTokens: (_bucket, wanted) => Promise.resolve({ granted: wanted, waitMs: 0 }),
  };
  return {
    ...ledger,
    effects: broken,
    close: async () => {
      await pool.end();
      await ledger.close();
    },
  };
}
