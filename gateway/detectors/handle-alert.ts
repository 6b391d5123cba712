import { START_UPLOAD, type GivenCredential } from '../../contracts/api.ts';
import type { AlertOutcome, AlertResult, Severity } from '../../contracts/detectors.ts';
import type { Mode } from '../../contracts/effects.ts';
import { CodedError, errorEntry, isCodedError, type ErrorCode } from '../../contracts/errors.ts';
import { isIncidentId, type IncidentId } from '../../contracts/ids.ts';
import { isJsonObject, type JsonObject } from '../../contracts/json.ts';
import type { AlertRecord, Leak } from '../../ledger/alert-port.ts';
import { authorize } from '../auth/authorize.ts';
import type { GatewayDeps } from '../deps.ts';
import { readRow } from '../incident-view.ts';
import { leakKey } from '../leaks.ts';
import { launchIncident, startIncident } from '../start-incident.ts';
import { identityOf, isGraver, type Detector } from './detectors.ts';
import { offerCredentials } from './found-credentials.ts';
import { leakedCredentials } from './leaked-credentials.ts';
import type { DetectorEvent, Get } from './port.ts';
import { filled, ruleFor, scopeOf, severityBy, subjectOf, type Rule } from './rules.ts';
import type { Teller } from './teller.ts';

/** What handling alerts needs. */
export interface AlertDeps {
  readonly deps: GatewayDeps;
  readonly get: Get;
  readonly teller: Teller;
  /** Leaks whose incident this process opens, or has just opened: of a storm one alert opens, the others wait for it. */
  readonly opening: Map<string, Promise<Became>>;
}

/** What became of an alert: for the answer, and for the record that is kept. */
export interface Handled {
  readonly result: AlertResult;
  readonly record: AlertRecord;
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

const OPENED_MS = 5_000; // longer than a statement that heard of a leak before its incident was bound is under way
const SAID: readonly AlertOutcome[] = ['held', 'after-close', 'dismissed']; // what a person should look at

type Became = { readonly outcome: AlertOutcome; readonly incident?: IncidentId; readonly code?: ErrorCode };

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

/** Tells a run of one more alert, with what it brings. */
async function tell({ deps, teller }: AlertDeps, alert: Mapped, incident: IncidentId): Promise<Became> {
  const { detector, rule, scope, leakKey: leak } = alert;
  const { count, isFull } = await offerCredentials(deps, incident, alert);
  const identity = identityOf(detector.config.name, detector);
  teller.note(leak, incident, identity, filled(rule, 'facts', scope), count);
  return { outcome: 'joined', incident, ...(isFull ? { code: 'DETECTOR_OFFERS_FULL' } : {}) };
}

/** Finishes the start of an incident that a detector opened and nobody has seen run: it may have broken off. */
async function finishStart(deps: GatewayDeps, { credentials }: Mapped, incident: IncidentId): Promise<void> {
  const row = await readRow(deps, incident);
  if (!row.requester.startsWith('detector:') || row.closedAt !== undefined || row.held) return;
  await launchIncident(deps, row, row.inputs['upload'] === START_UPLOAD ? credentials : []);
}

/** Joins the incident of a leak: it is told of one more alert, unless it waits or is over. */
async function join(alertDeps: AlertDeps, alert: Mapped, leak: Leak, incident: IncidentId): Promise<Became> {
  if (leak.ended !== undefined) return { outcome: leak.ended === 'dismissed' ? 'dismissed' : 'after-close', incident };
  if (leak.held) return { outcome: 'held', incident };
  if (leak.told === 0) await finishStart(alertDeps.deps, alert, incident);
  return tell(alertDeps, alert, incident);
}

/** The incident that a refused start names in its details. */
function namedIn(error: unknown, code: ErrorCode): IncidentId | undefined {
  const details = isCodedError(error, code) ? error.details : undefined;
  const { incident } = isJsonObject(details) ? details : {};
  return typeof incident === 'string' && isIncidentId(incident) ? incident : undefined;
}

/** What is opened once for a leak: in each of its rounds. */
function startKey({ key, round }: Leak): string {
  return round === 0 ? `leak:${key}` : `leak:${key}#${round}`;
}

/**
 * Opens the incident of a leak. The key is the leak's and the request is made in the name of the detector that spoke first, so
 * that however many alerts arrive at once, at however many gateways, one incident comes of it.
 */
async function open(alertDeps: AlertDeps, alert: Mapped, leak: Leak): Promise<Became> {
  const { deps, teller } = alertDeps;
  const { detector, rule, playbook, mode, scope, credentials } = alert;
  const { name } = detector.config;
  if ((await deps.ledger.alerts.openedWithinHour(name)) >= detector.startsPerHour)
    throw new CodedError('DETECTOR_BUDGET_SPENT', `${name} started ${detector.startsPerHour} incidents within an hour`);
  const identity = identityOf(leak.detector, detector);
  authorize(identity, 'start');
  const inputs = filled(rule, 'inputs', scope);
  const request = { playbook, inputs, mode, roles: {}, credentials, key: startKey(leak) };
  let opened: { readonly incident: IncidentId; readonly joined: boolean };
  try {
    opened = await startIncident(deps, identity, request, leak.held);
  } catch (error) {
    const other = namedIn(error, 'INCIDENT_OPEN_ALREADY'); // a person's, or another detector's, about the same credential
    const own = namedIn(error, 'INCIDENT_KEY_REUSED'); // another alert's, a moment ago or before a crash: it is finished here
    if (!other && !own) throw error;
    if (own) await finishStart(deps, alert, own);
    opened = { incident: (other ?? own)!, joined: true };
  }
  const facts = filled(rule, 'facts', scope);
  const isToldNow = !opened.joined && !leak.held && Object.keys(facts).length === 0;
  const { incident, held } = await deps.ledger.alerts.bind(leak.key, opened.incident, isToldNow ? 1 : 0);
  if (held) return { outcome: 'held', incident };
  if (opened.joined) return tell(alertDeps, alert, incident);
  if (!isToldNow) teller.note(leak.key, incident, identity, facts);
  return { outcome: 'started', incident };
}

/** Opens the incident of a leak or joins it; within a process one alert of a leak opens at a time. */
async function openOrJoin(alertDeps: AlertDeps, alert: Mapped, leak: Leak): Promise<Became> {
  const { opening } = alertDeps;
  if (leak.incident !== undefined) return join(alertDeps, alert, leak, leak.incident);
  const key = startKey(leak);
  for (;;) {
    const first = opening.get(key);
    if (!first) {
      const opened = open(alertDeps, alert, leak);
      opening.set(key, opened);
      const forget = (): boolean => opening.delete(key);
      opened.then(() => setTimeout(forget, OPENED_MS).unref(), forget); // who was heard before it was bound finds it here
      return opened;
    }
    const became = await first.catch(() => undefined); // where it failed, the next one tries
    const { incident, outcome } = became ?? {};
    if (incident !== undefined)
      return outcome === 'started' || outcome === 'joined' ? tell(alertDeps, alert, incident) : became!;
  }
}

/**
 * Handles one alert: finds its rule, what it may start, what it is about; starts, joins, holds or refuses.
 *
 * @returns what became of it. A refusal is a result too, so that one bad alert of a delivery does not take the others along.
 * @throws codes of kind `retryable`: the delivery is to come again.
 */
export async function handleAlert(alertDeps: AlertDeps, detector: Detector, event: DetectorEvent): Promise<Handled> {
  const { alerts } = alertDeps.deps.ledger;
  const { kind } = event;
  const scope = scopeOf(event, '');
  const sample = isSample(detector, event, scope);
  const base = { detector: detector.config.name, kind };
  const rule = ruleFor(detector.rules, { ...scope, sample });
  if (!rule || rule.config.ignore) {
    const result = { event: event.id, outcome: rule ? ('ignored' as const) : ('unmapped' as const) };
    const { severity } = event;
    return { result, record: { ...base, ...result, ...(severity === undefined ? {} : { severity }) } };
  }
  let id = event.id;
  try {
    const alert = await mapped(detector, rule, event, alertDeps);
    id = event.id === '' ? `credential:${alert.fingerprint}` : event.id;
    const leak = await alerts.hear(alert.leakKey, detector.config.name, alert.isBeyond);
    const became = await openOrJoin(alertDeps, alert, leak);
    const result = { event: id, mode: alert.mode, ...became };
    if (SAID.includes(became.outcome)) alertDeps.deps.log({ ...base, ...result });
    return { result, record: { ...base, ...result, severity: alert.severity } };
  } catch (error) {
    if (!isCodedError(error) || ['retryable', 'terminal'].includes(errorEntry(error.code).kind)) throw error;
    const result = { event: id, outcome: 'refused' as const, code: error.code };
    return { result, record: { ...base, ...result } };
  }
}
