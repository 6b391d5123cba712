import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConnectionSlots } from '../../activities/effects/connection-slots.ts';
import { memoryHouse, type MemoryHouse } from './memory-house.ts';
import { openPermit, pageCall, testIncident } from './page-calls.ts';
import type { Delivery } from '../../activities/notices/delivery.ts';
import type { DatasetRef, PersonSecret } from '../../contracts/dataset.ts';
import type { Digest } from '../../contracts/ids.ts';
import type { EffectState, PageCall } from '../../contracts/effects.ts';
import type { Mail, Mailer } from '../../activities/notices/mailer.ts';
import type { NewRow } from '../../ledger/ports.ts';
import type { NoticeOptions } from '../../activities/notices/send.ts';

/** A mailer that writes down what it is given and answers as told. */
export interface ScriptedMailer extends Mailer {
  readonly mails: Mail[];
  answer: Delivery;
}

/** A house in memory with a library text and a mailer, for tests of notices. */
export interface NoticeStage {
  readonly house: MemoryHouse;
  readonly mailer: ScriptedMailer;
  readonly options: Omit<NoticeOptions, 'attempt'>;
  /** Writes readers and opens the permit of a page over them. */
  call(rows: readonly NewRow[], changes?: Partial<PageCall>): Promise<PageCall>;
  /** Puts secrets' revocation into a state. */
  revoked(secrets: readonly PersonSecret[], state: EffectState): Promise<void>;
  /** Sees secrets dead whose revocation was accepted. */
  verified(secrets: readonly PersonSecret[]): Promise<void>;
}

/** Makes a stage. @param template - name of a text of the library. */
export function noticeStage(template = 'exposed-secrets'): NoticeStage {
  const house = memoryHouse({ incident: testIncident });
  const mailer: ScriptedMailer = {
    mails: [],
    answer: { end: 'accepted', receipt: { reply: 250 } },
    send: (mail) => {
      mailer.mails.push(mail);
      return Promise.resolve(mailer.answer);
    },
    slots: new ConnectionSlots(4),
    close: () => undefined,
  };
  const texts = Object.fromEntries(
    ['en', 'de'].map((locale) => [`${template}/${locale}`, keep(house, libraryText(`${template}.${locale}`))]),
  );
  return {
    house,
    mailer,
    options: {
      ledger: house.ledger,
      mailer,
      sender: { from: 'security@example.org', bounceDomain: 'bounces.example.org', connections: 4 },
      siteOf: (incident) => ({ name: 'example.org', page: `example.org/security/${incident}`, contact: 'the desk' }),
    },
    call: async (rows, changes = {}) => {
      const dataset: DatasetRef = await house.ledger.dataset(rows, 'people');
      const call = pageCall('notices.send', dataset, { with: { notice: template, template }, texts, ...changes });
      await openPermit(house.ledger, call);
      return call;
    },
    revoked: async (secrets, state) => {
      const lease = { id: 'lease', epoch: 1, permit: 'permit' };
      const effect = { incident: testIncident, action: 'credentials.revoke', class: 'idempotent' as const };
      await house.ledger.effects.setPermit('permit', testIncident, 'open');
      await house.ledger.effects.takeLease(lease);
      const targets = secrets.map(({ subject }) => ({ subject, paramsHash: '0'.repeat(64) as Digest }));
      const { mine } = await house.ledger.effects.claim(lease, { ...effect, longestRequestMs: 1 }, targets);
      await house.ledger.effects.settle(
        lease,
        effect,
        mine.map((one) => ({ ...one, state, receipt: {} })),
      );
    },
    verified: async (secrets) => {
      const { effects } = house.ledger;
      const seen = secrets.map(({ subject }) => ({ subject, generation: 1, dead: true, receipt: {} }));
      await effects.observe(testIncident, 'credentials.revoke', 0, await effects.now(), seen);
    },
  };
}

/** Source of a text of the library. */
export function libraryText(name: string): string {
  return readFileSync(new URL(`../../playbooks/library/texts/${name}.md`, import.meta.url), 'utf8');
}

/** Keeps a plan text. @returns its hash. */
export function keep(house: MemoryHouse, text: string): Digest {
  const hash = createHash('sha256').update(text).digest('hex') as Digest;
  house.texts.set(hash, text);
  return hash;
}

/** A secret of a reader. */
export function secretOf(subject: string, changes: Partial<PersonSecret> = {}): PersonSecret {
  return { subject, name: `KEY_${subject}`, hint: `hf_...${subject}`, issuer: 'own', kind: 'user', ...changes };
}

/** A reader with secrets. */
export function readerOf(id: string, secrets: readonly PersonSecret[], attributes: NewRow['attributes'] = {}): NewRow {
  return {
    subject: `person-${id}`,
    attributes: { locale: 'en', relation: 'owner', secrets, ...attributes },
    sealed: { address: `${id}@example.org`, displayName: `Reader ${id}` },
  };
}
