import { factCatalogue, type Fact, type FactKey } from '../contracts/facts.ts';
import type { Json, JsonObject } from '../contracts/json.ts';

/** A fact as far as it is known: the value, and who said so where that is known too. */
export interface KnownFact {
  readonly value: Json;
  readonly source?: string;
  readonly by?: string;
  readonly at?: string;
  readonly confidence?: Fact['confidence'];
}

/** The newest fact of each key; a key that is absent is unknown. */
export type KnownFacts = Readonly<Partial<Record<FactKey, KnownFact>>>;

/**
 * Facts from bare values, as an action call carries them; keys that are not in the catalogue are left out.
 *
 * @param values - newest value of each key.
 * @param provenance - facts with source, in order; the newest of a key is taken where its value is the one given, or none is.
 */
export function knownFacts(values: JsonObject, provenance: readonly Fact[] = []): KnownFacts {
  const facts: Partial<Record<FactKey, KnownFact>> = {};
  for (const { key, ...fact } of provenance) facts[key] = fact;
  for (const [key, value] of Object.entries(values)) {
    if (!isFactKey(key)) continue;
    const said = facts[key];
    facts[key] = said && JSON.stringify(said.value) === JSON.stringify(value) ? said : { value };
  }
  return facts;
}

/** Whether a text is a key of the fact catalogue. */
export function isFactKey(key: string): key is FactKey {
  return Object.hasOwn(factCatalogue, key);
}
