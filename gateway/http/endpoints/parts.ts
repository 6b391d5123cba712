import type { JsonObject } from '../../../contracts/json.ts';
import { next, object } from '../../../contracts/api-schema-parts.ts';
import type { EndpointAnswer, QueryParameter } from '../endpoint.ts';

/** An answer in JSON. */
export function json(says: string, schema: JsonObject): EndpointAnswer {
  return { says, schema };
}

/** A page of a list. @param members - the list and what else the page holds. */
export function page(says: string, members: Readonly<Record<string, JsonObject>>): EndpointAnswer {
  return json(says, object(says, members, { next }));
}

/** Parameters of a list that is read page by page. */
export function paged(otherwise: number, max: number): Readonly<Record<'limit' | 'after', QueryParameter>> {
  return {
    limit: {
      schema: { type: 'integer', minimum: 1, maximum: max, default: otherwise, description: 'Rows a page.' },
    },
    after: { schema: { type: 'string', maxLength: 400, description: 'The `next` of the page before.' } },
  };
}
