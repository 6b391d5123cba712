import { isJsonObject, type Json, type JsonObject } from '../../contracts/json.ts';
import { instantOf, invalid, parseJson, plainId, requireText, scrubbed, severityOf } from './json-body.ts';
import type { Authentic, DetectorEvent, ReadEvents } from './port.ts';

const NAME = /^[a-z0-9]{1,40}$/;
const EVENTS_MAX = 100;
const PREFIX = 'ce-';

function eventOf(event: Json): DetectorEvent {
  if (!isJsonObject(event)) throw invalid('an event is no object');
  if (event.specversion !== '1.0') throw invalid('`specversion` is not 1.0');
  if (!Object.keys(event).every((name) => name === 'data_base64' || NAME.test(name)))
    throw invalid('an attribute has a name of other characters than a to z and 0 to 9');
  const [id, source, type] = ['id', 'source', 'type'].map((name) => requireText(event, name)) as [
    string,
    string,
    string,
  ];
  const { data_base64: _bytes, ...readable } = event;
  const time = instantOf(event.time);
  const severity = severityOf(event.severity);
  return {
    ...{ id: plainId(`${source}#${id}`), kind: plainId(type), fields: scrubbed(readable) as JsonObject },
    sample: [event.sample, event.test].some((flag) => flag === true || flag === 'true'),
    ...(time === undefined ? {} : { time }),
    ...(severity === undefined ? {} : { severity }),
  };
}

/** An event in headers, its data in the body. Values of headers are percent-encoded where they are not ASCII. */
function inHeaders({ headers, body }: Authentic): JsonObject {
  const attributes = Object.entries(headers)
    .filter(([name, value]) => name.startsWith(PREFIX) && value !== undefined)
    .map(([name, value]) => {
      try {
        return [name.slice(PREFIX.length), decodeURIComponent(value!)] as const;
      } catch {
        throw invalid('an attribute is not well-formed');
      }
    });
  const event = Object.fromEntries(attributes) as JsonObject;
  return body.length === 0 ? event : { ...event, data: parseJson(body) };
}

/**
 * CloudEvents 1.0 over HTTP: structured, batched, and binary where the proof covers headers (a bearer does, a signature over
 * the body does not). Source and id together are the id. The extension `sample` or `test` marks a test, `severity` a severity.
 *
 * @source github.com/cloudevents/spec, HTTP protocol binding 1.0.2
 */
export const readCloudEvents: ReadEvents = (authentic) => {
  if (authentic.headers['ce-specversion'] !== undefined) return [eventOf(inHeaders(authentic))];
  const value = parseJson(authentic.body);
  if (!Array.isArray(value)) return [eventOf(value)];
  if (value.length === 0 || value.length > EVENTS_MAX) throw invalid(`a batch has 1 to ${EVENTS_MAX} events`);
  return (value as readonly Json[]).map(eventOf);
};
