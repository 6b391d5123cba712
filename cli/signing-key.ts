import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { CodedError } from '../contracts/errors.ts';
import { personalText, type PersonalStatement } from '../contracts/decision-proof.ts';
import type { Terminal } from './terminal.ts';

const OWNER_ONLY_FILE = 0o600;
const OWNER_ONLY_FOLDER = 0o700;
const OTHERS = 0o077;

type Place = Pick<Terminal, 'environment' | 'folder'>;

/**
 * File of a person's own key: the one that is named, else FIREBREAK_SIGNING_KEY, else `firebreak/signing.pem` in
 * XDG_CONFIG_HOME or in `.config` of the home folder.
 *
 * @throws CLI_SIGNING_KEY where nothing says where it is.
 */
export function signingKeyPath({ environment, folder }: Place, named?: string): string {
  const { FIREBREAK_SIGNING_KEY: set, XDG_CONFIG_HOME: config, HOME: home } = environment;
  const given = named ?? (set === '' ? undefined : set);
  if (given !== undefined) return resolve(folder, given);
  const configured = config ? config : home ? join(home, '.config') : undefined;
  if (configured === undefined)
    throw new CodedError('CLI_SIGNING_KEY', 'neither FIREBREAK_SIGNING_KEY nor HOME says where your key is');
  return join(configured, 'firebreak', 'signing.pem');
}

function readKey(path: string): KeyObject {
  let key: KeyObject;
  try {
    if ((statSync(path).mode & OTHERS) !== 0)
      throw new CodedError('CLI_SIGNING_KEY', `others may read ${path}: run \`chmod 600 ${path}\``);
    key = createPrivateKey(readFileSync(path, 'utf8'));
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    throw new CodedError('CLI_SIGNING_KEY', `${path} is no private key that can be read`, { cause });
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new CodedError('CLI_SIGNING_KEY', `${path} is no Ed25519 key`);
  return key;
}

/** @source RFC 8037 (the JWK form of Ed25519 keys) */
function publicPart(key: KeyObject): string {
  return `ed25519:${createPublicKey(key).export({ format: 'jwk' }).x ?? ''}`;
}

/**
 * Makes a key for its owner only; a file that is there is never written over.
 *
 * @returns its public part, as the file of people takes it.
 * @throws CLI_SIGNING_KEY
 */
export function makeSigningKey(path: string): string {
  const { privateKey } = generateKeyPairSync('ed25519');
  try {
    mkdirSync(dirname(path), { recursive: true, mode: OWNER_ONLY_FOLDER });
    writeFileSync(path, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: OWNER_ONLY_FILE, flag: 'wx' });
  } catch (cause) {
    const isThere = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
    throw new CodedError('CLI_SIGNING_KEY', isThere ? `${path} is there already` : `${path} cannot be written`, {
      cause,
    });
  }
  return publicPart(privateKey);
}

/** Public part of a key file. @throws CLI_SIGNING_KEY */
export function publicSigningKey(path: string): string {
  return publicPart(readKey(path));
}

/** Signs a decision with a key file. @returns the signature, base64url. @throws CLI_SIGNING_KEY */
export function signWith(path: string, statement: PersonalStatement): string {
  return sign(null, Buffer.from(personalText(statement)), readKey(path)).toString('base64url');
}
