import type { Severity } from '../../contracts/detectors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../contracts/json.ts';
import { instantOf, invalid, objectIn, parseJson, plainId, requireText, scrubbed, textIn } from './json-body.ts';
import type { DetectorEvent, ReadEvents } from './port.ts';

const DETECTION_FINDING = 2_004;
const EVENTS_MAX = 100;
const MS_SINCE = 100_000_000_000; // below it a time is in seconds: real senders do that, against the schema
const ACTIVITIES: Readonly<Record<number, string>> = { 1: 'create', 2: 'update', 3: 'close' };
/** 0 is unknown and 99 other: neither says how grave it is. */
const SEVERITIES: Readonly<Record<number, Severity>> = {
  1: 'low',
  2: 'low',
  3: 'medium',
  4: 'high',
  5: 'critical',
  6: 'critical',
};

function timeOf(value: Json | undefined): string | undefined {
  return typeof value === 'number' ? instantOf(value < MS_SINCE ? value * 1_000 : value) : instantOf(value);
}

function eventOf(event: Json): DetectorEvent {
  if (!isJsonObject(event)) throw invalid('an event is no object');
  const { class_uid: classUid, activity_id: activity, severity_id: severityId } = event;
  if (typeof classUid !== 'number') throw invalid('`class_uid` is missing or no number');
  if (classUid !== DETECTION_FINDING)
    return { id: '', kind: `ocsf.${classUid}`, sample: false, fields: scrubbed(event) as JsonObject };
  const activityName = typeof activity === 'number' ? (ACTIVITIES[activity] ?? 'other') : 'other';
  const severity = typeof severityId === 'number' ? SEVERITIES[severityId] : undefined;
  const finding = objectIn(event, 'finding_info');
  const time = timeOf(event.time);
  return {
    ...{ id: plainId(requireText(finding, 'uid')), kind: `detection-finding.${activityName}` },
    sample: textIn(finding, 'title')?.startsWith('[SAMPLE]') === true, // as Security Hub passes GuardDuty's samples on
    fields: scrubbed(event) as JsonObject,
    ...(time === undefined ? {} : { time }),
    ...(severity === undefined ? {} : { severity }),
  };
}

/** OCSF events, one or a list. A Detection Finding (class 2004) is `detection-finding.create`, `.update` or `.close`. */
export const readOcsf: ReadEvents = ({ body }) => {
  const value = parseJson(body);
  if (!Array.isArray(value)) return [eventOf(value)];
  if (value.length === 0 || value.length > EVENTS_MAX) throw invalid(`a list has 1 to ${EVENTS_MAX} events`);
  return (value as readonly Json[]).map(eventOf);
};
