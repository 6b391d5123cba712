import type { Json, JsonObject } from '../../contracts/json.ts';
import type { Severity } from '../../contracts/detectors.ts';
import { instantOf, objectIn, parseObject, plainId, requireText, scrubbed, textIn } from './json-body.ts';
import type { DetectorEvent, ReadEvents } from './port.ts';

const FINDING = 'GuardDuty Finding';
const SAMPLE_IN_TEXT = /"sample"\s*:\s*true/;

/** GuardDuty's number: 1 to 10. @source docs.aws.amazon.com, GuardDuty finding severity levels */
function severityOf(value: Json | undefined): Severity | undefined {
  if (typeof value !== 'number') return undefined;
  if (value >= 9) return 'critical';
  if (value >= 7) return 'high';
  return value >= 4 ? 'medium' : 'low';
}

/** A sample says so in `additionalInfo`, as a flag or inside of its text, or in its title. */
function isSample(detail: JsonObject): boolean {
  const { sample, value } = objectIn(objectIn(detail, 'service'), 'additionalInfo');
  if (sample === true || sample === 'true') return true;
  if (typeof value === 'string' && SAMPLE_IN_TEXT.test(value)) return true;
  return textIn(detail, 'title')?.startsWith('[SAMPLE]') === true;
}

function findingOf(body: JsonObject, detail: JsonObject): DetectorEvent {
  const severity = severityOf(detail.severity);
  const time = instantOf(detail.updatedAt) ?? instantOf(body.time);
  return {
    ...{ id: plainId(requireText(detail, 'id')), kind: plainId(requireText(detail, 'type')), sample: isSample(detail) },
    fields: scrubbed(body) as JsonObject,
    ...(severity === undefined ? {} : { severity }),
    ...(time === undefined ? {} : { time }),
  };
}

/**
 * Events of Amazon EventBridge, by an API destination or by SNS. Of a GuardDuty finding the kind is the finding's type and the
 * id the finding's, which it keeps while it repeats; of anything else the kind is `source/detail-type`.
 */
export const readEventbridge: ReadEvents = ({ body: raw }) => {
  const body = parseObject(raw);
  const [source, type] = [requireText(body, 'source'), requireText(body, 'detail-type')];
  if (source === 'aws.guardduty' && type === FINDING) return [findingOf(body, objectIn(body, 'detail'))];
  const time = instantOf(body.time);
  return [
    {
      ...{ id: plainId(requireText(body, 'id')), kind: plainId(`${source}/${type}`), sample: false },
      fields: scrubbed(body) as JsonObject,
      ...(time === undefined ? {} : { time }),
    },
  ];
};
