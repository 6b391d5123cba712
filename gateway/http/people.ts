import type { FastifyInstance } from 'fastify';
import type { BoundPeopleView, PeopleView, WhoAmI } from '../../contracts/door-people.ts';
import { isAllowed, operations } from '../auth/authorize.ts';
import type { GatewayDeps } from '../deps.ts';
import { incidentOf, readRow } from '../incident-view.ts';
import { declared } from './endpoint.ts';
import { peopleEndpoints } from './endpoints/people.ts';

const { whoAmI, listPeople, boundPeople } = peopleEndpoints;

/** Who asks, who is listed, and who was bound to an incident: roles and ways, never addresses or accounts. */
export function peopleRoutes(app: FastifyInstance, deps: GatewayDeps): void {
  app.get(whoAmI.path, declared(whoAmI), (request): WhoAmI => {
    const { id, isMachine, roles, key } = request.identity;
    return {
      ...{ id, isMachine, roles, key: key.name },
      ...(key.playbooks === undefined ? {} : { playbooks: key.playbooks }),
      ...(key.modes === undefined ? {} : { modes: key.modes }),
      may: operations.filter((operation) => isAllowed(request.identity, operation)),
    };
  });

  app.get(listPeople.path, declared(listPeople), (): PeopleView => {
    const people = deps.people.map(({ id, roles, slack }) => ({
      ...{ id, roles },
      oncall: Object.keys(deps.oncall).filter((schedule) => deps.oncall[schedule]!.includes(id)),
      reachedBy: ['mail' as const, ...(slack === undefined ? [] : ['slack' as const])],
      hasKey: deps.keys.some(({ person }) => person === id),
    }));
    return { people };
  });

  app.get<{ Params: { readonly id: string } }>(
    boundPeople.path,
    declared(boundPeople),
    async (request): Promise<BoundPeopleView> => {
      const { incident, mode, requester, roles } = await readRow(deps, incidentOf(request.params.id));
      return { incident, mode, requester, roles };
    },
  );
}
