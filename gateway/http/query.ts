import type { FastifyRequest } from 'fastify';
import { CodedError } from '../../contracts/errors.ts';
import { shown } from '../shown.ts';

/** Parameters of a query, each once. */
export type Query = Readonly<Record<string, string | undefined>>;

/**
 * The query of a request.
 *
 * @param names - the declared parameters; any other, and any given twice, is refused.
 * @throws GATEWAY_QUERY_INVALID
 */
export function queryOf(request: FastifyRequest, names: readonly string[]): Query {
  const query = request.query as Readonly<Record<string, unknown>>;
  for (const [name, value] of Object.entries(query)) {
    if (!names.includes(name))
      throw new CodedError(
        'GATEWAY_QUERY_INVALID',
        `there is no parameter ${shown(name, 'of that name')}; known: ${names.join(', ') || 'none'}`,
      );
    if (typeof value !== 'string') throw new CodedError('GATEWAY_QUERY_INVALID', `\`${name}\` is given twice`);
  }
  return query as Query;
}

/** A whole number of a query. @throws GATEWAY_QUERY_INVALID where it is none, or out of bounds. */
export function numberOf(
  query: Query,
  name: string,
  { otherwise, min, max }: { readonly otherwise: number; readonly min: number; readonly max: number },
): number {
  const given = query[name];
  if (given === undefined) return otherwise;
  const value = /^\d{1,15}$/.test(given) ? Number(given) : -1;
  if (value < min || value > max)
    throw new CodedError('GATEWAY_QUERY_INVALID', `\`${name}\` is not a whole number from ${min} to ${max}`);
  return value;
}
