/** Ids that cross a process or replay boundary: branded, each with its builder and parser. */

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** `INC-2026-0042`: neutral, safe in workflow ids, mail headers and file names. */
export type IncidentId = Branded<'IncidentId'>;
/** `contain`, or inside an inlined playbook `round/contain`; in its second round `round/2/contain`. */
export type StepId = Branded<'StepId'>;
/** SHA-256 in lower-case hex. */
export type Digest = Branded<'Digest'>;

const INCIDENT_ID = /^(INC|DRL)-\d{4}-\d{4,8}$/;
const STEP_ID = /^[a-z0-9-]{1,40}(\/[a-z0-9-]{1,40}){0,7}$/; // one segment a playbook depth or round; facts/engine item 22

/** Whether a text is a well-formed incident id. */
export function isIncidentId(text: string): text is IncidentId {
  return INCIDENT_ID.test(text);
}

/** Whether a text is a well-formed step id. */
export function isStepId(text: string): text is StepId {
  return STEP_ID.test(text);
}

/**
 * Builds an incident id.
 *
 * @param kind - `INC` for a live incident, `DRL` for a drill.
 * @param year - calendar year, UTC.
 * @param number - running number of that year, from 1.
 */
export function incidentId(kind: 'INC' | 'DRL', year: number, number: number): IncidentId {
  return `${kind}-${year}-${String(number).padStart(4, '0')}` as IncidentId;
}

/** The workflow id of an incident: `incident/<id>`. */
export function incidentWorkflowId(incident: IncidentId): string {
  return `incident/${incident}`;
}

/** The workflow id of a child of an incident, by step and visit: `incident/<id>/<step>#<visit>`. */
export function childWorkflowId(incident: IncidentId, step: string, visit: number): string {
  return `incident/${incident}/${step}#${visit}`;
}

/** The activity id and permit id of one visit of a step: `<step>#<visit>`. */
export function visitId(step: string, visit: number): string {
  return `${step}#${visit}`;
}

/** The permit row of one step visit: `<incident>/<step>#<visit>`. */
export function permitId(incident: IncidentId, step: string, visit: number): string {
  return `${incident}/${visitId(step, visit)}`;
}

/** The lease row of one page of a rollout: `<incident>/<step>#<visit>:<page>`. */
export function leaseId(incident: IncidentId, step: string, visit: number, page: number): string {
  return `${permitId(incident, step, visit)}:${page}`;
}

/** The token bucket of an action in an incident, which all workers share: how fast it may act. */
export function limitBucket(incident: IncidentId, action: string): string {
  return `limit:${incident}:${action}`;
}
