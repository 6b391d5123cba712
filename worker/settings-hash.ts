import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../contracts/json.ts';
import type { Digest } from '../contracts/ids.ts';

/** A reference to a secret in a file; where the file lies may differ between machines. */
const FILE = 'file:';

/**
 * Hash over a part of the configuration as it is in force: what a gate is bound to beside targets and texts. Secrets stand in
 * it by reference, a file by its name alone: changing what a reference leads to is a rotation, and changes nothing of what
 * people approved.
 */
export function settingsHash(part: JsonObject): Digest {
  return createHash('sha256')
    .update(canonicalJson(withoutFolders(part)))
    .digest('hex') as Digest;
}

function withoutFolders(value: Json): Json {
  if (typeof value === 'string') return value.startsWith(FILE) ? FILE + basename(value.slice(FILE.length)) : value;
  if (Array.isArray(value)) return (value as readonly Json[]).map(withoutFolders);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutFolders(item)]));
}
