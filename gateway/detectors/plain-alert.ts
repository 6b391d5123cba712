import type { JsonObject } from '../../contracts/json.ts';
import { instantOf, invalid, objectIn, parseObject, plainId, requireText, scrubbed, severityOf } from './json-body.ts';
import type { ReadEvents } from './port.ts';

const MEMBERS = ['id', 'kind', 'time', 'severity', 'test', 'fields'];

/**
 * Our own form, for senders whose body is a template that one writes (Elastic Security, Sentinel, a script):
 * `{id, kind, time?, severity?, test?, fields?}`. `test` is anything but `false` where it is there: a doubtful flag is a test.
 */
export const readPlainAlert: ReadEvents = ({ body: raw }) => {
  const body = parseObject(raw);
  const strange = Object.keys(body).some((name) => !MEMBERS.includes(name));
  if (strange) throw invalid(`an alert has ${MEMBERS.join(', ')}; everything else goes into \`fields\``);
  const severity = severityOf(body.severity);
  const time = instantOf(body.time);
  if (body.severity !== undefined && severity === undefined) throw invalid('`severity` is no word for one');
  if (body.time !== undefined && time === undefined) throw invalid('`time` is no instant');
  return [
    {
      ...{ id: plainId(requireText(body, 'id')), kind: plainId(requireText(body, 'kind')) },
      sample: body.test !== undefined && body.test !== false && body.test !== 'false',
      fields: scrubbed(objectIn(body, 'fields')) as JsonObject,
      ...(severity === undefined ? {} : { severity }),
      ...(time === undefined ? {} : { time }),
    },
  ];
};
