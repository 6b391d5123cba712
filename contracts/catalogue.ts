import type { ActionDeclaration } from './action.ts';
import { credentialActions } from './catalogue/credentials.ts';
import { incidentActions } from './catalogue/incident.ts';
import { peopleActions } from './catalogue/people.ts';

/** Every action of the first catalogue by name: read by compiler, interpreter and worker. `docs/actions.md` is generated from it. */
export const actionCatalogue: ReadonlyMap<string, ActionDeclaration> = new Map(
  [...credentialActions, ...peopleActions, ...incidentActions].map((action) => [action.name, action]),
);
