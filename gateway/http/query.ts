import type { FastifyRequest } from 'fastify';
import { CodedError } from '../../contracts/errors.ts';
import type { JsonObject } from '../../contracts/json.ts';
import { shown } from '../shown.ts';
import type { Endpoint } from './endpoint.ts';

const WHOLE = /^\d{1,15}$/;

/** Parameters of a query, each once. */
export type Query = Readonly<Record<string, string | undefined>>;

function invalid(what: string): CodedError {
  return new CodedError('GATEWAY_QUERY_INVALID', what);
}

/** Refuses a value that is not what its parameter is declared to be. */
function refuseValue(name: string, value: string, schema: JsonObject): void {
  const { type, minimum = 0, maximum = Number.MAX_SAFE_INTEGER, pattern, enum: among, maxLength } = schema;
  if (type === 'integer') {
    const number = WHOLE.test(value) ? Number(value) : -1;
    if (number < Number(minimum) || number > Number(maximum))
      throw invalid(`\`${name}\` is not a whole number from ${Number(minimum)} to ${Number(maximum)}`);
  }
  if (Array.isArray(among) && !among.includes(value)) throw invalid(`\`${name}\` is none of ${among.join(', ')}`);
  if (typeof pattern === 'string' && !new RegExp(pattern).test(value))
    throw invalid(`\`${name}\` does not have the shape ${pattern}`);
  if (typeof maxLength === 'number' && value.length > maxLength) throw invalid(`\`${name}\` is too long`);
}

/**
 * Refuses a query that is not the declared one: other names, a name given twice, values of another kind.
 *
 * @throws GATEWAY_QUERY_INVALID
 */
export function refuseStrangeQuery({ query }: FastifyRequest, { query: known = {} }: Endpoint): void {
  const given = query as Readonly<Record<string, unknown>>;
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(known, name))
      throw invalid(
        `there is no parameter ${shown(name, 'of that name')}; known: ${Object.keys(known).join(', ') || 'none'}`,
      );
    if (typeof value !== 'string') throw invalid(`\`${name}\` is given twice`);
    refuseValue(name, value, known[name]!.schema);
  }
  for (const [name, { required }] of Object.entries(known))
    if (required && given[name] === undefined) throw invalid(`\`${name}\` is missing`);
}

/** The query of a request; the guard has checked it against the declaration. */
export function queryOf({ query }: FastifyRequest): Query {
  return query as Query;
}

/** Rows that a request asks a page to have; as declared where it says nothing. */
export function limitOf(request: FastifyRequest): number {
  const declared = request.routeOptions.config.endpoint?.query?.['limit']?.schema['default'];
  return Number(queryOf(request)['limit'] ?? declared);
}
