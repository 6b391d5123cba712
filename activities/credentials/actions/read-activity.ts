import { READ_BATCH } from '../port.ts';
import { isCodedError } from '../../../contracts/errors.ts';
import { text } from '../connectors/answers.ts';
import type { CredentialActivity } from '../port.ts';
import type { DatasetRef, DatasetRow } from '../../../contracts/dataset.ts';
import type { IncidentId } from '../../../contracts/ids.ts';
import type { Issuers } from '../issuers.ts';
import type { Ledger } from '../../../ledger/ports.ts';

/** What issuers know of a dataset's credentials, and of which they know nothing. */
export interface ActivityRead {
  readonly known: readonly { readonly row: DatasetRow; readonly activity: CredentialActivity }[];
  /** With the code of why. */
  readonly missing: readonly { readonly row: DatasetRow; readonly reason: string }[];
}

/**
 * Reads the activity of every credential of a dataset at its issuer, with read keys.
 *
 * An issuer that cannot be read now makes its credentials `missing`; it does not stop the others.
 */
export async function readActivity(
  ledger: Ledger,
  issuers: Issuers,
  incident: IncidentId,
  dataset: DatasetRef,
): Promise<ActivityRead> {
  const known: ActivityRead['known'][number][] = [];
  const missing: ActivityRead['missing'][number][] = [];
  const waiting = new Map<string, DatasetRow[]>();
  const flush = async (name: string): Promise<void> => {
    const read = await readBatch(issuers, name, waiting.get(name)?.splice(0) ?? []);
    known.push(...read.known);
    missing.push(...read.missing);
  };
  for await (const row of ledger.datasets.stream(incident, dataset)) {
    const name = text(row.attributes['issuer']);
    const batch = waiting.get(name) ?? [];
    waiting.set(name, batch);
    if (batch.push(row) === READ_BATCH) await flush(name);
  }
  for (const name of waiting.keys()) await flush(name);
  return { known, missing };
}

async function readBatch(issuers: Issuers, name: string, rows: readonly DatasetRow[]): Promise<ActivityRead> {
  const issuer = issuers.get(name);
  const all = (reason: string): ActivityRead => ({ known: [], missing: rows.map((row) => ({ row, reason })) });
  if (rows.length === 0) return { known: [], missing: [] };
  if (!issuer) return all('CONNECTOR_ISSUER_UNKNOWN');
  if (!issuer.activity) return all('CONNECTOR_ACTION_UNSUPPORTED');
  const ids = rows.map((row) => text(row.attributes['issuerId']));
  try {
    const found = await issuer.activity(ids.filter((id) => id !== ''));
    const known = rows.flatMap((row, index) => {
      const activity = found.get(ids[index] ?? '');
      return activity ? [{ row, activity }] : [];
    });
    const seen = new Set(known.map(({ row }) => row));
    const missing = rows.filter((row) => !seen.has(row)).map((row) => ({ row, reason: 'CONNECTOR_TARGET_UNKNOWN' }));
    return { known, missing };
  } catch (error) {
    if (!isCodedError(error)) throw error;
    return all(error.code);
  }
}
