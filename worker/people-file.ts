import { readFileSync } from 'node:fs';
import { CodedError } from '../contracts/errors.ts';
import { PUBLIC_KEY } from '../contracts/decision-proof.ts';
import { severities } from '../contracts/detectors.ts';
import type { JsonObject } from '../contracts/json.ts';
import { peopleFaults, withTeamRoles } from './people-teams.ts';
import { checkYaml } from './yaml-faults.ts';
import type { ApiKey, StaffMember, Team } from './staff.ts';

/** The file of people and keys. */
export interface PeopleFile {
  readonly people: readonly StaffMember[];
  readonly teams: readonly Team[];
  readonly apiKeys: readonly ApiKey[];
}

const names: JsonObject = { type: 'array', items: { type: 'string', pattern: '^[a-z][a-z0-9-]{0,63}$' } };
const id: JsonObject = { type: 'string', pattern: '^[a-z][a-z0-9.-]{0,63}$' };
const ids: JsonObject = { type: 'array', items: id, uniqueItems: true };

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
          outOfBand: { type: 'string', pattern: '^[^@\\s]+@[^@\\s]+$' },
          roles: names,
          deputies: ids,
          slackTeam: { type: 'string', pattern: '^T[A-Z0-9]{1,20}$' },
          slack: { type: 'string', pattern: '^[UW][A-Z0-9]{1,20}$' },
          key: { type: 'string', pattern: PUBLIC_KEY.source },
        },
      },
    },
    teams: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['id', 'members', 'roles'],
        properties: { id, members: { ...ids, minItems: 1 }, roles: { ...names, minItems: 1 } },
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
          severity: { enum: [...severities] },
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
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CodedError('CONFIG_PEOPLE_INVALID', `${path} cannot be read`, { cause });
  }
  const { value, faults } = checkYaml(text, path, schema);
  if (faults.length > 0) throw new CodedError('CONFIG_PEOPLE_INVALID', faults.join('; '));
  const { people: listed, teams = [], apiKeys = [] } = value as Partial<PeopleFile> & Pick<PeopleFile, 'people'>;
  const people = withTeamRoles(listed, teams);
  const strange = [...contradictions(people, apiKeys), ...peopleFaults(people, teams, apiKeys)];
  if (strange.length > 0) throw new CodedError('CONFIG_PEOPLE_INVALID', `${path}: ${strange.join('; ')}`);
  return { people, teams, apiKeys };
}

function repeated(texts: readonly string[]): readonly string[] {
  return [...new Set(texts.filter((text, index) => texts.indexOf(text) !== index))];
}

/** What a schema cannot see: persons or Slack accounts listed twice, keys of persons who are not listed. */
function contradictions(people: readonly StaffMember[], apiKeys: readonly ApiKey[]): readonly string[] {
  const ids = people.map((person) => person.id);
  const twice = ids.filter((person, index) => ids.indexOf(person) !== index);
  const accounts = people.flatMap(({ slack }) => slack ?? []);
  const shared = repeated(accounts);
  const strangers = apiKeys.filter(({ person }) => person !== undefined && !ids.includes(person));
  return [
    ...twice.map((person) => `${person} is listed twice`),
    ...shared.map((account) => `the Slack account ${account} stands at two persons`),
    ...repeated(people.flatMap(({ key }) => key ?? [])).map((key) => `the key ${key} stands at two persons`),
    ...strangers.map(({ name, person = '' }) => `key ${name} speaks for ${person}, who is not listed`),
  ];
}
