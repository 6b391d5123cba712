import type { FastifyReply, FastifyRequest } from 'fastify';
import { CodedError } from '../../contracts/errors.ts';
import type { PageRequest, Placed, Position } from '../../ledger/page-port.ts';
import { limitOf, queryOf } from './query.ts';

/** An instant as positions hold it. */
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/;
/** Whether the month has that day, the day that hour. */
function isInstant(text: string): boolean {
  const ms = Date.parse(`${text.slice(0, 23)}Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().slice(0, 23) === text.slice(0, 23);
}
const NUMBER = /^\d{1,18}$/;

/** What the positions of a list are made of. */
export const positionShapes = {
  documents: [INSTANT, /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/],
  duties: [INSTANT, /^(?:filing|follow-up|ticket)$/, /^[^\0]{1,400}$/],
  receipts: [NUMBER],
  targets: [/^(?:[0-9a-f]{2}){1,32}$/],
  alerts: [NUMBER],
  refusals: [NUMBER],
} as const satisfies Readonly<Record<string, readonly RegExp[]>>;

/** A list that is read page by page. */
export type ListName = keyof typeof positionShapes;

/** Of which list: its name, and what else tells it from others of its kind (an incident, a filter). */
export interface List {
  readonly name: ListName;
  readonly of: string;
}

function cursorOf({ name, of }: List, position: Position): string {
  return Buffer.from(JSON.stringify([name, of, ...position])).toString('base64url');
}

function read(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

/** @throws GATEWAY_CURSOR_INVALID for what is no cursor, or one of another list. */
function positionOf(text: string, { name, of }: List): Position {
  const [ofName, ofWhat, ...position] = read(text);
  const shapes = positionShapes[name];
  const fits =
    position.length === shapes.length &&
    shapes.every((shape, index) => {
      const part = position[index];
      return typeof part === 'string' && shape.test(part) && (shape !== INSTANT || isInstant(part));
    });
  if (ofName !== name || ofWhat !== of || !fits)
    throw new CodedError('GATEWAY_CURSOR_INVALID', '`after` is not the `next` of a page of this list');
  return position as Position;
}

/** Where a list goes on, as a reference to the same path. */
export function nextUrl({ url }: FastifyRequest, next: string): string {
  const [path = '', query] = url.split('?', 2);
  const parameters = new URLSearchParams(query);
  parameters.delete('before'); // the older name of `after` in the list of incidents
  parameters.set('after', next);
  return `${path}?${parameters.toString()}`;
}

/** Says in a header where a list goes on. @source RFC 8288 */
export function linkNext(request: FastifyRequest, reply: FastifyReply, next: string): void {
  void reply.header('link', `<${nextUrl(request, next)}>; rel="next"`);
}

/**
 * Reads the page that a request asks for.
 *
 * @param from - reads rows; it is asked for one more than the page has, to know whether it is the last.
 * @throws GATEWAY_CURSOR_INVALID
 */
export async function readPage<Row>(
  request: FastifyRequest,
  reply: FastifyReply,
  list: List,
  from: (page: PageRequest) => Promise<readonly Placed<Row>[]>,
): Promise<{ readonly rows: readonly Row[]; readonly next?: string }> {
  const limit = limitOf(request);
  const { after } = queryOf(request);
  const placed = await from({ limit: limit + 1, ...(after === undefined ? {} : { after: positionOf(after, list) }) });
  const rows = placed.slice(0, limit).map(({ row }) => row);
  if (placed.length <= limit) return { rows };
  const next = cursorOf(list, placed[limit - 1]!.position);
  linkNext(request, reply, next);
  return { rows, next };
}
