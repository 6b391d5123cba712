import { Readable } from 'node:stream';
import { createTransport } from 'nodemailer';
import { composeMail, fromHeader } from '../../activities/notices/compose-mail.ts';
import { BOUNCES, FROM, SITE, TEXT } from './mail-round.ts';
import { factsView } from '../../activities/notices/notice-view.ts';
import { noticeTemplate, type RenderedNotice } from '../../activities/notices/render.ts';

/** Letters as the engine writes them, one a reader. */
export function lettersOf(count: number): readonly RenderedNotice[] {
  const template = noticeTemplate(TEXT, 'exposed-secrets/en');
  const known = { dead: true, alive: null, unknown: null, yours: null, rotated: null, issuer: null } as const;
  const is = { ...known, kind: 'read' } as const;
  const any = { anyDead: true, anyAlive: null, anyUnknown: null, anyForeign: null, anyOwn: true } as const;
  const reader = { followUp: null, admin: null, controller: null, more: null, total: 1, people: null, ...any } as const;
  return Array.from({ length: count }, (_, index) =>
    template.render(
      {
        incident: { id: 'INC-2026-0001' },
        site: { ...SITE, page: `${SITE.page}INC-2026-0001` },
        item: { name: `Person ${index}`, ...reader, secrets: [{ name: 'DEPLOY_KEY', hint: `hf_...${index}`, ...is }] },
        facts: factsView({})('en'),
      },
      'en',
    ),
  );
}

/** The bare nodemailer pool: letters are rendered before, nothing is claimed, nothing is settled. */
interface BarePool {
  /** Sends every letter as its documentation shows: the library composes. */
  send(letters: readonly RenderedNotice[]): Promise<unknown>;
  /** Sends messages that were composed before: the pool does nothing but SMTP. */
  sendComposed(messages: readonly Buffer[]): Promise<unknown>;
  close(): void;
}

/** Opens a pool of that many connections. */
export function openBarePool(port: number, connections: number): BarePool {
  const pool = createTransport({
    ...{ pool: true, host: '127.0.0.1', port, maxConnections: connections, maxMessages: Infinity },
  });
  // As the product does: a message that is composed already goes through as it is (activities/notices/mailer.ts).
  const passing = createTransport({
    ...{ pool: true, host: '127.0.0.1', port, maxConnections: connections, maxMessages: Infinity },
  });
  passing.use('stream', ({ data, message }, done) => {
    message.createReadStream = () => data.raw as ReturnType<typeof message.createReadStream>;
    done();
  });
  const envelopeOf = (index: number): { from: string; to: string[] } => ({
    ...{ from: `bounce+${index}@${BOUNCES}`, to: [readerOf(index)] },
  });
  return {
    send: (letters) =>
      Promise.all(
        letters.map((letter, index) =>
          pool.sendMail({
            ...{ from: FROM, to: readerOf(index), envelope: envelopeOf(index), messageId: `<${index}@${BOUNCES}>` },
            ...letter,
          }),
        ),
      ),
    sendComposed: (messages) =>
      Promise.all(
        messages.map((bytes, index) => passing.sendMail({ envelope: envelopeOf(index), raw: Readable.from([bytes]) })),
      ),
    close: () => {
      pool.close();
      passing.close();
    },
  };
}

/** Letters as they go over the wire. */
export function composed(letters: readonly RenderedNotice[]): readonly Buffer[] {
  return letters.map((letter, index) =>
    composeMail({
      ...{ from: fromHeader(FROM), to: readerOf(index), messageId: `<${index}@${BOUNCES}>`, at: new Date() },
      ...letter,
    }),
  );
}

function readerOf(index: number): string {
  return `p${index}@people.example.org`;
}
