import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { RefusalPage, RefusalView } from '../../contracts/api.ts';
import type { GatewayDeps } from '../deps.ts';
import { nextUrl, readPage } from './cursor.ts';
import { declared } from './endpoint.ts';
import { houseEndpoints } from './endpoints/house.ts';
import { escaped, sendPage } from './page.ts';
import { queryOf } from './query.ts';

const { readAudit, showAudit } = houseEndpoints;

async function refusalsFor(
  { ledger }: GatewayDeps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<RefusalPage> {
  const { who, code } = queryOf(request);
  const filter = { ...(who === undefined ? {} : { who }), ...(code === undefined ? {} : { code }) };
  const list = { name: 'refusals', of: JSON.stringify(filter) } as const;
  const { rows, next } = await readPage(request, reply, list, async ({ limit, after }) => {
    const before = after === undefined ? {} : { before: Number(after[0]) };
    const found = await ledger.door.refusals({ limit, ...before, ...filter });
    return found.map(({ id, minute: _minute, ...row }) => ({ row: row satisfies RefusalView, position: [String(id)] }));
  });
  return { refusals: rows, ...(next === undefined ? {} : { next }) };
}

function rowOf({ who, route, code, times, incident, request, lastAt }: RefusalView): string {
  const cells = [lastAt, who, code, String(times), route, incident ?? '', request];
  return `<tr>${cells.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`;
}

function pageOf({ refusals }: RefusalPage, older: string | undefined): string {
  const heads = ['Last', 'Who', 'Why', 'Times', 'Where', 'Incident', 'Request'];
  return [
    '<h1>Refused requests</h1>',
    '<p>Newest first. Those of a minute that are alike share a row. What was said in a request is not kept.</p>',
    refusals.length === 0 ? '<p>None.</p>' : '',
    `<div class="wide"><table><thead><tr>${heads.map((head) => `<th>${head}</th>`).join('')}</tr></thead>`,
    `<tbody>${refusals.map(rowOf).join('\n')}</tbody></table></div>`,
    older === undefined ? '' : `<p><a href="${escaped(older)}">Older</a></p>`,
  ].join('\n');
}

/** What was refused, for admins and for what collects it; as data and as a page. */
export function auditRoutes(app: FastifyInstance, deps: GatewayDeps): void {
  app.get(readAudit.path, declared(readAudit), (request, reply) => refusalsFor(deps, request, reply));

  app.get(showAudit.path, declared(showAudit), async (request, reply) => {
    const page = await refusalsFor(deps, request, reply);
    const older = page.next === undefined ? undefined : nextUrl(request, page.next);
    return sendPage(reply, 'Refused requests', pageOf(page, older));
  });
}
