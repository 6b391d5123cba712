import { text } from '../credentials/connectors/answers.ts';
import { bounceDoorOf, bounceDoorSchema, listenForBounces, type BounceListener } from './bounce-listener.ts';
import { keepPreview, previewNotices } from './preview.ts';
import { mailServerOf, mailServerProperties, openMailer } from './mailer.ts';
import { sendNotices } from './send.ts';
import { smtpConnector, type Correspondence } from './connectors/smtp.ts';
import type { Capability, CapabilityEnvironment, RunningCapability } from '../port.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { Site } from './view.ts';

const DEFAULT_CONNECTIONS = 8;
const DEFAULT_PAGE = '/security/';

/** Notices: each person is told once, by mail, with only what is true for that person. */
export const notices: Capability = {
  name: 'notices',
  configSchema: {
    type: 'object',
    additionalProperties: false,
    required: ['use', 'host', 'port', 'from', 'bounceDomain', 'site', 'contact'],
    properties: {
      use: { const: 'smtp' },
      ...mailServerProperties,
      from: { type: 'string', minLength: 3, maxLength: 320, description: 'Sender that readers see' },
      bounceDomain: {
        type: 'string',
        pattern: '^[A-Za-z0-9.-]{1,253}$',
        description:
          'Domain whose bounce+...@ addresses reach `bounces` or POST /v1/bounces; also the domain of Message-IDs',
      },
      site: {
        type: 'string',
        pattern: '^[A-Za-z0-9.-]{1,253}$',
        description: 'Our site as a reader types it: example.org',
      },
      page: {
        type: 'string',
        pattern: '^/[A-Za-z0-9/._-]{0,200}$',
        description:
          'Page on it that holds the text of every notice; the incident id is put behind it. Default /security/',
      },
      contact: { type: 'string', minLength: 3, maxLength: 320, description: 'Whom readers may ask' },
      connections: { type: 'integer', minimum: 1, maximum: 50 },
      bounces: bounceDoorSchema,
    },
  },
  create: createNotices,
};

function createNotices(
  config: JsonObject,
  { ledger, secrets, log = () => undefined }: CapabilityEnvironment,
): RunningCapability {
  const connections = Number(config['connections'] ?? DEFAULT_CONNECTIONS);
  const mailer = openMailer(mailServerOf(config, secrets, connections));
  const sender = { from: text(config['from']), bounceDomain: text(config['bounceDomain']), connections };
  const siteOf = (incident: string): Site => {
    const name = text(config['site']);
    const page = text(config['page']) || DEFAULT_PAGE;
    return {
      name,
      page: `${name}${page}${incident}`,
      contact: text(config['contact']),
    };
  };
  const acting = smtpConnector(mailer, sender, NOBODYS);
  const door = bounceDoorOf(config);
  let listener: BounceListener | undefined;
  return {
    single: { 'notices.preview': (call) => keepPreview(call, { ledger, siteOf }) },
    paged: { 'notices.send': (call) => sendNotices(call, { ledger, mailer, sender, siteOf }) },
    previews: { 'notices.send': previewNotices({ ledger, siteOf }) },
    traits: (action) => (action === 'notices.send' ? acting : undefined),
    listen: () => {
      if (door) listener ??= listenForBounces(door, ledger, log);
    },
    close: async () => {
      mailer.close();
      await listener?.close();
    },
  };
}

/** Stands for a page where only the connector's traits are asked for. */
const NOBODYS: Correspondence = {
  write: () => ({ refused: 'NOTICE_TEXT_MISSING' }),
  returnPath: () => '',
  putOff: (_row, _generation, { code, waitMs, receipt }) =>
    Promise.resolve({ state: 'planned', code, waitMs, receipt }),
};
