import bolt from '@slack/bolt';
import { slackFailure } from './slack-failure.ts';
import { CodedError } from '../../../contracts/errors.ts';
import type { ChatConnector, ChatMessage, RoomDraft } from '../port.ts';
import type { webApi } from '@slack/bolt';

/** Configuration of `slack`. */
export interface SlackOptions {
  /**
   * Bot token. Scopes: chat:write, channels:manage, channels:read, channels:history, groups:write, groups:read, groups:history, pins:write,
   * users:read.email.
   */
  readonly token: string;
  /** Address of the Web API with its final slash; Slack's own where absent. */
  readonly url?: string;
}

const REQUEST_TIMEOUT_MS = 10_000; // the SDK's default is to wait for ever
const SECTION_MAX = 2_999; // characters of a section's text; Slack refuses 3,001
const TOPIC_MAX = 250; // characters of a topic or purpose
const NAME_MAX = 80; // characters of a channel's name
const PAGE = 200; // channels or messages a call
const PAGES_MAX = 25; // 5,000 channels: beyond it a room of ours is not looked for
const EVENT_TYPE = 'firebreak_post';

/** Answers that mean: it is so already. */
const ALREADY = new Set(['already_in_channel', 'cant_invite_self', 'already_pinned']);

/**
 * Rooms, posts and the status card in Slack.
 *
 * The SDK's own retries are off: they would post twice. Channels are known again by a key in their purpose, messages by
 * a key in their metadata.
 *
 * @source Slack Web API: conversations.*, chat.postMessage, chat.update, pins.add, users.lookupByEmail
 */
export function slackChat(options: SlackOptions): ChatConnector {
  const client = new bolt.webApi.WebClient(options.token, {
    ...(options.url === undefined ? {} : { slackApiUrl: options.url }),
    allowAbsoluteUrls: false,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: REQUEST_TIMEOUT_MS,
    logLevel: bolt.webApi.LogLevel.ERROR,
  });
  const calls = new SlackCalls(client);
  return {
    name: 'slack',
    effect: 'checkable',
    checks: true,
    notifiesOwner: false,
    reversible: true,
    needsRawValue: false,
    effectDelayMaxMs: 0,
    endsSessions: false,
    longestRequestMs: REQUEST_TIMEOUT_MS,
    openRoom: (draft) => calls.openRoom(draft),
    post: (room, message, key, isRepeat) => calls.post(room, message, key, isRepeat),
    update: async (room, id, message) => {
      await calls.ask('chat.update', { channel: room, ts: id, ...body(message) });
    },
    pin: (room, id) => calls.pin(room, id),
    invite: (room, person) => calls.invite(room, person),
    topic: async (room, text) => {
      await calls.ask('conversations.setTopic', { channel: room, topic: text.slice(0, TOPIC_MAX) });
    },
  };
}

interface Channel {
  readonly id: string;
  readonly name: string;
  readonly creator?: string;
  readonly purpose?: { readonly value?: string };
}

interface Posted {
  readonly ts: string;
  readonly metadata?: { readonly event_payload?: { readonly key?: string } };
}

type Answer = Readonly<Record<string, unknown>> & {
  readonly response_metadata?: { readonly next_cursor?: string };
};

/** The calls we make, each with its adopt rule. */
class SlackCalls {
  readonly #client: webApi.WebClient;

  constructor(client: webApi.WebClient) {
    this.#client = client;
  }

  async ask(method: string, args: Record<string, unknown>): Promise<Answer> {
    try {
      return (await this.#client.apiCall(method, args)) as unknown as Answer;
    } catch (error) {
      throw slackFailure(method, error);
    }
  }

  async openRoom(draft: RoomDraft): Promise<{ readonly room: string }> {
    const name = channelName(draft.name);
    const purpose = `Incident room ${draft.name} (fb:${draft.key})`;
    const room = await this.#createOrAdopt(name, draft);
    await this.ask('conversations.setPurpose', { channel: room, purpose });
    return { room };
  }

  async #createOrAdopt(name: string, draft: RoomDraft): Promise<string> {
    try {
      const { channel } = await this.ask('conversations.create', { name, is_private: draft.isPrivate });
      return (channel as Channel).id;
    } catch (error) {
      if (!(error instanceof CodedError) || error.code !== 'CHAT_NAME_TAKEN') throw error;
      const found = await this.#channelNamed(name);
      const isKeyed = found?.purpose?.value?.includes(`fb:${draft.key}`) === true;
      if (found && (isKeyed || (await this.#isFreshOfOurs(found)))) return found.id;
      throw error;
    }
  }

  /** Created by us and never given a purpose: a crash between the two calls. */
  async #isFreshOfOurs(channel: Channel): Promise<boolean> {
    if ((channel.purpose?.value ?? '') !== '') return false;
    const { user_id: self } = await this.ask('auth.test', {});
    return channel.creator === self;
  }

  async #channelNamed(name: string): Promise<Channel | undefined> {
    let cursor = '';
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const answer = await this.ask('conversations.list', {
        types: 'public_channel,private_channel',
        exclude_archived: true,
        limit: PAGE,
        ...(cursor === '' ? {} : { cursor }),
      });
      const found = ((answer['channels'] ?? []) as readonly Channel[]).find((channel) => channel.name === name);
      cursor = answer.response_metadata?.next_cursor ?? '';
      if (found || cursor === '') return found;
    }
    return undefined;
  }

  async post(room: string, message: ChatMessage, key: string, isRepeat: boolean): Promise<{ readonly id: string }> {
    const known = isRepeat ? await this.#posted(room, key) : undefined;
    if (known) return { id: known.ts };
    const answer = await this.ask('chat.postMessage', {
      channel: room,
      ...body(message),
      unfurl_links: false,
      unfurl_media: false,
      metadata: { event_type: EVENT_TYPE, event_payload: { key } },
    });
    return { id: String(answer['ts']) };
  }

  async #posted(room: string, key: string): Promise<Posted | undefined> {
    let cursor = '';
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const answer = await this.ask('conversations.history', {
        channel: room,
        include_all_metadata: true,
        limit: PAGE,
        ...(cursor === '' ? {} : { cursor }),
      });
      const found = ((answer['messages'] ?? []) as readonly Posted[]).find(
        ({ metadata }) => metadata?.event_payload?.key === key,
      );
      cursor = answer.response_metadata?.next_cursor ?? '';
      if (found || cursor === '') return found;
    }
    return undefined;
  }

  async pin(room: string, id: string): Promise<void> {
    await this.#unlessAlready(this.ask('pins.add', { channel: room, timestamp: id }));
  }

  async invite(room: string, person: { readonly chatId?: string; readonly address: string }): Promise<void> {
    const user = person.chatId ?? (await this.#userOf(person.address));
    await this.#unlessAlready(this.ask('conversations.invite', { channel: room, users: user }));
  }

  async #unlessAlready(call: Promise<Answer>): Promise<void> {
    try {
      await call;
    } catch (error) {
      if (!(error instanceof CodedError && typeof error.details === 'string' && ALREADY.has(error.details)))
        throw error;
    }
  }

  async #userOf(email: string): Promise<string> {
    const { user } = await this.ask('users.lookupByEmail', { email });
    return (user as { readonly id: string }).id;
  }
}

/** Lower case, digits, hyphen, underscore; at most 80. @source Slack: conversations.create, naming */
function channelName(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '-')
    .slice(0, NAME_MAX);
}

/** `&`, `<` and `>` open Slack's own markup, so data must not hold them. @source Slack: formatting text, escaping */
function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Text and blocks always together: text without blocks deletes a message's blocks. */
function body({ text, sections = [text] }: ChatMessage): {
  readonly text: string;
  readonly blocks: readonly unknown[];
} {
  return {
    text: escape(text),
    blocks: sections.map((section) => ({
      type: 'section',
      text: { type: 'mrkdwn', text: escape(section).slice(0, SECTION_MAX), verbatim: true },
    })),
  };
}
