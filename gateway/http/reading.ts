import type { FastifyInstance } from 'fastify';
import type {
  DocumentEntry,
  DutiesView,
  EffectsView,
  ExplainedPlan,
  IncidentSummary,
  IncidentView,
  PlaybookEntry,
  ReceiptEntry,
  Timeline,
} from '../../contracts/api.ts';
import { CodedError } from '../../contracts/errors.ts';
import type { JsonObject } from '../../contracts/json.ts';
import { isIncidentId } from '../../contracts/ids.ts';
import { instructionsOf } from '../../contracts/instructions.ts';
import { explainPlan } from '../../playbooks/explain.ts';
import { isHiddenFrom } from '../auth/counsel-lane.ts';
import { incidentOf, readEffects, readRow, readStatus } from '../incident-view.ts';
import { compileFor, lackingFor } from '../compile-for.ts';
import type { GatewayDeps } from '../deps.ts';
import { planInstructions } from '../step-instructions.ts';
import { numberOf, queryOf } from './query.ts';

const config = { operation: 'read' } as const;
const SUBJECT = /^[0-9a-zA-Z/#:._-]{1,200}$/;

interface IncidentPath {
  readonly Params: { readonly id: string };
}

/** Incidents: the list, the status of one, the plan it is pinned to. */
export function readingRoutes(app: FastifyInstance, deps: GatewayDeps): void {
  const { ledger } = deps;

  app.get('/v1/incidents', { config }, async (request): Promise<{ incidents: readonly IncidentSummary[] }> => {
    const query = queryOf(request, ['limit', 'before']);
    const { before } = query;
    if (before !== undefined && !isIncidentId(before))
      throw new CodedError('GATEWAY_QUERY_INVALID', '`before` is not an incident id');
    const rows = await ledger.incidents.list({
      limit: numberOf(query, 'limit', { otherwise: 50, min: 1, max: 200 }),
      ...(before === undefined ? {} : { before }),
    });
    const incidents = rows.map(({ inputs: _inputs, roles: _roles, closedAt, ...row }) => ({
      ...row,
      ...(closedAt === undefined ? {} : { closedAt }),
    }));
    return { incidents };
  });

  app.get<IncidentPath>('/v1/incidents/:id', { config }, async (request): Promise<IncidentView> => {
    queryOf(request, []);
    return readStatus(deps, incidentOf(request.params.id));
  });

  app.get<IncidentPath>('/v1/incidents/:id/plan', { config }, async (request): Promise<ExplainedPlan> => {
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

  app.get<IncidentPath>('/v1/incidents/:id/timeline', { config }, async (request): Promise<Timeline> => {
    const { incident } = await readRow(deps, incidentOf(request.params.id));
    const query = queryOf(request, ['after', 'limit']);
    const records = await ledger.journal.read(incident, {
      after: numberOf(query, 'after', { otherwise: 0, min: 0, max: Number.MAX_SAFE_INTEGER }),
      limit: numberOf(query, 'limit', { otherwise: 200, min: 1, max: 1_000 }),
    });
    const head = await ledger.journal.head(incident);
    return { records, ...(head ? { head } : {}) };
  });

  app.get<IncidentPath>('/v1/incidents/:id/effects', { config }, async (request): Promise<EffectsView> => {
    const { incident } = await readRow(deps, incidentOf(request.params.id));
    return readEffects(deps, incident);
  });

  app.get<IncidentPath>(
    '/v1/incidents/:id/receipts',
    { config },
    async (request): Promise<{ receipts: readonly ReceiptEntry[] }> => {
      const { incident } = await readRow(deps, incidentOf(request.params.id));
      const { action, subject } = queryOf(request, ['action', 'subject']);
      if (action === undefined || subject === undefined || !SUBJECT.test(action) || !SUBJECT.test(subject))
        throw new CodedError('GATEWAY_QUERY_INVALID', 'give `action` and `subject`');
      return { receipts: await ledger.effects.receipts(incident, action, subject) };
    },
  );

  app.get<IncidentPath>('/v1/incidents/:id/duties', { config }, async (request): Promise<DutiesView> => {
    const { incident } = await readRow(deps, incidentOf(request.params.id));
    const { duties } = ledger;
    const [filings, followUps, tickets, obligations] = await Promise.all([
      duties.filings(incident) as unknown as Promise<readonly JsonObject[]>,
      duties.followUps(incident) as unknown as Promise<readonly JsonObject[]>,
      duties.tickets(incident),
      duties.obligations(incident),
    ]);
    return { filings, followUps, tickets, obligations };
  });
}

/** Documents of incidents; counsel's lane is for counsel. */
export function documentRoutes(app: FastifyInstance, deps: GatewayDeps): void {
  const { ledger } = deps;

  app.get<IncidentPath>(
    '/v1/incidents/:id/documents',
    { config },
    async ({ identity, params }): Promise<{ documents: readonly DocumentEntry[] }> => {
      const { incident } = await readRow(deps, incidentOf(params.id));
      const documents = await ledger.documents.list(incident);
      return { documents: documents.filter(({ handling }) => !isHiddenFrom(identity, handling)) };
    },
  );

  app.get<{ Params: { readonly id: string; readonly document: string } }>(
    '/v1/incidents/:id/documents/:document',
    { config },
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

  app.get('/v1/playbooks', { config }, (): { playbooks: readonly PlaybookEntry[] } => ({
    playbooks: [...playbooks.values()].map(({ playbook: { metadata } }) => {
      const { name, title, version } = metadata;
      return { name, title, version, lacks: (lacking[name] ??= lackingFor(deps, name)) };
    }),
  }));

  app.get<{ Params: { readonly name: string } }>(
    '/v1/playbooks/:name/explain',
    { config },
    async ({ params: { name } }): Promise<ExplainedPlan> => {
      if (!playbooks.has(name))
        throw new CodedError('PLAYBOOK_UNKNOWN', `known are ${[...playbooks.keys()].join(', ') || 'none'}`);
      const { plan, planHash, documents } = compileFor(deps, name);
      const instructions = await instructionsOf(plan, (hash) => documents[hash]?.body ?? '');
      return { planHash, text: explainPlan(plan), plan, instructions };
    },
  );
}
