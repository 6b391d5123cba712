import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { CodedError } from '../../contracts/errors.ts';
import { canonicalJson, type Json, type JsonObject } from '../../contracts/json.ts';
import type { DatasetKind, DatasetRow, KeyClass } from '../../contracts/dataset.ts';
import type { NewRow } from '../ports.ts';
import { seal, unseal } from '../sealing.ts';

const SALT_BYTES = 16; // 128 bits: attributes cannot be guessed from their commitment

/** Key class that seals each kind of dataset. */
export const CLASS_OF: Readonly<Record<DatasetKind, KeyClass>> = { credentials: 'secrets', people: 'people' };

/** What of a row the digest covers. */
interface Provable {
  readonly subject: string;
  readonly attributes: JsonObject;
  readonly salt: Buffer;
}

/** A row on its way into the database, its raw value left out. */
export interface PreparedRow extends Provable {
  /** What the row adds to its leaf. */
  readonly hash: Buffer;
}

/** A row as it is stored. */
export interface StoredRow extends Provable {
  readonly position: number;
  readonly proof: Buffer;
  readonly sealed: Buffer | null;
}

/** Salted commitment to a row's attributes: shown to anyone, it tells nothing of them. */
export function attributesCommitment(salt: Uint8Array, attributes: JsonObject): Buffer {
  return createHash('sha256').update(salt).update(canonicalJson(attributes)).digest();
}

/** What a row adds to its leaf: subject and salted commitment to the attributes; the sealed part stays outside. */
function rowHash({ subject, attributes, salt }: Provable): Buffer {
  const commitment = attributesCommitment(salt, attributes);
  return createHash('sha256').update(subject).update(commitment).digest();
}

/** Binds a row to its place in its dataset: each row proves itself, in whatever order rows are read. */
export function rowProof(key: Uint8Array, dataset: string, position: number, hash: Uint8Array): Buffer {
  return createHmac('sha256', key).update(`${dataset}/${position}/`).update(hash).digest();
}

/** Seals the raw value of a row; it opens in this place only. */
export function sealRow(
  key: Uint8Array,
  dataset: string,
  { subject, sealed }: Pick<NewRow, 'subject' | 'sealed'>,
): Buffer {
  return seal(key, Buffer.from(JSON.stringify(sealed)), `${dataset}/${subject}`);
}

/** jsonb refuses U+0000; a name that holds one is kept, and hashed, with the replacement character. */
function storable(attributes: JsonObject): JsonObject {
  const text = JSON.stringify(attributes);
  return text.includes('\\u0000') ? (JSON.parse(text.replaceAll('\\u0000', '\\ufffd')) as JsonObject) : attributes;
}

/** Salts a row's attributes and hashes what the digest covers. */
export function prepareRow({ subject, attributes }: NewRow): PreparedRow {
  const row = { subject, attributes: storable(attributes), salt: randomBytes(SALT_BYTES) };
  return { ...row, hash: rowHash(row) };
}

/** Keys that rows are read with. */
export interface RowKeys {
  /** Proves rows. */
  readonly rows: Uint8Array;
  /** Opens raw values; `undefined`: they stay sealed. */
  readonly sealed: Uint8Array | undefined;
}

function changed(dataset: string, position: number, cause?: unknown): CodedError {
  return new CodedError('DATASET_KEY_CHANGED', `row ${position} of dataset ${dataset} is not what was written`, {
    cause,
  });
}

function openSealed(key: Uint8Array, dataset: string, { position, subject, sealed }: StoredRow): Json | undefined {
  if (!sealed) return undefined;
  try {
    return JSON.parse(unseal(key, sealed, `${dataset}/${subject}`).toString('utf8')) as Json;
  } catch (cause) {
    throw changed(dataset, position, cause);
  }
}

/** Proves rows and opens their sealed parts. @throws DATASET_KEY_CHANGED for a row that was changed from outside. */
export function openRows(dataset: string, rows: readonly StoredRow[], keys: RowKeys): readonly DatasetRow[] {
  return rows.map((row) => {
    const { position, subject, attributes, proof } = row;
    if (!timingSafeEqual(proof, rowProof(keys.rows, dataset, position, rowHash(row)))) throw changed(dataset, position);
    return { position, subject, attributes, sealed: keys.sealed && openSealed(keys.sealed, dataset, row) };
  });
}
