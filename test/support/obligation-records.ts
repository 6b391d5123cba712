import { fileURLToPath } from 'node:url';
import { loadObligations } from '../../worker/load-obligations.ts';
import { knownFacts, type KnownFacts } from '../../obligations/known-facts.ts';
import type { FactKey } from '../../contracts/facts.ts';
import type { Json } from '../../contracts/json.ts';
import type { ObligationRecord } from '../../obligations/record.ts';

/** The catalogue that ships. */
export const shippedCatalogue = loadObligations(fileURLToPath(new URL('../../obligations/running', import.meta.url)));

/** A record of the shipped catalogue that is in force. */
export function shippedRecord(id: string): ObligationRecord {
  const record = shippedCatalogue.records.find((entry) => entry.id === id && entry.status === 'in_force');
  if (!record) throw new Error(`no record ${id}`);
  return record;
}

/** Facts as people decided them. */
export function decided(values: Partial<Record<FactKey, Json>>): KnownFacts {
  return knownFacts(values);
}
