import type { ApiKey, StaffMember, Team } from './staff.ts';

/** Names that stand more than once. */
function repeated(names: readonly string[]): readonly string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

/** People with the roles of their teams added to their own. */
export function withTeamRoles(people: readonly StaffMember[], teams: readonly Team[]): readonly StaffMember[] {
  return people.map((person) => {
    const theirs = teams.filter(({ members }) => members.includes(person.id)).flatMap(({ roles }) => roles);
    return theirs.length === 0 ? person : { ...person, roles: [...new Set([...person.roles, ...theirs])] };
  });
}

/** On-call lists with the members of `team:<id>` in its place. */
export function membersOnCall(
  oncall: Readonly<Record<string, readonly string[]>>,
  teams: readonly Team[],
): Readonly<Record<string, readonly string[]>> {
  const membersOf = (name: string): readonly string[] =>
    teams.find(({ id }) => name === `team:${id}`)?.members ?? [name];
  return Object.fromEntries(
    Object.entries(oncall).map(([list, names]) => [list, [...new Set(names.flatMap(membersOf))]]),
  );
}

function teamFaults(teams: readonly Team[], ids: readonly string[]): readonly string[] {
  return [
    ...repeated(teams.map(({ id }) => id)).map((id) => `the team ${id} is listed twice`),
    ...teams.flatMap(({ id, members }) =>
      members
        .filter((member) => !ids.includes(member))
        .map((member) => `the team ${id} has the member ${member}, who is not listed`),
    ),
  ];
}

/** A deputy who holds no role of the person stands in for nothing. */
function deputyFaults({ id, roles, deputies = [] }: StaffMember, people: readonly StaffMember[]): readonly string[] {
  return deputies.flatMap((name) => {
    const deputy = people.find((one) => one.id === name);
    if (name === id) return [`${id} is their own deputy`];
    if (!deputy) return [`${id} has the deputy ${name}, who is not listed`];
    return deputy.roles.some((role) => roles.includes(role))
      ? []
      : [`${name} is a deputy of ${id} and holds none of their roles`];
  });
}

/**
 * What a schema cannot see of deputies, teams and keys.
 *
 * @param people - with the roles of their teams.
 * @returns one sentence a fault.
 */
export function peopleFaults(
  people: readonly StaffMember[],
  teams: readonly Team[],
  apiKeys: readonly ApiKey[],
): readonly string[] {
  const ids = people.map(({ id }) => id);
  const homeless = people.filter(({ slack, slackTeam }) => slackTeam !== undefined && slack === undefined);
  return [
    ...repeated(apiKeys.map(({ name }) => name)).map((name) => `the key ${name} is listed twice`),
    ...repeated(apiKeys.map(({ sha256 }) => sha256)).map(() => 'two keys have one hash: they are the same key'),
    ...homeless.map(({ id }) => `${id} has a Slack workspace and no account in it`),
    ...teamFaults(teams, ids),
    ...people.flatMap((person) => deputyFaults(person, people)),
  ];
}
