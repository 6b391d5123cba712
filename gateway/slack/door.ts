import bolt, { type ReceiverEvent } from '@slack/bolt';
import { asCoded } from '../http/problem.ts';
import { RateLimiter } from '../http/rate-limiter.ts';
import type { GatewayDeps } from '../deps.ts';
import { CardWatch } from './card-watch.ts';
import { listen } from './listeners.ts';
import type { SlackHouse } from './house.ts';
import type { SlackDoorOptions } from './options.ts';
import { receptionFor } from './receivers.ts';
import { SlackRefusals } from './refusals.ts';
import { Rooms } from './rooms.ts';
import { Rounds } from './rounds.ts';
import { noteMessage, TIMELINE_REACTION } from './timeline-notes.ts';
import { Turn } from './turn.ts';
import { SlackApi, silent } from './web-api.ts';
import { WhoIs } from './who-is.ts';

const CARDS_EVERY_MS = 5_000;
const RATE = { perSecond: 5, burst: 30 }; // of one person: presses and commands, never a flood

/** An open Slack door. */
export interface SlackDoor {
  /** Where Slack posts to; `undefined` in Socket Mode. */
  readonly url: string | undefined;
  close(): Promise<void>;
}

interface ReactionBody {
  readonly team_id?: string;
  readonly event?: {
    readonly type?: string;
    readonly user?: string;
    readonly reaction?: string;
    readonly item?: { readonly type?: string; readonly channel?: string; readonly ts?: string };
  };
}

/** Takes a reaction before it is acknowledged: one that cannot be stored is delivered again by Slack. */
async function takeReaction(house: SlackHouse, who: WhoIs, { body }: ReceiverEvent): Promise<void> {
  const { team_id: team = '', event } = body as ReactionBody;
  if (event?.type !== 'reaction_added' || event.reaction !== TIMELINE_REACTION) return;
  const { user = '', item } = event;
  if (item?.type !== 'message' || item.channel === undefined || item.ts === undefined) return;
  const marked = { channel: item.channel, ts: item.ts };
  try {
    await noteMessage(house, await who.identify({ user, team }), marked);
  } catch (error) {
    const { code } = asCoded(error);
    house.deps.log({ door: 'slack', event: 'reaction_added', user, code });
    house.refusals.account('reaction', user, code);
    if (!code.startsWith('SLACK_USER_') && code !== 'GATEWAY_FORBIDDEN') throw error;
  }
}

/**
 * Opens the Slack door, over HTTP or Socket Mode: one app, the same listeners, the same rights and functions as the HTTP
 * API. A Slack that is dead keeps nothing from going on.
 *
 * @throws PORT_IN_USE
 */
export async function openSlackDoor(deps: GatewayDeps, options: SlackDoorOptions): Promise<SlackDoor> {
  const api = new SlackApi(options);
  const refusals = new SlackRefusals(deps);
  const house: SlackHouse = { deps, api, rooms: new Rooms(deps.ledger), refusals };
  const who = new WhoIs(deps.people, options.team, api);
  const reception = receptionFor(options, {
    before: (event) => takeReaction(house, who, event),
    unsigned: (address) => refusals.unsigned(address),
    log: deps.log,
  });
  const app = new bolt.App({
    receiver: reception.receiver,
    // Who may do what is not for a token to say: Slack's signature or socket vouches for the delivery, `WhoIs` for the person.
    authorize: () => Promise.resolve({ botToken: options.token }),
    ignoreSelf: false,
    convoStore: false,
    logger: silent,
    clientOptions: {
      ...(options.apiUrl === undefined ? {} : { slackApiUrl: options.apiUrl }),
      allowAbsoluteUrls: false,
    },
  });
  listen(app, house, who, new RateLimiter(deps.rate ?? RATE));
  const url = await reception.open();
  const everyMs = options.cardsEveryMs ?? CARDS_EVERY_MS;
  const turn = new Turn(deps.ledger.turns, 'slack-cards');
  const rounds = everyMs > 0 ? new Rounds(house, who, turn, new CardWatch(house, turn), everyMs) : undefined;
  rounds?.start();
  return {
    url,
    close: async () => {
      await rounds?.stop();
      await reception.close();
      await refusals.stop();
    },
  };
}
