import bolt from '@slack/bolt';
import { CodedError } from '../../contracts/errors.ts';

/** Methods of the Web API that the door calls, with the bot scopes that each needs; the manifests ask for no other. */
export const slackMethods = {
  'views.open': [],
  'views.update': [],
  'views.publish': [],
  'users.info': ['users:read'],
  'chat.postMessage': ['chat:write'],
  'chat.update': ['chat:write'],
  'conversations.open': ['im:write'],
  'conversations.history': ['groups:history', 'channels:history', 'im:history'],
} as const;

/** Events that the door listens to, with the bot scopes that each needs. */
export const slackEvents = {
  app_home_opened: [],
  reaction_added: ['reactions:read'],
} as const;

/** One of {@link slackMethods}. */
export type SlackMethod = keyof typeof slackMethods;

/** Answer of a call; its members differ by method. */
export type SlackAnswer = Readonly<Record<string, unknown>>;

const REQUEST_TIMEOUT_MS = 2_000; // people wait; a trigger lives three seconds

/** Calls of Slack's Web API: each is tried once, a rate limit is a failure, and no failure carries what was sent. */
export class SlackApi {
  readonly #client: InstanceType<typeof bolt.webApi.WebClient>;

  constructor({ token, apiUrl }: { readonly token: string; readonly apiUrl?: string }) {
    this.#client = new bolt.webApi.WebClient(token, {
      ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl }),
      allowAbsoluteUrls: false,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      timeout: REQUEST_TIMEOUT_MS,
      logLevel: bolt.webApi.LogLevel.ERROR,
      logger: silent,
    });
  }

  /** @throws SLACK_UNAVAILABLE */
  async ask(method: SlackMethod, args: Record<string, unknown>): Promise<SlackAnswer> {
    try {
      return (await this.#client.apiCall(method, args)) as unknown as SlackAnswer;
    } catch (error) {
      throw new CodedError('SLACK_UNAVAILABLE', `${method}: ${reasonOf(error)}`);
    }
  }
}

/** Slack's own word for what was wrong, never its texts: they may repeat what was sent. */
function reasonOf(error: unknown): string {
  const { data, code } = error as { readonly data?: { readonly error?: unknown }; readonly code?: unknown };
  const word = typeof data?.error === 'string' ? data.error : code;
  return typeof word === 'string' && /^[a-z_]{1,60}$/.test(word) ? word : 'no answer';
}

/** A logger that says nothing: the SDK's lines hold what was sent. */
export const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => bolt.LogLevel.ERROR,
  setName: () => undefined,
};
