import type { Capability } from '../activities/port.ts';
import { PUBLIC_KEY } from '../contracts/decision-proof.ts';
import type { JsonObject } from '../contracts/json.ts';
import { slackSchema } from './slack-door.ts';
import { watchdogSchema } from './watchdog/watchdog-config.ts';

const reference: JsonObject = { type: 'string', pattern: '^(env|file):.+' };
const publicKey: JsonObject = { type: 'string', pattern: PUBLIC_KEY.source };
const port: JsonObject = { type: 'integer', minimum: 0, maximum: 65_535 };
const host: JsonObject = { type: 'string', minLength: 1 };
const path: JsonObject = { type: 'string', minLength: 1 };

function closed(properties: JsonObject, required: readonly string[]): JsonObject {
  return { type: 'object', additionalProperties: false, properties, required: [...required] };
}

const address: JsonObject = { type: 'string', pattern: '^[^\\s@<>]+@[^\\s@<>]+$' };
const mailbox = closed(
  {
    ...{ host, port: { type: 'integer', minimum: 1, maximum: 65_535 }, secure: { type: 'boolean' } },
    ...{ user: reference, pass: reference, from: address, to: address },
  },
  ['host', 'port', 'from', 'to'],
);
const anchors: JsonObject = { ...closed({ file: path, mail: mailbox }, []), minProperties: 1 };

/** JSON Schema 2020-12 of `firebreak.yaml`: its own part and, under `connectors`, what each capability asks for. */
export function configSchema(capabilities: readonly Capability[]): JsonObject {
  const connectors = Object.fromEntries(capabilities.map(({ name, configSchema: schema }) => [name, schema]));
  return closed(
    {
      database: closed({ url: reference, poolSize: { type: 'integer', minimum: 2, maximum: 200 } }, ['url']),
      temporal: closed({ address: { type: 'string', pattern: '^[^\\s/]+:\\d+$' }, namespace: host }, ['address']),
      keys: closed(
        {
          ...{ encryption: reference, payload: reference, signing: reference, decisions: reference },
          decisionsPublic: { type: 'array', minItems: 1, items: publicKey },
        },
        ['encryption', 'payload', 'signing', 'decisions', 'decisionsPublic'],
      ),
      http: closed(
        { host, port, uiOrigins: { type: 'array', items: { type: 'string', pattern: '^https?://[^/]+$' } } },
        ['port'],
      ),
      people: path,
      detectors: path,
      oncall: { type: 'object', additionalProperties: { type: 'array', items: { type: 'string' } } },
      playbooks: { type: 'array', minItems: 1, items: path },
      anchors: { anyOf: [path, anchors] },
      heartbeatTimeoutMs: { type: 'integer', minimum: 1_000, maximum: 120_000 },
      metrics: closed({ host, port }, ['port']),
      slack: slackSchema,
      watchdog: watchdogSchema,
      connectors: closed(connectors, []),
    },
    ['database', 'temporal', 'keys', 'http', 'people', 'playbooks', 'connectors'],
  );
}
