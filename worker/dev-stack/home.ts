import { createHash, createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { publicKeyText } from '../../ledger/signatures.ts';

/** The folder of a stack: data, keys, configuration, logs. Only its owner may look inside. */
export interface StackHome {
  readonly folder: string;
  readonly postgres: string;
  readonly temporalDatabase: string;
  readonly logs: string;
  readonly bundles: string;
  /** Written by `firebreak up` once, by the demo at every start. */
  readonly config: string;
  readonly people: string;
  /** `keys:` of the configuration. */
  readonly keys: {
    readonly encryption: string;
    readonly payload: string;
    readonly signing: string;
    readonly decisions: string;
    readonly decisionsPublic: readonly string[];
  };
}

const PRIVATE = 0o600;
const KEY_BYTES = 32;
const API_KEY_BYTES = 24;

/** Writes a file unless there is one: keys are made once and then kept. */
function writeOnce(path: string, make: () => string): void {
  if (!existsSync(path)) writeFileSync(path, make(), { mode: PRIVATE, flag: 'wx' });
}

/** Makes a stack's folder and, at first use, its keys: key-encryption key, payload key, keys that sign bundles and decisions. */
export function prepareHome(folder: string): StackHome {
  const keys = join(folder, 'keys');
  const logs = join(folder, 'logs');
  for (const path of [folder, join(keys, 'api'), logs]) mkdirSync(path, { recursive: true, mode: 0o700 });
  const symmetric = (): string => `${randomBytes(KEY_BYTES).toString('base64')}\n`;
  writeOnce(join(keys, 'encryption.key'), symmetric);
  writeOnce(join(keys, 'payload.key'), symmetric);
  const pair = (): string =>
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  writeOnce(join(keys, 'signing.pem'), pair);
  writeOnce(join(keys, 'decisions.pem'), pair);
  return {
    folder,
    logs,
    postgres: join(folder, 'postgres'),
    temporalDatabase: join(folder, 'temporal.db'),
    bundles: join(folder, 'bundles'),
    config: join(folder, 'firebreak.yaml'),
    people: join(folder, 'people.yaml'),
    keys: {
      encryption: `file:${join(keys, 'encryption.key')}`,
      payload: `file:${join(keys, 'payload.key')}`,
      signing: `file:${join(keys, 'signing.pem')}`,
      decisions: `file:${join(keys, 'decisions.pem')}`,
      decisionsPublic: [publicKeyText(createPrivateKey(readFileSync(join(keys, 'decisions.pem'))))],
    },
  };
}

/** A person of a stack's file of people. */
export interface StackPerson {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly string[];
  /** Member id in Slack, where there is one. */
  readonly slack?: string | undefined;
}

/** Path of the file that holds a person's API key in plain: for the newcomer's own machine only. */
export function apiKeyFile({ folder }: StackHome, person: string): string {
  return join(folder, 'keys', 'api', `${person}.key`);
}

function apiKeyOf(home: StackHome, person: string): string {
  const file = apiKeyFile(home, person);
  writeOnce(file, () => `fbk_${randomBytes(API_KEY_BYTES).toString('hex')}\n`);
  return readFileSync(file, 'utf8').trim();
}

/**
 * Writes the file of people, each with an API key of their own.
 *
 * @returns API keys by person id.
 */
export function writePeople(home: StackHome, people: readonly StackPerson[]): ReadonlyMap<string, string> {
  const keys = new Map(people.map(({ id }) => [id, apiKeyOf(home, id)]));
  const file = {
    people: people.map(({ id, name, roles, slack }) => ({
      ...{ id, name, address: `${id}@staff.example.org`, roles: [...roles] },
      ...(slack === undefined ? {} : { slack }),
    })),
    apiKeys: [...keys].map(([person, key]) => ({
      name: person,
      person,
      sha256: createHash('sha256').update(key).digest('hex'),
    })),
  };
  writeFileSync(home.people, stringify(file), { mode: PRIVATE });
  return keys;
}
