import type { JsonObject } from '../../contracts/json.ts';
import { instantOf, parseObject, plainId, requireText, scrubbed, severityOf, textIn } from './json-body.ts';
import type { ReadEvents } from './port.ts';

/** Rule that Falcosidekick's `/test` sends. @source github.com/falcosecurity/falcosidekick */
const TEST_RULE = 'Test rule';

/** Events of Falco, by Falcosidekick's webhook output. The kind is the rule. */
export const readFalco: ReadEvents = ({ body: raw }) => {
  const body = parseObject(raw);
  const rule = requireText(body, 'rule');
  const severity = severityOf(requireText(body, 'priority'));
  const time = instantOf(body.time);
  const { tags } = body;
  return [
    {
      ...{ id: plainId(textIn(body, 'uuid') ?? ''), kind: plainId(rule), fields: scrubbed(body) as JsonObject },
      sample: rule === TEST_RULE || (Array.isArray(tags) && (tags as readonly unknown[]).includes('test')),
      ...(severity === undefined ? {} : { severity }),
      ...(time === undefined ? {} : { time }),
    },
  ];
};
