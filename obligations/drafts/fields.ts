import { countPhrase, instantPhrase } from './wording.ts';
import { factCatalogue, type FactKey } from '../../contracts/facts.ts';
import { isJsonObject, type Json } from '../../contracts/json.ts';
import type { DraftField, FieldValue } from './draft.ts';
import type { KnownFact, KnownFacts } from '../known-facts.ts';

/** Facts whose value is a number of people or credentials in scope. */
const SCOPE_COUNTS: readonly FactKey[] = ['affectedCredentials', 'affectedPeople'];

/** A field that one fact fills; shown as unknown with the role to ask where nobody knows it. */
export function factField(
  ref: string,
  label: string,
  key: FactKey,
  facts: KnownFacts,
  say: (value: Json) => string = (value) => phrase(key, value, facts),
): DraftField {
  const fact = facts[key];
  const isKnown = fact !== undefined && !(isJsonObject(fact.value) && fact.value['unknown'] === true);
  return { ref, label, value: isKnown ? { text: say(fact.value), source: sourceOf(key, fact) } : unknownValue(key) };
}

/** A field that no fact of the catalogue fills: a person writes it. */
export function askedField(ref: string, label: string, ask: string): DraftField {
  return { ref, label, value: { unknown: true, ask } };
}

/** A field that the engine itself knows. */
export function engineField(ref: string, label: string, text: string, source: string): DraftField {
  return { ref, label, value: { text, source } };
}

function unknownValue(key: FactKey): FieldValue {
  return { unknown: true, ask: factCatalogue[key].ask };
}

/** Where a fact came from, for the draft's reader. */
export function sourceOf(key: FactKey, { source, by, at, confidence }: KnownFact): string {
  const who = by === undefined ? '' : `, said by ${by}`;
  const when = at === undefined ? '' : ` at ${instantPhrase(at)}`;
  const how = confidence === undefined ? '' : `, ${confidence}`;
  return `fact ${key}${source === undefined ? '' : ` (${source})`}${who}${when}${how}`;
}

/** A fact's value in words. */
export function phrase(key: FactKey, value: Json, facts: KnownFacts): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return SCOPE_COUNTS.includes(key) ? countPhrase(value, facts) : String(value);
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(String).join(', ');
  if (!isJsonObject(value)) return 'not stated';
  const { at, from, to } = value;
  if (typeof at === 'string') return instantPhrase(at);
  if (typeof from !== 'string') return 'not stated';
  return typeof to === 'string'
    ? `between ${instantPhrase(from)} and ${instantPhrase(to)}`
    : `since ${instantPhrase(from)}, end not known`;
}
