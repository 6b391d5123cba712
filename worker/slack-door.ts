import type { SecretReader } from '../activities/port.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { GatewayDeps } from '../gateway/deps.ts';
import { openSlackDoor, type SlackDoor } from '../gateway/slack/door.ts';
import type { Reception } from '../gateway/slack/options.ts';

/** `slack` of `firebreak.yaml`: one of `socket` and `http`. */
export interface SlackConfig {
  /** Id of the workspace whose members are let in, `T...`. */
  readonly team: string;
  /** Bot token, by reference. */
  readonly token: string;
  /** Address of the Web API with its final slash; Slack's own where absent. */
  readonly url?: string;
  readonly socket?: { readonly appToken: string };
  readonly http?: { readonly host?: string; readonly port: number; readonly signingSecret: string };
  /** Whether this gateway may post cards and tell people; of several that may, one at a time does. Default true. */
  readonly cards?: boolean;
}

const LOOPBACK = '127.0.0.1';
const reference: JsonObject = { type: 'string', pattern: '^(env|file):.+' };

function closed(properties: JsonObject, required: readonly string[]): JsonObject {
  return { type: 'object', additionalProperties: false, properties, required: [...required] };
}

/** JSON Schema of {@link SlackConfig}. */
export const slackSchema: JsonObject = {
  ...closed(
    {
      team: { type: 'string', pattern: '^T[A-Z0-9]{1,20}$' },
      token: reference,
      url: { type: 'string', pattern: '^https?://.*/$' },
      socket: closed({ appToken: reference }, ['appToken']),
      http: closed(
        {
          host: { type: 'string', minLength: 1 },
          port: { type: 'integer', minimum: 0, maximum: 65_535 },
          signingSecret: reference,
        },
        ['port', 'signingSecret'],
      ),
      cards: { type: 'boolean' },
    },
    ['team', 'token'],
  ),
  oneOf: [{ required: ['socket'] }, { required: ['http'] }],
};

/** References that a gateway with a Slack door has to be able to read. */
export function secretsOf({ token, socket, http }: SlackConfig): readonly string[] {
  return [token, ...(socket ? [socket.appToken] : []), ...(http ? [http.signingSecret] : [])];
}

function receptionOf({ socket, http }: SlackConfig, secrets: SecretReader): Reception {
  if (socket) return { mode: 'socket', appToken: secrets(socket.appToken) };
  const { host = LOOPBACK, port, signingSecret } = http!;
  return { mode: 'http', host, port, signingSecret: secrets(signingSecret) };
}

/** Opens the Slack door where one is configured. @throws PORT_IN_USE, CONFIG_SECRET_MISSING */
export async function openSlack(
  config: SlackConfig | undefined,
  secrets: SecretReader,
  deps: GatewayDeps,
): Promise<SlackDoor | undefined> {
  if (!config) return undefined;
  const { team, token, url, cards = true } = config;
  return openSlackDoor(deps, {
    ...{ team, token: secrets(token), reception: receptionOf(config, secrets) },
    ...(url === undefined ? {} : { apiUrl: url }),
    ...(cards ? {} : { cardsEveryMs: 0 }),
  });
}
