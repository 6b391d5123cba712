import { createEmulator } from 'emulate';
import { LocalSlack, openSlackParts } from './slack/local-slack.ts';

interface Emulator {
  readonly url: string;
  close(): Promise<void>;
}

/** A ticket as its system lists it; `mark` is the hidden mark of the effect that made it, '' where there is none. */
export interface TicketRecord {
  readonly id: string;
  readonly open: boolean;
  readonly mark: string;
}

/** A chat room with what was posted in it; marks and keys are '' where there are none, as in what people write. */
export interface RoomRecord {
  readonly id: string;
  /** Mark of the effect that opened it, from its purpose. */
  readonly mark: string;
  /** `key`: that of its metadata. */
  readonly posts: readonly { readonly id: string; readonly key: string }[];
  /** Cards of what waits for people: they come and go, and are no act of an incident. */
  readonly cards: number;
}

/** GitHub and Slack as third-party emulators serve them on loopback: code that we did not write. */
export interface Emulators {
  readonly github: { readonly url: string; tickets(): Promise<readonly TicketRecord[]> };
  readonly slack: LocalSlack;
  rooms(): Promise<readonly RoomRecord[]>;
  close(): Promise<void>;
}

/** Repositories that serve as ticket queues. */
export const TICKET_REPOSITORIES = { forensics: 'example-hub/forensics', hardening: 'example-hub/hardening' } as const;

/** The emulators listen on IPv4 only; `localhost` may resolve to IPv6 first. */
const onLoopback = (url: string): string => url.replace('//localhost:', '//127.0.0.1:');

const CARD = 'firebreak_card'; // type of the metadata of a card

interface SlackList {
  readonly channels?: readonly { readonly id: string; readonly purpose?: { readonly value?: string } }[];
  readonly messages?: readonly {
    readonly ts: string;
    readonly subtype?: string;
    readonly metadata?: { readonly event_type?: string; readonly event_payload?: { readonly key?: string } };
  }[];
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

interface Issue {
  readonly number: number;
  readonly state: string;
  readonly body?: string | null;
}

async function listTickets(url: string, token: string): Promise<readonly TicketRecord[]> {
  const lists = await Promise.all(
    Object.values(TICKET_REPOSITORIES).map(async (path) => {
      const answer = await fetch(`${url}/repos/${path}/issues?state=all&per_page=100`, {
        headers: { authorization: `Bearer ${token}` },
      });
      return ((await answer.json()) as readonly Issue[]).map(({ number, state, body }): TicketRecord => ({
        id: `${path}#${number}`,
        open: state === 'open',
        mark: /<!-- fb:([0-9a-f]{32}) -->/.exec(body ?? '')?.[1] ?? '',
      }));
    }),
  );
  return lists.flat();
}

async function listRooms(slack: LocalSlack): Promise<readonly RoomRecord[]> {
  const types = 'public_channel,private_channel';
  const { channels = [] } = (await slack.api('conversations.list', { types, limit: '200' })) as SlackList;
  return Promise.all(
    channels.map(async ({ id, purpose }): Promise<RoomRecord> => {
      const asked = { channel: id, limit: '200', include_all_metadata: 'true' };
      const { messages = [] } = (await slack.api('conversations.history', asked)) as SlackList;
      const posts = messages.filter(({ subtype }) => subtype === undefined); // who came in and what changed is no post
      const isCard = ({ metadata }: (typeof posts)[number]): boolean => metadata?.event_type === CARD;
      return {
        id,
        mark: /\(fb:([0-9a-f]{32})\)/.exec(purpose?.value ?? '')?.[1] ?? '',
        posts: posts
          .filter((post) => !isCard(post))
          .map(({ ts, metadata }) => ({ id: ts, key: metadata?.event_payload?.key ?? '' })),
        cards: posts.filter(isCard).length,
      };
    }),
  );
}

/**
 * Starts the emulators on free ports.
 *
 * @param tokens - bearer tokens that the connectors will use.
 * @param people - names of the members of the Slack workspace.
 */
export async function startEmulators(
  tokens: { readonly github: string; readonly slack: string },
  people: readonly string[] = [],
): Promise<Emulators> {
  const [github, parts] = await Promise.all([
    startGithub(tokens.github),
    openSlackParts({ token: tokens.slack, people }),
  ]);
  const slack = new LocalSlack(parts);
  return {
    github: { url: onLoopback(github.url), tickets: () => listTickets(github.url, tokens.github) },
    slack,
    rooms: () => listRooms(slack),
    close: async () => {
      await Promise.all([github.close(), slack.close()]);
    },
  };
}
