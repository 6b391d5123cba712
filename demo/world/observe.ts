import { seededRandom } from './random.ts';
import { textOf, type MailSink } from './mail-sink.ts';
import type { Emulators } from './emulators.ts';
import type { Issuer } from './issuer.ts';
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
    readonly withManyRecipients: number;
  };
  readonly tickets: number;
  readonly chat: number;
}

/** The parts of the world that are looked at. */
export interface Watched {
  readonly story: Story;
  readonly issuer: Issuer;
  readonly mail: MailSink;
  readonly emulators: Emulators;
}

/** Sums up what the outside world saw. */
export async function observe({ story, issuer, mail, emulators }: Watched): Promise<Observed> {
  const users = story.tokens.filter(({ kind }) => kind !== 'service');
  const active = users.filter((token) => issuer.isActive(token)).length;
  const [tickets, chat] = await Promise.all([emulators.github.issues(), emulators.slack.messages()]);
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
      withManyRecipients: mail.withManyRecipients(),
    },
    tickets,
    chat,
  };
}

/** One drawn mail with what its reader really held: for checkers. */
export interface DrawnMail {
  readonly recipient: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly secrets: readonly {
    readonly name: string;
    readonly hint: string;
    readonly own: boolean;
    readonly dead: boolean;
  }[];
  /** Hints of everybody else's secrets, to be looked for and not found. */
  readonly foreignHints: readonly string[];
}

/** Draws mails to affected people by seed and sets beside each what is true of its reader. */
export async function drawMails(
  { story, issuer, mail }: Watched,
  seed: number,
  count: number,
): Promise<readonly DrawnMail[]> {
  const random = seededRandom(seed);
  const toPeople = mail.messages.filter(({ recipients }) =>
    recipients.some((address) => address.endsWith('@people.example.org')),
  );
  const drawn = Array.from({ length: Math.min(count, toPeople.length) }, () => random.pick(toPeople));
  const hint = (value: string): string => value.slice(-4);
  const held = [
    ...story.tokens.map((token) => ({
      owner: token.owner,
      name: token.name,
      hint: hint(token.value),
      own: true,
      dead: !issuer.isActive(token),
    })),
    ...story.foreign.map((secret) => ({
      owner: secret.owner,
      name: secret.name,
      hint: hint(secret.value),
      own: false,
      dead: false,
    })),
  ];
  return Promise.all(
    drawn.map(async (message) => {
      const recipient = message.recipients[0]!;
      const owner = story.people.find(({ address }) => address === recipient)?.id;
      const secrets = held
        .filter((secret) => secret.owner === owner)
        .map(({ name, hint: end, own, dead }) => ({ name, hint: end, own, dead }));
      const own = new Set(secrets.map(({ hint: end }) => end));
      return {
        recipient,
        ...(await textOf(message)),
        secrets,
        foreignHints: held.map(({ hint: end }) => end).filter((end) => !own.has(end)),
      };
    }),
  );
}
