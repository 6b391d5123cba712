import type { GivenCredential } from '../../contracts/api.ts';
import type { AlertOutcome, AlertResult, Severity } from '../../contracts/detectors.ts';
import type { Mode } from '../../contracts/effects.ts';
import { CodedError, errorEntry, isCodedError } from '../../contracts/errors.ts';
import { isIncidentId, type IncidentId } from '../../contracts/ids.ts';
import { isJsonObject, type JsonObject } from '../../contracts/json.ts';
import type { Leak } from '../../ledger/alert-port.ts';
import { authorize } from '../auth/authorize.ts';
import type { GatewayDeps } from '../deps.ts';
import { readRow } from '../incident-view.ts';
import { leakKey } from '../leaks.ts';
import { launchIncident, startIncident } from '../start-incident.ts';
import { identityOf, isGraver, type Detector } from './detectors.ts';
import { leakedCredentials } from './leaked-credentials.ts';
import type { DetectorEvent, Get } from './port.ts';
import { filled, ruleFor, scopeOf, severityBy, subjectOf, type Rule } from './rules.ts';
import type { Teller } from './teller.ts';

/** What handling alerts needs. */
export interface AlertDeps {
  readonly deps: GatewayDeps;
  readonly get: Get;
  readonly teller: Teller;
  /** Leaks whose incident is being opened by this process: of a storm one alert opens, the others wait for it. */
  readonly opening: Map<string, Promise<unknown>>;
}

/** An alert with everything that its rule made of it. */
interface Mapped {
  readonly detector: Detector;
  readonly rule: Rule;
  readonly playbook: string;
  readonly mode: Mode;
  readonly severity: Severity;
  readonly scope: JsonObject;
  /** Of the leaked credential, under the installation's key; empty where there is none. */
  readonly fingerprint: string;
  readonly credentials: readonly GivenCredential[];
  readonly leakKey: string;
  readonly isBeyond: boolean;
}

type Became = { readonly outcome: AlertOutcome; readonly incident?: IncidentId };

/** An alert that its format or its detector marks as a sample; a mark that cannot be read counts as one. */
function isSample({ sample }: Detector, event: DetectorEvent, scope: JsonObject): boolean {
  if (event.sample || !sample) return event.sample;
  try {
    return sample(scope) !== false;
  } catch {
    return true;
  }
}

/** What a detector may start. @throws DETECTOR_BEYOND_KEY */
function refuseBeyond({ config, modes, ceiling }: Detector, playbook: string, mode: Mode, severity: Severity): boolean {
  if (!config.playbooks.includes(playbook))
    throw new CodedError('DETECTOR_BEYOND_KEY', `${config.name} may not start ${playbook}`);
  if (!modes.includes(mode))
    throw new CodedError('DETECTOR_BEYOND_KEY', `${config.name} may start nothing in mode ${mode}`);
  const isBeyond = mode === 'live' && isGraver(severity, ceiling);
  if (isBeyond && config.beyond === 'refuse')
    throw new CodedError('DETECTOR_BEYOND_KEY', `${config.name} may start nothing that is ${severity}`);
  return isBeyond;
}

async function mapped(detector: Detector, rule: Rule, event: DetectorEvent, { deps, get }: AlertDeps): Promise<Mapped> {
  const { config } = rule;
  const { playbook = '' } = config;
  const sample = isSample(detector, event, scopeOf(event, ''));
  const mode = sample ? 'drill' : (config.mode ?? 'live');
  const severity = severityBy(rule, scopeOf(event, ''));
  const isBeyond = refuseBeyond(detector, playbook, mode, severity); // before anything is fetched
  const credentials = config.credentials === true ? await leakedCredentials(event, detector.config, get) : [];
  const [leaked] = credentials;
  const fingerprint = leaked ? deps.ledger.incidents.fingerprint(leaked.value) : '';
  const scope = scopeOf({ ...event, sample, severity }, fingerprint);
  const subject = subjectOf(rule, scope, detector.config.name);
  const key = leakKey(deps.ledger, mode, subject);
  return { detector, rule, playbook, mode, severity, scope, fingerprint, credentials, leakKey: key, isBeyond };
}

/** Joins the incident of a leak: it is told of one more alert, unless it waits or is over. */
async function join({ deps, teller }: AlertDeps, alert: Mapped, leak: Leak, incident: IncidentId): Promise<Became> {
  const row = await readRow(deps, incident);
  if (row.closedAt !== undefined) return { outcome: 'after-close', incident };
  if (leak.held) return { outcome: 'held', incident };
  const identity = identityOf(alert.detector.config.name, alert.detector);
  teller.note(leak.key, incident, identity, filled(alert.rule, 'facts', alert.scope));
  return { outcome: 'joined', incident };
}

/** The incident that another alert of the leak opened under the same key. */
function openedBy(error: unknown): IncidentId {
  const details = isCodedError(error, 'INCIDENT_KEY_REUSED') ? error.details : undefined;
  const incident = isJsonObject(details) ? details.incident : undefined;
  if (typeof incident !== 'string' || !isIncidentId(incident)) throw error;
  return incident;
}

/**
 * Opens the incident of a leak. The key is the leak's and the request is made in the name of the detector that spoke first, so
 * that however many alerts arrive at once, at however many gateways, one incident comes of it.
 */
async function open(alertDeps: AlertDeps, alert: Mapped, leak: Leak): Promise<Became> {
  const { deps } = alertDeps;
  const { detector, rule, playbook, mode, scope, credentials } = alert;
  const { name } = detector.config;
  if ((await deps.ledger.alerts.openedWithinHour(name)) >= detector.startsPerHour)
    throw new CodedError('DETECTOR_BUDGET_SPENT', `${name} started ${detector.startsPerHour} incidents within an hour`);
  const identity = identityOf(leak.detector, detector);
  authorize(identity, 'start');
  const inputs = filled(rule, 'inputs', scope);
  const request = { playbook, inputs, mode, roles: {}, credentials, key: `leak:${leak.key}` };
  let opened: { readonly incident: IncidentId; readonly isNew: boolean };
  try {
    const { incident, joined } = await startIncident(deps, identity, request, leak.held);
    opened = { incident, isNew: !joined };
  } catch (error) {
    const incident = openedBy(error); // by another alert, a moment ago or before a crash: its start is finished here
    const row = await readRow(deps, incident);
    if (!leak.held && row.closedAt === undefined) await launchIncident(deps, row, credentials);
    opened = { incident, isNew: false };
  }
  const incident = await deps.ledger.alerts.bind(leak.key, opened.incident);
  if (!opened.isNew) return join(alertDeps, alert, leak, incident);
  if (leak.held) return { outcome: 'held', incident };
  const facts = filled(rule, 'facts', scope);
  if (Object.keys(facts).length > 0) alertDeps.teller.note(leak.key, incident, identity, facts);
  else await deps.ledger.alerts.told(leak.key, 1);
  return { outcome: 'started', incident };
}

/** Opens the incident of a leak or joins it; within a process one alert of a leak opens at a time. */
async function openOrJoin(alertDeps: AlertDeps, alert: Mapped): Promise<Became> {
  const { deps, opening } = alertDeps;
  const { name } = alert.detector.config;
  for (;;) {
    const leak = await deps.ledger.alerts.leak(alert.leakKey, name, alert.isBeyond);
    if (leak.incident !== undefined) return join(alertDeps, alert, leak, leak.incident);
    const first = opening.get(leak.key);
    if (!first) {
      const opened = open(alertDeps, alert, leak).finally(() => opening.delete(leak.key));
      opening.set(leak.key, opened);
      return opened;
    }
    await first.catch(() => undefined); // where it failed, the next one tries
  }
}

/**
 * Handles one alert: finds its rule, what it may start, what it is about; starts, joins, holds or refuses; keeps a record.
 *
 * @returns what became of it. A refusal is a result too, so that one bad alert of a delivery does not take the others along.
 * @throws codes of kind `retryable`: the delivery is to come again.
 */
export async function handleAlert(
  alertDeps: AlertDeps,
  detector: Detector,
  event: DetectorEvent,
): Promise<AlertResult> {
  const { alerts } = alertDeps.deps.ledger;
  const { kind } = event;
  const scope = scopeOf(event, '');
  const sample = isSample(detector, event, scope);
  const base = { detector: detector.config.name, kind };
  const rule = ruleFor(detector.rules, { ...scope, sample });
  if (!rule || rule.config.ignore) {
    const result = { event: event.id, outcome: rule ? ('ignored' as const) : ('unmapped' as const) };
    const { severity } = event;
    await alerts.record({ ...base, ...result, ...(severity === undefined ? {} : { severity }) });
    return result;
  }
  let id = event.id;
  try {
    const alert = await mapped(detector, rule, event, alertDeps);
    id = event.id === '' ? `credential:${alert.fingerprint}` : event.id;
    await alerts.leak(alert.leakKey, detector.config.name, alert.isBeyond);
    await alerts.count(alert.leakKey);
    const became = await openOrJoin(alertDeps, alert);
    const result = { event: id, mode: alert.mode, ...became };
    await alerts.record({ ...base, ...result, severity: alert.severity });
    if (became.outcome === 'held' || became.outcome === 'after-close') alertDeps.deps.log({ ...base, ...result });
    return result;
  } catch (error) {
    if (!isCodedError(error) || ['retryable', 'terminal'].includes(errorEntry(error.code).kind)) throw error;
    const result = { event: id, outcome: 'refused' as const, code: error.code };
    await alerts.record({ ...base, ...result });
    return result;
  }
}
