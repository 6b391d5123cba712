import { text } from '../credentials/connectors/answers.ts';
import { activityRuntime } from '../single-effect.ts';
import { CodedError } from '../../contracts/errors.ts';
import { pagerduty } from './connectors/pagerduty.ts';
import { webhookAlarm } from './connectors/webhook-alarm.ts';
import { httpDirectory } from './connectors/http-directory.ts';
import { httpStoreAdmins } from './connectors/http-store-admins.ts';
import { isJsonObject } from '../../contracts/json.ts';
import { mailServerOf, mailServerProperties, openMailer } from '../notices/mailer.ts';
import { pagePeople, tellStaff, type Pager } from './page.ts';
import { resolvePeople } from './resolve.ts';
import type { Capability, CapabilityEnvironment, RunningCapability } from '../port.ts';
import type { Alarm, AlarmVendor } from './alarm.ts';
import type { Directory, DirectoryVendor } from './port.ts';
import type { JsonObject } from '../../contracts/json.ts';

const vendors: readonly DirectoryVendor[] = [httpDirectory];
const alarms: readonly AlarmVendor[] = [pagerduty, webhookAlarm];
const PAGING_CONNECTIONS = 2;

/** The people capability at work: beside its actions it tells staff for the engine's own pages. */
export interface RunningPeople extends RunningCapability {
  /**
   * Tells staff; see {@link tellStaff}.
   *
   * @returns ids of those it was handed over for.
   */
  tell(people: readonly string[], text: string, context: { readonly incident: string }): Promise<readonly string[]>;
}

/** People: those affected are found by a directory, staff are woken by mail and by an alarm. */
export const people: Capability & {
  create(config: JsonObject, environment: CapabilityEnvironment): RunningPeople;
} = {
  name: 'people',
  configSchema: {
    type: 'object',
    additionalProperties: false,
    required: ['directory'],
    properties: {
      directory: { oneOf: vendors.map(schemaOf) },
      admins: {
        type: 'object',
        additionalProperties: false,
        required: ['url', 'token'],
        properties: {
          url: { type: 'string', pattern: '^https?://' },
          token: {
            type: 'string',
            description: 'Reference to the key that may list store admins: env:NAME or file:PATH',
          },
        },
      },
      alarm: { oneOf: alarms.map(schemaOf) },
      paging: {
        type: 'object',
        additionalProperties: false,
        required: ['host', 'port', 'from'],
        properties: { ...mailServerProperties, from: { type: 'string', minLength: 3, maxLength: 320 } },
      },
    },
  },
  create: createPeople,
};

function createPeople(config: JsonObject, environment: CapabilityEnvironment): RunningPeople {
  const { ledger, secrets } = environment;
  const directory = directoryOf(config, environment);
  const admins = isJsonObject(config['admins']) ? httpStoreAdmins(config['admins'], secrets) : undefined;
  const pager = pagerOf(config, environment);
  return {
    single: {
      'people.resolve': (call) => resolvePeople(call, { ledger, directory, admins }),
      'people.page': (call) => pagePeople(activityRuntime(ledger), pager, call),
    },
    paged: {},
    previews: {},
    traits: () => undefined,
    tell: (ids, text, context) => tellStaff(pager, ids, text, context),
    close: async () => {
      pager.mailer?.close();
      await Promise.all([directory.close(), admins?.close(), pager.alarm?.close()]);
    },
  };
}

function directoryOf({ directory }: JsonObject, { secrets }: CapabilityEnvironment): Directory {
  const vendor = vendors.find(({ use }) => isJsonObject(directory) && directory['use'] === use);
  if (!vendor || !isJsonObject(directory)) {
    const known = vendors.map(({ use }) => use).join(', ');
    throw new CodedError('CONNECTOR_UNKNOWN', `connectors.people.directory.use; possible: ${known}`);
  }
  return vendor.create(directory, secrets);
}

function pagerOf({ paging, alarm: asked }: JsonObject, environment: CapabilityEnvironment): Pager {
  const alarm = alarmOf(asked, environment);
  if (!isJsonObject(paging)) return { mailer: undefined, from: '', alarm, environment };
  const mailer = openMailer(mailServerOf(paging, environment.secrets, PAGING_CONNECTIONS));
  return { mailer, from: text(paging['from']), alarm, environment };
}

function alarmOf(asked: JsonObject[string] | undefined, { secrets }: CapabilityEnvironment): Alarm | undefined {
  if (!isJsonObject(asked)) return undefined;
  return alarms.find(({ use }) => use === asked['use'])?.create(asked, secrets);
}

function schemaOf({ use, schema }: Pick<DirectoryVendor, 'use' | 'schema'>): JsonObject {
  return {
    type: 'object',
    additionalProperties: false,
    required: ['use', ...schema.required],
    properties: { use: { const: use }, ...schema.properties },
  };
}
