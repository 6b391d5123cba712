import { RELAYED_DOMAIN, type Bouncer } from './bouncer.ts';
import type { MailSink } from './mail-sink.ts';
import type { Emulators } from './emulators.ts';
import type { Issuer } from './issuer.ts';
import type { SlackWorkplace } from './slack/workplace.ts';
import type { Story } from './story.ts';

/** What the outside world saw, from its own records alone. */
export interface Observed {
  readonly issuer: {
    /** Of the N own tokens: how many still answer who-am-I. */
    readonly active: number;
    readonly revoked: number;
    readonly calls: number;
    readonly serviceActive: number;
    readonly serviceDeadBeforeHandover: number;
    readonly replacements: number;
    readonly firstRevokeAt: string | null;
  };
  readonly mail: {
    readonly messages: number;
    /** Distinct affected people (of the M) who got mail. */
    readonly recipients: number;
    readonly customers: number;
    readonly duplicates: number;
    /** Mailboxes that do not exist and were tried. */
    readonly refused: number;
    /** Mailboxes that were taken at the door and turned out dead: what was sent there came back. */
    readonly bounced: number;
    readonly withManyRecipients: number;
  };
  readonly tickets: number;
  readonly chat: number;
  readonly slack: {
    /** Cards in rooms. */
    readonly cards: number;
    /** What people did there and was delivered. */
    readonly acts: number;
    /** The longest that one of these waited for its acknowledgement. */
    readonly slowestAckMs: number;
  };
}

/** The parts of the world that are looked at. */
export interface Watched {
  readonly story: Story;
  readonly issuer: Issuer;
  readonly mail: MailSink;
  readonly bouncer: Bouncer;
  readonly emulators: Emulators;
  readonly workplace: SlackWorkplace;
}

/** Sums up what the outside world saw. */
export async function observe({ story, issuer, mail, emulators, workplace }: Watched): Promise<Observed> {
  const users = story.tokens.filter(({ kind }) => kind !== 'service');
  const active = users.filter((token) => issuer.isActive(token)).length;
  const [tickets, rooms] = await Promise.all([emulators.github.tickets(), emulators.rooms()]);
  return {
    issuer: {
      active,
      revoked: users.length - active,
      calls: Object.values(issuer.calls).reduce((sum, count) => sum + count, 0),
      serviceActive: story.tokens.filter((token) => token.kind === 'service' && issuer.isActive(token)).length,
      serviceDeadBeforeHandover: issuer.serviceDeadBeforeHandover(),
      replacements: issuer.replacements.issued,
      firstRevokeAt: issuer.firstRevokeAt === undefined ? null : new Date(issuer.firstRevokeAt).toISOString(),
    },
    mail: {
      messages: mail.messages.length,
      recipients: mail.recipientsOf('people.example.org').size,
      customers: mail.recipientsOf('customers.example.org').size,
      duplicates: mail.duplicates(),
      refused: mail.refused(),
      bounced: mail.recipientsOf(RELAYED_DOMAIN).size,
      withManyRecipients: mail.withManyRecipients(),
    },
    tickets: tickets.length,
    chat: rooms.reduce((sum, { posts }) => sum + posts.length, 0),
    slack: {
      cards: rooms.reduce((sum, { cards }) => sum + cards, 0),
      acts: workplace.acts.length,
      slowestAckMs: workplace.slowestAckMs(),
    },
  };
}

/** A secret as its holder may be told of it. */
export interface HeldSecret {
  readonly name: string;
  /** Last four characters. */
  readonly hint: string;
  /** Whether the own issuer issued it. */
  readonly own: boolean;
  readonly dead: boolean;
}

/** What each affected address really held: the truth that a mail is measured against. */
export function heldSecrets({ story, issuer }: Watched): ReadonlyMap<string, readonly HeldSecret[]> {
  const byOwner = new Map<string, HeldSecret[]>(story.people.map(({ id }) => [id, []]));
  const hold = (owner: string, name: string, value: string, own: boolean, dead: boolean): void => {
    byOwner.get(owner)?.push({ name, hint: value.slice(-4), own, dead });
  };
  for (const token of story.tokens) hold(token.owner, token.name, token.value, true, !issuer.isActive(token));
  for (const secret of story.foreign) hold(secret.owner, secret.name, secret.value, false, false);
  return new Map(story.people.map(({ id, address }) => [address, byOwner.get(id) ?? []]));
}
