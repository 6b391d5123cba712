import type { FastifyInstance } from 'fastify';
import type {
  DocumentPage,
  DutiesView,
  EffectsView,
  ExplainedPlan,
  IncidentPage,
  IncidentSummary,
  IncidentView,
  PlaybookEntry,
  ReceiptPage,
  Timeline,
} from '../../contracts/api.ts';
import { CodedError } from '../../contracts/errors.ts';
import { isIncidentId } from '../../contracts/ids.ts';
import { instructionsOf } from '../../contracts/instructions.ts';
import { explainPlan } from '../../playbooks/explain.ts';
import type { IncidentRow } from '../../ledger/ports.ts';
import { isHiddenFrom } from '../auth/counsel-lane.ts';
import { incidentOf, readEffects, readRow, readStatus } from '../incident-view.ts';
import { compileFor, lackingFor } from '../compile-for.ts';
import type { GatewayDeps } from '../deps.ts';
import { planInstructions } from '../step-instructions.ts';
import { linkNext, readPage } from './cursor.ts';
import { declared } from './endpoint.ts';
import { houseEndpoints } from './endpoints/house.ts';
import { incidentEndpoints } from './endpoints/incidents.ts';
import { recordEndpoints } from './endpoints/records.ts';
import { limitOf, queryOf } from './query.ts';

const { listIncidents, readIncident, readPlan } = incidentEndpoints;
const { readTimeline, readEffects: countEffects, readReceipts, readDuties } = recordEndpoints;
const { listDocuments, readDocument } = recordEndpoints;
const { listPlaybooks, explainPlaybook } = houseEndpoints;

interface IncidentPath {
  readonly Params: { readonly id: string };
}

/** What the list says of an incident. */
function summaryOf({ incident, mode, state, playbook, planHash, requester, openedAt, closedAt }: IncidentRow) {
  const summary: IncidentSummary = { incident, mode, state, playbook, planHash, requester, openedAt };
  return closedAt === undefined ? summary : { ...summary, closedAt };
}

/** Incidents: the list, the status of one, the plan it is pinned to. */
export function readingRoutes(app: FastifyInstance, deps: GatewayDeps): void {
  const { ledger } = deps;

  app.get(listIncidents.path, declared(listIncidents), async (request, reply): Promise<IncidentPage> => {
    const query = queryOf(request);
    const after = query['after'] ?? query['before'];
    if (after !== undefined && !isIncidentId(after))
      throw new CodedError('GATEWAY_CURSOR_INVALID', '`after` is not the id of an incident');
    const limit = limitOf(request);
    const found = await ledger.incidents.list({ limit: limit + 1, ...(after === undefined ? {} : { before: after }) });
    const incidents = found.slice(0, limit).map(summaryOf);
    const next = found.length > limit ? incidents.at(-1)!.incident : undefined;
    if (next === undefined) return { incidents };
    linkNext(request, reply, next);
    return { incidents, next };
  });

  app.get<IncidentPath>(readIncident.path, declared(readIncident), (request): Promise<IncidentView> =>
    readStatus(deps, incidentOf(request.params.id)),
  );

  app.get<IncidentPath>(readPlan.path, declared(readPlan), async (request): Promise<ExplainedPlan> => {
    const { planHash } = await readRow(deps, incidentOf(request.params.id));
    const stored = await ledger.documents.getPlan(planHash);
    if (!stored) throw new CodedError('DOCUMENT_UNKNOWN', `the plan ${planHash} is not stored any more`);
    const instructions = await planInstructions(deps, planHash);
    return { planHash, text: explainPlan(stored.plan), plan: stored.plan, instructions };
  });
}

/** What the ledger holds of an incident: journal, counts, receipts, duties. */
export function ledgerRoutes(app: FastifyInstance, deps: GatewayDeps): void {
  const { ledger } = deps;

  app.get<IncidentPath>(readTimeline.path, declared(readTimeline), async (request, reply): Promise<Timeline> => {
    const { incident } = await readRow(deps, incidentOf(request.params.id));
    const after = Number(queryOf(request)['after'] ?? 0);
    const limit = limitOf(request);
    const records = await ledger.journal.read(incident, { after, limit });
    const head = await ledger.journal.head(incident);
    const last = records.at(-1)?.seq ?? after;
    const next = records.length === limit && head && head.seq > last ? String(last) : undefined;
    if (next !== undefined) linkNext(request, reply, next);
    return { records, ...(head ? { head } : {}), ...(next === undefined ? {} : { next }) };
  });

  app.get<IncidentPath>(countEffects.path, declared(countEffects), async (request): Promise<EffectsView> => {
    const { incident } = await readRow(deps, incidentOf(request.params.id));
    return readEffects(deps, incident);
  });

  app.get<IncidentPath>(readReceipts.path, declared(readReceipts), async (request, reply): Promise<ReceiptPage> => {
    const { incident } = await readRow(deps, incidentOf(request.params.id));
    const { action = '', subject = '' } = queryOf(request);
    const list = { name: 'receipts', of: `${incident} ${action} ${subject}` } as const;
    const { rows, ...next } = await readPage(request, reply, list, (page) =>
      ledger.pages.receipts(incident, { action, subject }, page),
    );
    return { receipts: rows, ...next };
  });

  app.get<IncidentPath>(readDuties.path, declared(readDuties), async (request, reply): Promise<DutiesView> => {
    const { incident } = await readRow(deps, incidentOf(request.params.id));
    const list = { name: 'duties', of: incident } as const;
    const { rows, ...next } = await readPage(request, reply, list, (page) => ledger.pages.duties(incident, page));
    const isFirst = queryOf(request)['after'] === undefined;
    const of = (kind: (typeof rows)[number]['kind']) => rows.filter((row) => row.kind === kind).map(({ body }) => body);
    return {
      ...{ filings: of('filing'), followUps: of('follow-up'), tickets: of('ticket') },
      obligations: isFirst ? await ledger.duties.obligations(incident) : [],
      ...next,
    };
  });
}

/** Documents of incidents; counsel's lane is for counsel. */
export function documentRoutes(app: FastifyInstance, deps: GatewayDeps): void {
  const { ledger } = deps;

  app.get<IncidentPath>(listDocuments.path, declared(listDocuments), async (request, reply): Promise<DocumentPage> => {
    const { incident } = await readRow(deps, incidentOf(request.params.id));
    const lane = isHiddenFrom(request.identity, { privilege: 'counsel' }) ? 'open' : 'all';
    const list = { name: 'documents', of: incident } as const;
    const { rows, ...next } = await readPage(request, reply, list, (page) =>
      ledger.pages.documents(incident, { ...page, lane }),
    );
    return { documents: rows, ...next };
  });

  app.get<{ Params: { readonly id: string; readonly document: string } }>(
    readDocument.path,
    declared(readDocument),
    async ({ identity, params }, reply) => {
      const { incident } = await readRow(deps, incidentOf(params.id));
      const found = await ledger.documents.get(incident, params.document);
      if (!found || isHiddenFrom(identity, found.meta.handling))
        throw new CodedError('DOCUMENT_UNKNOWN', `${incident} has no such document`);
      return reply
        .type(found.meta.mediaType)
        .header('content-disposition', 'attachment')
        .header('x-content-sha256', found.meta.digest)
        .send(Buffer.from(found.body));
    },
  );
}

/** The library: what could be started. */
export function playbookRoutes(app: FastifyInstance, deps: GatewayDeps): void {
  const { playbooks } = deps.library;
  const lacking: Record<string, readonly string[]> = {}; // library and configuration stay as long as the process

  app.get(listPlaybooks.path, declared(listPlaybooks), (): { playbooks: readonly PlaybookEntry[] } => ({
    playbooks: [...playbooks.values()].map(({ playbook: { metadata } }) => {
      const { name, title, version } = metadata;
      return { name, title, version, lacks: (lacking[name] ??= lackingFor(deps, name)) };
    }),
  }));

  app.get<{ Params: { readonly name: string } }>(
    explainPlaybook.path,
    declared(explainPlaybook),
    async ({ params: { name } }): Promise<ExplainedPlan> => {
      if (!playbooks.has(name))
        throw new CodedError('PLAYBOOK_UNKNOWN', `known are ${[...playbooks.keys()].join(', ') || 'none'}`);
      const { plan, planHash, documents } = compileFor(deps, name);
      const instructions = await instructionsOf(plan, (hash) => documents[hash]?.body ?? '');
      return { planHash, text: explainPlan(plan), plan, instructions };
    },
  );
}
