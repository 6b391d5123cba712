import { CodedError } from '../../contracts/errors.ts';
import { durationMs } from '../../contracts/duration.ts';
import { effectsOf, factsOf, incidentOf, journalOf } from '../incident-record.ts';
import { isFactKey } from '../../obligations/known-facts.ts';
import { openDuties } from './open-duties.ts';
import { renderReport } from './incident-report.ts';
import { withRotationsApart } from './rotations.ts';
import { visitId } from '../../contracts/ids.ts';
import type { ActionCall, ActionResult } from '../../contracts/effects.ts';
import type { CapabilityEnvironment, SingleAction } from '../port.ts';
import type { FollowUpRow, Ledger } from '../../ledger/ports.ts';
import type { IncidentId } from '../../contracts/ids.ts';
import type { Json } from '../../contracts/json.ts';
import type { JournalKind } from '../../contracts/journal.ts';

const FOLLOW_UP_WITHIN = 'P30D'; // where a playbook names no date: a month keeps work in sight; policy, not law

/** Kinds of records that tell what happened; single effects and pages are summed up in the counts. */
const STORY: readonly JournalKind[] = [
  'incident.opened',
  'incident.state',
  'input',
  'fact',
  'step.started',
  'step.ended',
  'gate.opened',
  'gate.voided',
  'decision',
  'ask.opened',
  'ask.answered',
  'escalation',
  'amendment',
  'stop',
  'resume',
  'dataset',
  'document',
  'evidence',
  'filing',
  'clock',
  'follow-up',
];

/** The actions on the incident itself by name. */
export function taskActions(environment: CapabilityEnvironment): Readonly<Record<string, SingleAction>> {
  return {
    'incident.report': (call) => report(call, environment),
    'incident.followUp': (call) => followUp(call, environment),
    'incident.close': (call) => close(call, environment),
    'facts.set': (call) => setFact(call),
  };
}

/**
 * Writes the report from ledger and facts.
 *
 * @idempotency a repeat writes a new version of the same document where the ledger has moved on.
 * @effect none outside.
 * @throws INCIDENT_UNKNOWN
 */
async function report(call: ActionCall, environment: CapabilityEnvironment): Promise<ActionResult> {
  const { ledger } = environment;
  const { incident } = call;
  const [row, facts, effects, records, head, documents, tickets, duties] = await Promise.all([
    incidentOf(ledger, incident),
    factsOf(ledger, incident, call.facts),
    effectsOf(ledger, incident).then((counts) => withRotationsApart(ledger, incident, counts)),
    journalOf(ledger, incident, STORY),
    ledger.journal.head(incident),
    ledger.documents.list(incident),
    ledger.duties.tickets(incident),
    dutiesOf(ledger, incident),
  ]);
  const preparedAt = environment.now();
  const text = renderReport({ row, preparedAt, facts, effects, records, head, documents, tickets, ...duties });
  const meta = await ledger.documents.put(incident, {
    name: `report-${visitId(call.step, call.visit)}.md`,
    mediaType: 'text/markdown',
    body: new TextEncoder().encode(text),
    by: 'engine',
    handling: { tlp: 'AMBER', privilege: 'none', audience: 'response' },
  });
  await ledger.journal.append(incident, [
    {
      key: `document:${meta.id}`,
      kind: 'document',
      actor: 'engine',
      body: { document: meta.id, name: meta.name, digest: meta.digest, bytes: meta.bytes },
    },
  ]);
  return { outputs: { document: meta.id, digest: meta.digest } };
}

/**
 * Records work that goes on after the incident, with owner and date.
 *
 * @param call - `with: {of, playbook? | text?, due?}`; the owner is the first person of the role.
 * @idempotency the follow-up is the step's; the first date stays.
 * @effect none outside.
 * @throws DURATION_INVALID
 */
async function followUp(call: ActionCall, environment: CapabilityEnvironment): Promise<ActionResult> {
  const { playbook, text, of, due } = call.with as { playbook?: string; text?: string; of: string; due?: string };
  const { duties, journal } = environment.ledger;
  const id = `follow-up-${call.step.replaceAll('/', '.')}`;
  const known = (await duties.followUps(call.incident)).find((row) => row.id === id);
  const lengthMs = durationMs(due ?? FOLLOW_UP_WITHIN);
  const row: FollowUpRow = known ?? {
    id,
    step: call.step,
    what: playbook === undefined ? (text ?? call.step) : `playbook ${playbook}`,
    owner: call.roles[of]?.[0],
    dueAt: new Date(Date.parse(environment.now()) + lengthMs).toISOString(),
  };
  await duties.putFollowUp(call.incident, row);
  await journal.append(call.incident, [
    {
      key: id,
      kind: 'follow-up',
      actor: 'engine',
      body: { followUp: id, what: row.what, of, owner: row.owner ?? null, dueAt: row.dueAt ?? null },
    },
  ]);
  const missing = row.owner === undefined ? [`follow-up ${id} has no owner: nobody is bound to ${of}`] : [];
  return {
    outputs: { followUp: id, dueAt: row.dueAt ?? '' },
    ...(missing.length > 0 ? { openItems: missing } : {}),
  };
}

/**
 * Closes the incident and destroys the key of its raw credentials.
 *
 * @idempotency a closed incident answers when it was closed.
 * @effect none outside; whatever was sealed under the class `secrets` is gone for good.
 * @throws INCIDENT_DUTY_OPEN listing each duty that is open, INCIDENT_UNKNOWN
 */
async function close({ incident, step }: ActionCall, environment: CapabilityEnvironment): Promise<ActionResult> {
  const { ledger } = environment;
  const row = await incidentOf(ledger, incident);
  const open = row.state === 'closed' ? [] : openDuties(await dutiesOf(ledger, incident));
  if (open.length > 0) {
    throw new CodedError('INCIDENT_DUTY_OPEN', `${incident}: ${open.join('; ')}`, { details: [...open] });
  }
  const at = row.closedAt ?? environment.now();
  await ledger.journal.append(incident, [
    { key: 'incident.closed', kind: 'incident.closed', actor: 'engine', body: { step, at, destroys: 'secrets' } },
  ]);
  await ledger.incidents.destroyKeys(incident, 'secrets');
  await ledger.incidents.setState(incident, 'closed');
  return { outputs: { at: (await incidentOf(ledger, incident)).closedAt ?? at } };
}

/**
 * Sets a fact from what the plan knows; the workflow adds source and time.
 *
 * @idempotency it only returns the fact.
 * @throws FACT_UNKNOWN
 */
async function setFact({ step, with: given }: ActionCall): Promise<ActionResult> {
  const { key, value } = given as { key: string; value: Json };
  if (!isFactKey(key)) throw new CodedError('FACT_UNKNOWN', `${step}: "${key.slice(0, 64)}" is no fact`);
  return Promise.resolve({ outputs: {}, facts: { [key]: value } });
}

async function dutiesOf(ledger: Ledger, incident: IncidentId) {
  const [obligations, filings, followUps] = await Promise.all([
    ledger.duties.obligations(incident),
    ledger.duties.filings(incident),
    ledger.duties.followUps(incident),
  ]);
  return { obligations, filings, followUps };
}
