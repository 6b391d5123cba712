import type { BoundPeopleView, PeopleView, PersonEntry } from '../../contracts/door-people.ts';
import type { Session } from '../session.ts';
import { table } from '../table.ts';

/** How an answer of a person can arrive. */
function answersBy({ hasKey, reachedBy }: PersonEntry): string {
  const ways = [...(hasKey ? ['key'] : []), ...(reachedBy.includes('slack') ? ['slack'] : [])];
  return ways.join(', ') || 'nothing: neither key nor Slack';
}

/** `firebreak people`: who holds which role, who is on call, how they are asked; of an incident, who was bound to it. */
export async function people(session: Session, incident: string | undefined): Promise<void> {
  const listed = await session.api.get<PeopleView>('/people');
  if (incident === undefined) {
    session.show(listed, () =>
      table(
        ['PERSON', 'ROLES', 'ON CALL', 'ASKED BY', 'ANSWERS BY'],
        listed.people.map((person) => [
          ...[person.id, person.roles.join(', '), person.oncall.join(', '), person.reachedBy.join(', ')],
          answersBy(person),
        ]),
        session.width,
      ),
    );
    return;
  }
  const bound = await session.api.get<BoundPeopleView>(`/incidents/${incident}/people`);
  session.show(bound, () => [
    `${bound.incident}, asked for by ${bound.requester}`,
    ...table(
      ['ROLE', 'FIRST', 'DEPUTIES', 'ON CALL'],
      Object.entries(bound.roles).map(([role, [first = 'nobody', ...deputies]]) => [
        ...[role, first, deputies.join(', ')],
        listed.people
          .filter(({ id, oncall }) => oncall.length > 0 && bound.roles[role]!.includes(id))
          .map(({ id }) => id)
          .join(', '),
      ]),
      session.width,
    ),
  ]);
}
