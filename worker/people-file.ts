import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { CodedError } from '../contracts/errors.ts';
import type { JsonObject } from '../contracts/json.ts';

/** A member of staff. */
export interface StaffMember {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly roles: readonly string[];
  readonly slack?: string;
}

/** An API key: the key itself is shown once, when it is made; the file holds its hash. */
export interface ApiKey {
  readonly name: string;
  /** SHA-256 of the key, hex. */
  readonly sha256: string;
  /** Person that the key speaks for; absent for machines. */
  readonly person?: string;
  /** Roles of a machine key. */
  readonly roles?: readonly string[];
  /** Playbooks that a machine key may start; absent: all. */
  readonly playbooks?: readonly string[];
  readonly modes?: readonly string[];
}

/** The file of people and keys. */
export interface PeopleFile {
  readonly people: readonly StaffMember[];
  readonly apiKeys: readonly ApiKey[];
}

const names: JsonObject = { type: 'array', items: { type: 'string', pattern: '^[a-z][a-z0-9-]{0,63}$' } };
const id: JsonObject = { type: 'string', pattern: '^[a-z][a-z0-9.-]{0,63}$' };

const schema: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['people'],
  properties: {
    people: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['id', 'name', 'address', 'roles'],
        properties: {
          id,
          name: { type: 'string' },
          address: { type: 'string', pattern: '^[^@\\s]+@[^@\\s]+$' },
          roles: names,
          slack: { type: 'string' },
        },
      },
    },
    apiKeys: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['name', 'sha256'],
        properties: {
          name: id,
          sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
          person: id,
          roles: names,
          playbooks: names,
          modes: names,
        },
      },
    },
  },
};

/**
 * Reads the file of people.
 *
 * @throws CONFIG_PEOPLE_INVALID naming every fault.
 */
export function readPeople(path: string): PeopleFile {
  let value: unknown;
  try {
    value = parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new CodedError('CONFIG_PEOPLE_INVALID', `${path} cannot be read as YAML`, { cause });
  }
  const ajv = new Ajv2020({ allErrors: true });
  if (!ajv.validate(schema, value)) {
    const faults = (ajv.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`);
    throw new CodedError('CONFIG_PEOPLE_INVALID', `${path}: ${faults.join('; ')}`);
  }
  const { people, apiKeys = [] } = value as { people: readonly StaffMember[]; apiKeys?: readonly ApiKey[] };
  const known = new Set(people.map((person) => person.id));
  const stranger = apiKeys.find(({ person }) => person !== undefined && !known.has(person));
  if (stranger)
    throw new CodedError(
      'CONFIG_PEOPLE_INVALID',
      `${path}: key ${stranger.name} speaks for ${stranger.person ?? ''}, who is not listed`,
    );
  return { people, apiKeys };
}
