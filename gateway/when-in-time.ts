import { isJsonObject, type Json, type JsonObject } from '../contracts/json.ts';
import { instantTextMs } from '../contracts/instant-text.ts';

const CLOCKS_DIFFER_MS = 5 * 60_000;

/**
 * What is wrong with a `when` that tells of something that has happened: it lies ahead, or ends before it begins. A typed
 * year that is wrong by one would move a legal clock by as much.
 *
 * @param nowMs - present, in milliseconds since 1970.
 * @returns `undefined` where nothing is wrong.
 */
export function whenFault(value: Json, nowMs: number): string | undefined {
  if (!isJsonObject(value)) return undefined;
  const { at, from, to } = value;
  const ms = (text: Json | undefined): number | undefined =>
    typeof text === 'string' ? instantTextMs(text) : undefined;
  const ahead = [at, from, to].find((text) => (ms(text) ?? 0) > nowMs + CLOCKS_DIFFER_MS);
  if (typeof ahead === 'string') return `${ahead} lies in the future`;
  const [first, last] = [ms(from), ms(to)];
  return first !== undefined && last !== undefined && last < first ? 'it ends before it begins' : undefined;
}

/** Faults of every input that is a `when`, as `/name: what is wrong`. */
export function whenFaults(schema: JsonObject, inputs: JsonObject, nowMs: number): readonly string[] {
  const { properties } = schema;
  return Object.entries(isJsonObject(properties) ? properties : {}).flatMap(([name, property]) => {
    const value = inputs[name];
    if (!isJsonObject(property) || property['$ref'] !== 'firebreak:when' || value === undefined) return [];
    const fault = whenFault(value, nowMs);
    return fault === undefined ? [] : [`/${name}: ${fault}`];
  });
}
