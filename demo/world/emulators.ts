import { createEmulator } from 'emulate';

interface Emulator {
  readonly url: string;
  close(): Promise<void>;
}

/** GitHub and Slack as third-party emulators serve them on loopback: code that we did not write. */
export interface Emulators {
  readonly github: { readonly url: string; issues(): Promise<number> };
  readonly slack: { readonly url: string; messages(): Promise<number> };
  close(): Promise<void>;
}

/** Repositories that serve as ticket queues. */
export const TICKET_REPOSITORIES = { forensics: 'example-hub/forensics', hardening: 'example-hub/hardening' } as const;

/** The emulators listen on IPv4 only; `localhost` may resolve to IPv6 first. */
const onLoopback = (url: string): string => url.replace('//localhost:', '//127.0.0.1:');

interface SlackList {
  readonly channels?: readonly { readonly id: string }[];
  readonly messages?: readonly { readonly subtype?: string }[];
}

/** Asks the emulated Slack; it takes POST only, as the real one's client sends. */
async function askSlack(
  url: string,
  token: string,
  method: string,
  form: Readonly<Record<string, string>>,
): Promise<SlackList> {
  const answer = await fetch(`${url}/api/${method}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: new URLSearchParams(form),
  });
  return (await answer.json()) as SlackList;
}

async function startGithub(token: string): Promise<Emulator> {
  const [owner] = TICKET_REPOSITORIES.forensics.split('/') as [string, string];
  return createEmulator({
    service: 'github',
    port: 0,
    seed: {
      tokens: { [token]: { login: 'firebreak-bot', scopes: ['repo'] } },
      github: {
        users: [
          { login: 'firebreak-bot', name: 'Firebreak', email: 'bot@example.org' },
          { login: owner, name: 'Example Hub', email: 'hub@example.org' },
        ],
        repos: Object.values(TICKET_REPOSITORIES).map((path) => ({
          owner,
          name: path.split('/')[1]!,
          private: false,
          auto_init: true,
        })),
      },
    },
  });
}

async function countIssues(url: string, token: string): Promise<number> {
  const counts = await Promise.all(
    Object.values(TICKET_REPOSITORIES).map(async (path) => {
      const answer = await fetch(`${url}/repos/${path}/issues?state=all&per_page=100`, {
        headers: { authorization: `Bearer ${token}` },
      });
      return ((await answer.json()) as unknown[]).length;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

async function countMessages(url: string, token: string): Promise<number> {
  const types = 'public_channel,private_channel';
  const { channels = [] } = await askSlack(url, token, 'conversations.list', { types, limit: '200' });
  const histories = await Promise.all(
    channels.map(({ id }) => askSlack(url, token, 'conversations.history', { channel: id, limit: '200' })),
  );
  return histories.flatMap(({ messages = [] }) => messages.filter(({ subtype }) => subtype === undefined)).length;
}

/**
 * Starts the emulators on free ports.
 *
 * @param tokens - bearer tokens that the connectors will use.
 */
export async function startEmulators(tokens: { readonly github: string; readonly slack: string }): Promise<Emulators> {
  const [github, slack] = await Promise.all([
    startGithub(tokens.github),
    createEmulator({
      service: 'slack',
      port: 0,
      seed: { slack: { team: { name: 'Example Hub', domain: 'example-hub' } } },
    }),
  ]);
  return {
    github: { url: onLoopback(github.url), issues: () => countIssues(github.url, tokens.github) },
    slack: { url: onLoopback(slack.url), messages: () => countMessages(slack.url, tokens.slack) },
    close: async () => {
      await Promise.all([github.close(), slack.close()]);
    },
  };
}
