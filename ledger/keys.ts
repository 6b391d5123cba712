import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { CodedError } from '../contracts/errors.ts';
import type { IncidentId } from '../contracts/ids.ts';
import type { KeyClass } from '../contracts/dataset.ts';
import type { Database } from './database.ts';
import { KEY_BYTES, seal, unseal } from './sealing.ts';

const CHECK_TEXT = Buffer.from('firebreak key check');
const SUBJECT_HEX_DIGITS = 32; // 128 bits: no two people or credentials of an installation meet

/** Wrapped keys of a new incident, by column. */
export interface WrappedKeys {
  readonly subject: Buffer;
  readonly secrets: Buffer;
  readonly people: Buffer;
}

/** Opened keys of an incident. */
interface IncidentKeys {
  readonly number: number;
  readonly subject: Buffer;
  readonly classes: Partial<Record<KeyClass, Buffer>>;
}

/** What unlocking needs to know. */
export interface KeyringOptions {
  readonly keyEncryptionKey: Uint8Array;
  readonly opens: readonly KeyClass[];
}

/**
 * The keys of an installation and its incidents: random, wrapped by the key-encryption key, opened when first needed.
 *
 * A process opens only the classes it was given: the mail worker cannot open credentials, the privileged one no address.
 */
export class Keyring {
  readonly #database: Database;
  readonly #options: KeyringOptions;
  readonly #incidents = new Map<IncidentId, IncidentKeys>();
  #fingerprintKey: Buffer | undefined;

  constructor(database: Database, options: KeyringOptions) {
    this.#database = database;
    this.#options = options;
  }

  /**
   * Makes or opens the installation's own keys.
   *
   * @throws LEDGER_KEY_WRONG when the key-encryption key is another one than the ledger was made with.
   */
  async open(): Promise<void> {
    const { keyEncryptionKey } = this.#options;
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
    const wrapped = (name: string): Buffer =>
      seal(this.#options.keyEncryptionKey, randomBytes(KEY_BYTES), `${incident}/${name}`);
    return { subject: wrapped('subject'), secrets: wrapped('secrets'), people: wrapped('people') };
  }

  /** Running number of an incident in this database: what its rows are stored under. @throws INCIDENT_UNKNOWN */
  async number(incident: IncidentId): Promise<number> {
    return (await this.#keys(incident)).number;
  }

  /** HMAC of a person id under the incident's key. */
  async personSubject(incident: IncidentId, person: string): Promise<string> {
    return hmac((await this.#keys(incident)).subject, person);
  }

  /** Key that seals the incident's documents. */
  async documentKey(incident: IncidentId): Promise<Buffer> {
    const { subject } = await this.#keys(incident);
    return Buffer.from(hkdfSync('sha256', subject, Buffer.alloc(0), 'documents', KEY_BYTES));
  }

  /** Key of a class. @throws LEDGER_KEY_WITHHELD for a class this process may not open; LEDGER_KEY_DESTROYED. */
  async classKey(incident: IncidentId, keyClass: KeyClass): Promise<Buffer> {
    if (!this.#options.opens.includes(keyClass)) {
      throw new CodedError('LEDGER_KEY_WITHHELD', `this process may not open the ${keyClass} of ${incident}`);
    }
    const key = (await this.#keys(incident)).classes[keyClass];
    if (!key) throw new CodedError('LEDGER_KEY_DESTROYED', `the ${keyClass} key of ${incident} was destroyed`);
    return key;
  }

  /** Key that seals new rows of a class, also for a process that may not open them again. */
  async sealingKey(incident: IncidentId, keyClass: KeyClass): Promise<Buffer> {
    const key = (await this.#keys(incident)).classes[keyClass];
    if (!key) throw new CodedError('LEDGER_KEY_DESTROYED', `the ${keyClass} key of ${incident} was destroyed`);
    return key;
  }

  /** Forgets opened keys of an incident, e.g. after they were destroyed. */
  forget(incident: IncidentId): void {
    this.#incidents.delete(incident);
  }

  async #keys(incident: IncidentId): Promise<IncidentKeys> {
    const known = this.#incidents.get(incident);
    if (known) return known;
    const [row] = await this.#database.query<{
      number: number;
      subject_key: Buffer;
      secrets_key: Buffer | null;
      people_key: Buffer | null;
    }>('select number, subject_key, secrets_key, people_key from incidents where id = $1', [incident]);
    if (!row) throw new CodedError('INCIDENT_UNKNOWN', `there is no incident ${incident}`);
    const opened: IncidentKeys = {
      number: row.number,
      subject: this.#unwrap(row.subject_key, `${incident}/subject`),
      classes: {
        ...(row.secrets_key ? { secrets: this.#unwrap(row.secrets_key, `${incident}/secrets`) } : {}),
        ...(row.people_key ? { people: this.#unwrap(row.people_key, `${incident}/people`) } : {}),
      },
    };
    this.#incidents.set(incident, opened);
    return opened;
  }

  #unwrap(wrapped: Buffer, context: string): Buffer {
    try {
      return unseal(this.#options.keyEncryptionKey, wrapped, context);
    } catch (cause) {
      throw new CodedError('LEDGER_KEY_WRONG', `the key-encryption key does not open ${context}`, { cause });
    }
  }
}

function hmac(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('hex').slice(0, SUBJECT_HEX_DIGITS);
}
