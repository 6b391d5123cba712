import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { CodedError } from '../contracts/errors.ts';
import type { IncidentId } from '../contracts/ids.ts';
import type { KeyClass } from '../contracts/dataset.ts';
import type { Database } from './database.ts';
import { KEY_BYTES, seal, unseal } from './sealing.ts';

const CHECK_TEXT = Buffer.from('firebreak key check');
const KNOWN_MAX = 10_000; // incidents in memory; a door opens them and never comes back to most
const SUBJECT_HEX_DIGITS = 32; // 128 bits: no two people or credentials of an installation meet

/** Names of an incident's keys: the two classes, the one that names people, the one that outlives them all. */
type KeyName = KeyClass | 'subject' | 'record';

/** Wrapped keys of a new incident. */
export type WrappedKeys = Readonly<Record<KeyName, Buffer>>;

/** What of an incident is kept in memory; never a key of a class, so that a destroyed one is gone everywhere at once. */
interface Known {
  readonly number: number;
  readonly record: Buffer;
  readonly subject: Buffer | undefined;
}

/** What unlocking needs to know. */
export interface KeyringOptions {
  readonly keyEncryptionKey: Uint8Array;
  readonly opens: readonly KeyClass[];
}

/**
 * The keys of an installation and its incidents: random, wrapped by the key-encryption key, unwrapped when needed.
 *
 * A process unwraps only the classes it was given: the mail worker no credentials, the privileged one no addresses, an
 * engine worker neither.
 */
export class Keyring {
  readonly #database: Database;
  readonly #options: KeyringOptions;
  readonly #known = new Map<IncidentId, Known>();
  #fingerprintKey: Buffer | undefined;

  constructor(database: Database, options: KeyringOptions) {
    this.#database = database;
    this.#options = options;
  }

  /**
   * Makes or opens the installation's own keys.
   *
   * @throws LEDGER_KEY_WRONG when the key-encryption key is no AES-256 key, or another one than the ledger was made with.
   */
  async open(): Promise<void> {
    const { keyEncryptionKey } = this.#options;
    if (keyEncryptionKey.byteLength !== KEY_BYTES)
      throw new CodedError(
        'LEDGER_KEY_WRONG',
        `the key-encryption key has ${keyEncryptionKey.byteLength} bytes, not 32`,
      );
    await this.#database.query(
      'insert into installation (fingerprint_key, key_check) values ($1, $2) on conflict (id) do nothing',
      [
        seal(keyEncryptionKey, randomBytes(KEY_BYTES), 'installation/fingerprint'),
        seal(keyEncryptionKey, CHECK_TEXT, 'installation/check'),
      ],
    );
    const [row] = await this.#database.query<{ fingerprint_key: Buffer }>('select fingerprint_key from installation');
    this.#fingerprintKey = this.#unwrap(row!.fingerprint_key, 'installation/fingerprint');
  }

  /** Keyed fingerprint of a raw credential: the same in every incident of the installation. */
  fingerprint(value: string): string {
    return hmac(this.#fingerprintKey!, value);
  }

  /** Keys for a new incident, wrapped. */
  wrapNew(incident: IncidentId): WrappedKeys {
    const wrapped = (name: KeyName): Buffer =>
      seal(this.#options.keyEncryptionKey, randomBytes(KEY_BYTES), `${incident}/${name}`);
    return {
      record: wrapped('record'),
      subject: wrapped('subject'),
      secrets: wrapped('secrets'),
      people: wrapped('people'),
    };
  }

  /** Keeps in memory what is known of an incident that this process has just made. */
  learn(incident: IncidentId, number: number, { record, subject }: WrappedKeys): void {
    this.#keep(incident, {
      number,
      record: this.#unwrap(record, `${incident}/record`),
      subject: this.#unwrap(subject, `${incident}/subject`),
    });
  }

  #keep(incident: IncidentId, known: Known): void {
    this.#known.set(incident, known);
    if (this.#known.size > KNOWN_MAX) this.#known.delete(this.#known.keys().next().value!);
  }

  /** Running number of an incident in this database: what its rows are stored under. @throws INCIDENT_UNKNOWN */
  async number(incident: IncidentId): Promise<number> {
    return (await this.#read(incident)).number;
  }

  /** HMAC of a person id under the incident's key. @throws LEDGER_KEY_DESTROYED once the people's key is gone. */
  async personSubject(incident: IncidentId, person: string): Promise<string> {
    const { subject } = await this.#read(incident);
    if (!subject) throw destroyed(incident, 'people');
    return hmac(subject, person);
  }

  /** Key for what stays as long as the incident's record: sealing documents, proving dataset rows. */
  async recordKey(incident: IncidentId, purpose: 'documents' | 'rows'): Promise<Buffer> {
    const { record } = await this.#read(incident);
    return Buffer.from(hkdfSync('sha256', record, Buffer.alloc(0), purpose, KEY_BYTES));
  }

  /**
   * Key that seals and opens one class of an incident's data; read anew each time.
   *
   * @throws LEDGER_KEY_WITHHELD for a class that this process may not open; LEDGER_KEY_DESTROYED; INCIDENT_UNKNOWN.
   */
  async classKey(incident: IncidentId, keyClass: KeyClass): Promise<Buffer> {
    if (!this.#options.opens.includes(keyClass))
      throw new CodedError('LEDGER_KEY_WITHHELD', `this process may not open the ${keyClass} of ${incident}`);
    return this.#classKey(incident, keyClass);
  }

  /**
   * Key that a door seals with what it was handed and may not open again; for nothing but sealing.
   *
   * @throws LEDGER_KEY_DESTROYED; INCIDENT_UNKNOWN.
   */
  depositKey(incident: IncidentId, keyClass: KeyClass): Promise<Buffer> {
    return this.#classKey(incident, keyClass);
  }

  async #classKey(incident: IncidentId, keyClass: KeyClass): Promise<Buffer> {
    const [row] = await this.#database.query<{ key: Buffer | null }>(
      `select ${keyClass}_key as key from incidents where id = $1`,
      [incident],
    );
    if (!row) throw unknownIncident(incident);
    if (!row.key) throw destroyed(incident, keyClass);
    return this.#unwrap(row.key, `${incident}/${keyClass}`);
  }

  /** Forgets what is in memory of an incident, after keys of it were destroyed. */
  forget(incident: IncidentId): void {
    this.#known.delete(incident);
  }

  async #read(incident: IncidentId): Promise<Known> {
    const known = this.#known.get(incident);
    if (known) return known;
    const [row] = await this.#database.query<{ number: number; record_key: Buffer; subject_key: Buffer | null }>(
      'select number, record_key, subject_key from incidents where id = $1',
      [incident],
      'incident-keys',
    );
    if (!row) throw unknownIncident(incident);
    const read = {
      number: row.number,
      record: this.#unwrap(row.record_key, `${incident}/record`),
      subject: row.subject_key ? this.#unwrap(row.subject_key, `${incident}/subject`) : undefined,
    };
    this.#keep(incident, read);
    return read;
  }

  #unwrap(wrapped: Buffer, context: string): Buffer {
    try {
      return unseal(this.#options.keyEncryptionKey, wrapped, context);
    } catch (cause) {
      throw new CodedError('LEDGER_KEY_WRONG', `the key-encryption key does not open ${context}`, { cause });
    }
  }
}

function unknownIncident(incident: IncidentId): CodedError {
  return new CodedError('INCIDENT_UNKNOWN', `there is no incident ${incident}`);
}

function destroyed(incident: IncidentId, keyClass: KeyClass): CodedError {
  return new CodedError('LEDGER_KEY_DESTROYED', `the ${keyClass} key of ${incident} was destroyed`);
}

function hmac(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('hex').slice(0, SUBJECT_HEX_DIGITS);
}
