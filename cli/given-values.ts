import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CodedError } from '../contracts/errors.ts';
import { factCatalogue } from '../contracts/facts.ts';
import { instantTextMs } from '../contracts/instant-text.ts';
import { isJsonObject, type Json, type JsonObject } from '../contracts/json.ts';
import type { GivenCredential } from '../contracts/api.ts';
import type { Terminal } from './terminal.ts';

/** Reads a file, or standard input for `-`. @throws CLI_FILE_UNREADABLE */
export async function readGiven(path: string, { folder, readInput }: Terminal): Promise<string> {
  if (path === '-') return readInput();
  try {
    return await readFile(resolve(folder, path), 'utf8');
  } catch (cause) {
    throw new CodedError('CLI_FILE_UNREADABLE', `${path} cannot be read`, { cause });
  }
}

/** A value as people type it: JSON where it is JSON, else the text itself. */
export function typedValue(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function isInstantFact(key: string): boolean {
  const { schema } = (factCatalogue as Readonly<Record<string, { readonly schema: JsonObject }>>)[key] ?? {};
  return schema?.['$ref'] === 'firebreak:when';
}

/**
 * A fact's value as people type it: for instants also `2026-05-04T10:00:00Z`, `FROM..TO`, `FROM..` and `unknown`.
 *
 * @throws CLI_USAGE for a time that is none
 */
export function factValue(key: string, text: string): Json {
  const value = typedValue(text);
  if (!isInstantFact(key) || isJsonObject(value)) return value;
  if (value === 'unknown') return { unknown: true };
  const [from, to, ...more] = text.split('..');
  const isTime = [from, ...(to === undefined || to === '' ? [] : [to])].every(
    (part) => instantTextMs(part!) !== undefined,
  );
  if (!isTime || more.length > 0)
    throw new CodedError(
      'CLI_USAGE',
      `${key} is a time: give it as 2026-05-04T10:00:00Z, FROM..TO, FROM.. or unknown, not ${text.slice(0, 40)}`,
    );
  if (to === undefined) return { at: from! };
  return { from: from!, ...(to === '' ? {} : { to }) };
}

/** `key=value` pairs. @throws CLI_USAGE */
export function pairs(given: readonly string[]): readonly (readonly [string, string])[] {
  return given.map((pair) => {
    const at = pair.indexOf('=');
    if (at < 1) throw new CodedError('CLI_USAGE', `give key=value, not ${pair.slice(0, 20)}`);
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
}

/** A JSON object of a file. @throws CLI_USAGE, CLI_FILE_UNREADABLE */
export async function readObject(path: string, terminal: Terminal): Promise<JsonObject> {
  const value = typedValue(await readGiven(path, terminal));
  if (!isJsonObject(value)) throw new CodedError('CLI_USAGE', `${path} does not hold a JSON object`);
  return value;
}

/**
 * Credentials of a file: one a line, as JSON (`{"value": ..., "issuer": ...}`) or the bare value. They are never arguments:
 * those are seen by everyone on the machine and kept in the shell's history.
 */
export async function readCredentials(path: string, terminal: Terminal): Promise<readonly GivenCredential[]> {
  const lines = (await readGiven(path, terminal)).split('\n').map((line) => line.trim());
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const value = line.startsWith('{') ? typedValue(line) : { value: line };
      if (!isJsonObject(value) || typeof value['value'] !== 'string')
        throw new CodedError('CLI_USAGE', `a line of ${path} is neither a value nor JSON with one`);
      return value as unknown as GivenCredential;
    });
}
