import type { FastifyInstance } from 'fastify';
import { actionCatalogue } from '../../contracts/catalogue.ts';
import { CodedError } from '../../contracts/errors.ts';
import { compilePlaybook } from '../../playbooks/compile.ts';
import { explainPlan } from '../../playbooks/explain.ts';
import { incidentOf, readEffects, readStatus } from '../incident-view.ts';
import type { GatewayDeps } from '../deps.ts';
import { admit, queryNumber } from './context.ts';

const LIST_MAX = 200;
const TIMELINE_MAX = 1_000;

interface IncidentPath {
  readonly Params: { readonly id: string };
}

/** What can be looked at: incidents, their timeline, documents, receipts; playbooks and their plans. */
export function readingRoutes(app: FastifyInstance, deps: GatewayDeps): void {
  const { ledger, library } = deps;

  app.get('/v1/incidents', async (request) => {
    admit(request, deps, 'read');
    const { before } = request.query as { before?: string };
    const incidents = await ledger.incidents.list({
      limit: queryNumber(request, 'limit', 50, LIST_MAX),
      ...(before === undefined ? {} : { before }),
    });
    return { incidents };
  });

  app.get<IncidentPath>('/v1/incidents/:id', async (request) => {
    admit(request, deps, 'read');
    return readStatus(deps, incidentOf(request.params.id));
  });

  app.get<IncidentPath>('/v1/incidents/:id/timeline', async (request) => {
    admit(request, deps, 'read');
    const incident = incidentOf(request.params.id);
    const records = await ledger.journal.read(incident, {
      after: queryNumber(request, 'after', 0, Number.MAX_SAFE_INTEGER),
      limit: queryNumber(request, 'limit', 200, TIMELINE_MAX),
    });
    return { records, head: await ledger.journal.head(incident) };
  });

  app.get<IncidentPath>('/v1/incidents/:id/effects', async (request) => {
    admit(request, deps, 'read');
    return { effects: await readEffects(deps, incidentOf(request.params.id)) };
  });

  app.get<IncidentPath>('/v1/incidents/:id/receipts', async (request) => {
    admit(request, deps, 'read');
    const { action, subject } = request.query as { action?: string; subject?: string };
    if (action === undefined || subject === undefined)
      throw new CodedError('GATEWAY_BODY_INVALID', 'give `action` and `subject` in the query');
    return { receipts: await ledger.effects.receipts(incidentOf(request.params.id), action, subject) };
  });

  app.get<IncidentPath>('/v1/incidents/:id/duties', async (request) => {
    admit(request, deps, 'read');
    const incident = incidentOf(request.params.id);
    const [filings, followUps, tickets, obligations] = await Promise.all([
      ledger.duties.filings(incident),
      ledger.duties.followUps(incident),
      ledger.duties.tickets(incident),
      ledger.duties.obligations(incident),
    ]);
    return { filings, followUps, tickets, obligations };
  });

  app.get<IncidentPath>('/v1/incidents/:id/documents', async (request) => {
    admit(request, deps, 'read');
    return { documents: await ledger.documents.list(incidentOf(request.params.id)) };
  });

  app.get<{ Params: { id: string; document: string } }>(
    '/v1/incidents/:id/documents/:document',
    async (request, reply) => {
      const identity = admit(request, deps, 'read');
      const found = await ledger.documents.get(incidentOf(request.params.id), request.params.document);
      const isHidden = found?.meta.handling.privilege === 'counsel' && !identity.roles.includes('counsel');
      if (!found || isHidden) throw new CodedError('DOCUMENT_UNKNOWN', 'the incident has no such document');
      return reply.type(found.meta.mediaType).header('content-disposition', 'attachment').send(Buffer.from(found.body));
    },
  );

  app.get('/v1/playbooks', (request) => {
    admit(request, deps, 'read');
    return { playbooks: [...library.playbooks.values()].map(({ playbook: { metadata } }) => metadata) };
  });

  app.get<{ Params: { name: string } }>('/v1/playbooks/:name/explain', (request) => {
    admit(request, deps, 'read');
    const compiled = compilePlaybook(request.params.name, library, {
      catalogue: actionCatalogue,
      connectors: (action) => deps.traits(action),
      today: deps.today(),
    });
    return { planHash: compiled.planHash, text: explainPlan(compiled.plan), plan: compiled.plan };
  });
}
