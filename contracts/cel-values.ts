import { isJsonObject, type Json } from './json.ts';

/** JSON to CEL: whole numbers are CEL ints, which the library holds as bigint. */
export function toCel(value: Json): unknown {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  if (Array.isArray(value)) return (value as readonly Json[]).map(toCel);
  if (isJsonObject(value))
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toCel(member)]));
  return value;
}

/** CEL to JSON. @throws TypeError for a value that JSON cannot hold. */
export function fromCel(value: unknown): Json {
  if (typeof value === 'bigint') {
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw new TypeError('a whole number is too large');
    return number;
  }
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (Array.isArray(value)) return value.map(fromCel);
  if (value instanceof Date) return value.toISOString();
  if (isPlain(value)) return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, fromCel(member)]));
  throw new TypeError('the value is not JSON');
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (!isJsonObject(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
