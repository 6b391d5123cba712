import type { Story, StoryPerson } from './story.ts';
import { isKey, refusal, strings, type WorldService } from './http-server.ts';

const PAGE_MAX = 500; // entries a call

/**
 * The demo's secrets store: exports what lay in it, names its admins, shows its audit log. A simulation.
 *
 * @param key - bearer token that may read.
 */
export function createStore(story: Story, key: string): WorldService {
  const secrets = [
    ...story.tokens.map(({ name, value, owner }) => ({ name, value, issuer: 'own', owner })),
    ...story.foreign.map(({ name, value, issuer, owner }) => ({ name, value, issuer, owner })),
  ];
  return ({ method, path, query, bearer }) => {
    if (!path.startsWith('/store/')) return undefined;
    if (!isKey(bearer, key)) return refusal(401, 'unauthorized', 'a store key is needed');
    if (method === 'GET' && path === '/store/export') {
      if (query.get('store') !== story.store)
        return refusal(404, 'not_found', `there is no store of that name; try ${story.store}`);
      const start = Number(query.get('cursor') ?? 0);
      const limit = Math.min(PAGE_MAX, Number(query.get('limit') ?? PAGE_MAX));
      const next = start + limit < secrets.length ? String(start + limit) : null;
      return { status: 200, body: { secrets: secrets.slice(start, start + limit), next } };
    }
    if (method === 'GET' && path === '/store/admins') return { status: 200, body: { admins: story.admins } };
    if (method === 'GET' && path === '/store/audit') {
      return {
        status: 200,
        body: {
          entries: [{ at: '2024-05-28T08:58:12Z', actor: 'unknown', action: 'export', store: story.store }],
          next: null,
        },
      };
    }
    return undefined;
  };
}

/**
 * The demo's directory of people: addresses as of an instant, locale, contractual contact. A simulation.
 *
 * @param key - bearer token that may read.
 */
export function createDirectory(story: Story, key: string): WorldService {
  const byId = new Map(story.people.map((person) => [person.id, person]));
  const controllers = new Map(story.controllers.map((contact) => [contact.id, contact]));
  const shown = ({ id, displayName, address, locale }: StoryPerson) => ({ id, displayName, address, locale });
  return ({ method, path, body, bearer }) => {
    if (path !== '/directory/people' || method !== 'POST') return undefined;
    if (!isKey(bearer, key)) return refusal(401, 'unauthorized', 'a directory key is needed');
    const people = strings(body.ids, PAGE_MAX).map((id) => {
      const person = byId.get(id);
      if (!person) return { id, unknown: true };
      const controller = person.controller === undefined ? undefined : controllers.get(person.controller);
      return { ...shown(person), ...(controller ? { controller: shown(controller) } : {}) };
    });
    return { status: 200, body: { people } };
  };
}
