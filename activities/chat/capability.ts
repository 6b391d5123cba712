import { activityRuntime, type SingleRuntime } from '../single-effect.ts';
import { CardBoard } from './card-board.ts';
import { chatActions } from './actions.ts';
import { consoleChat } from './connectors/console.ts';
import { slackChat } from './connectors/slack.ts';
import type { CallContext } from '../../contracts/effects.ts';
import type { Capability, CapabilityEnvironment, RunningCapability } from '../port.ts';
import type { JsonObject } from '../../contracts/json.ts';

/** Configuration of `connectors.chat`. */
type ChatConfig =
  { readonly use: 'slack'; readonly token: string; readonly url?: string } | { readonly use?: 'console' };

const configSchema: JsonObject = {
  oneOf: [
    {
      type: 'object',
      additionalProperties: false,
      required: ['use', 'token'],
      properties: {
        use: { const: 'slack' },
        token: { type: 'string', pattern: '^(env|file):' },
        url: { type: 'string', format: 'uri', pattern: '^https?://.*/$' },
      },
    },
    { type: 'object', additionalProperties: false, properties: { use: { const: 'console' } } },
  ],
};

/** The chat at work; beside its actions it redraws the status card. */
export interface RunningChat extends RunningCapability {
  /** For `engine.card`: shows the newest summary. Never throws. */
  updateCard(call: CallContext, summary: JsonObject): Promise<void>;
}

/**
 * The chat at work.
 *
 * @param config - `{}` or `{use: 'console'}` where no chat is configured.
 * @param runtime - where attempts are read from; the running Temporal activity in production.
 */
export function createChat(
  config: JsonObject,
  environment: CapabilityEnvironment,
  runtime: SingleRuntime = activityRuntime(environment.ledger),
): RunningChat {
  const chosen = config as unknown as ChatConfig;
  const log = environment.log ?? ((line: string) => void process.stderr.write(`${line}\n`));
  const connector =
    chosen.use === 'slack'
      ? slackChat({
          token: environment.secrets(chosen.token),
          ...(chosen.url === undefined ? {} : { url: chosen.url }),
        })
      : consoleChat(log);
  const board = new CardBoard(environment.ledger, connector, log);
  return {
    single: chatActions({ connector, environment, runtime }),
    paged: {},
    previews: {},
    traits: (action) => (action.startsWith('chat.') ? connector : undefined),
    updateCard: (call, summary) => board.show(call, summary),
    close: () => board.close(),
  };
}

/** Capability `chat`: the incident's room; the console where none is configured. */
export const chat = {
  name: 'chat',
  configSchema,
  create: (config: JsonObject, environment: CapabilityEnvironment): RunningChat => createChat(config, environment),
} satisfies Capability;
