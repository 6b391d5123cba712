import { readAlertmanager } from './alertmanager.ts';
import { basicProof, bearerProof } from './bearer.ts';
import { readCloudEvents } from './cloudevents.ts';
import type { DetectorConfig, FormatName, SchemeName } from './config.ts';
import { readEventbridge } from './eventbridge.ts';
import { readFalco } from './falco.ts';
import { GITHUB_KEYS, githubPartnerProof, readGithubPartner } from './github-partner.ts';
import { githubWebhookProof, readGithubWebhook } from './github-webhook.ts';
import { gitguardianProof, readGitguardian } from './gitguardian.ts';
import { readOcsf } from './ocsf.ts';
import { readPlainAlert } from './plain-alert.ts';
import type { Get, ReadEvents, Verify } from './port.ts';
import { readSecurityEvents, securityEventTokenProof } from './security-event-token.ts';
import { snsHost, snsProof } from './sns.ts';
import { standardWebhooksKey, standardWebhooksProof } from './standard-webhooks.ts';

const openFormats: Readonly<Record<FormatName, ReadEvents>> = {
  alert: readPlainAlert,
  alertmanager: readAlertmanager,
  cloudevents: readCloudEvents,
  eventbridge: readEventbridge,
  falco: readFalco,
  ocsf: readOcsf,
};

/** Options that a scheme takes beside what every detector has. */
type Option = 'keys' | 'header' | 'api' | 'token' | 'topics' | 'confirmSubscription' | 'issuer' | 'audience' | 'jwks';

/** One way to prove where a delivery comes from. */
interface Scheme {
  readonly needs: readonly Option[];
  readonly takes: readonly Option[];
  /** Its own format; absent: one of the open formats. */
  readonly read?: ReadEvents;
  /** Format where the configuration names none. */
  readonly usual?: FormatName;
  readonly mediaTypes: readonly string[];
  /** What is wrong with its options, beyond being there. */
  readonly faults?: (config: DetectorConfig) => readonly string[];
  readonly proof: (config: DetectorConfig, get: Get) => Verify;
}

const JSON_TYPE = ['application/json'];
const SECRET_BYTES_MIN = 32;
const DIFFERENT_MIN = 8; // `aaaa...` is long and no secret
const HEADER = /^[a-z][a-z0-9-]{0,63}$/;

function weakKeys({ keys = [] }: DetectorConfig): readonly string[] {
  return keys.flatMap((key, index) => {
    const isWeak = Buffer.byteLength(key) < SECRET_BYTES_MIN || new Set(key).size < DIFFERENT_MIN;
    return isWeak
      ? [`key ${index + 1} is too weak: a secret has ${SECRET_BYTES_MIN} bytes or more, drawn at random`]
      : [];
  });
}

function faultOf(what: string, attempt: () => unknown): readonly string[] {
  try {
    attempt();
    return [];
  } catch (error) {
    return [`${what}: ${error instanceof Error ? error.message : 'it cannot be used'}`];
  }
}

function badAddress(name: string, address: string | undefined): readonly string[] {
  const url = address !== undefined && URL.canParse(address) ? new URL(address) : undefined;
  const isLocal = url !== undefined && ['127.0.0.1', '[::1]'].includes(url.hostname);
  return address === undefined || url?.protocol === 'https:' || isLocal ? [] : [`${name} is no https address`];
}

/** How detectors prove themselves. */
const schemes: Readonly<Record<SchemeName, Scheme>> = {
  'github-partner': {
    ...{ needs: [], takes: ['api', 'token'], read: readGithubPartner, mediaTypes: JSON_TYPE },
    faults: ({ api }) => badAddress('api', api),
    proof: ({ api, token }, get) =>
      githubPartnerProof(get, api === undefined ? GITHUB_KEYS : `${api}/meta/public_keys/secret_scanning`, token),
  },
  'github-webhook': {
    ...{ needs: ['keys'], takes: ['api', 'token'], read: readGithubWebhook, mediaTypes: JSON_TYPE },
    faults: (config) => [...weakKeys(config), ...badAddress('api', config.api)],
    proof: ({ keys = [] }) => githubWebhookProof(keys),
  },
  gitguardian: {
    ...{ needs: ['keys'], takes: [], read: readGitguardian, mediaTypes: JSON_TYPE },
    faults: weakKeys,
    proof: ({ keys = [] }) => gitguardianProof(keys),
  },
  'standard-webhooks': {
    ...{ needs: ['keys'], takes: [], usual: 'alert' },
    mediaTypes: [...JSON_TYPE, 'application/cloudevents+json', 'application/cloudevents-batch+json'],
    faults: ({ keys = [] }) =>
      keys.flatMap((key, index) => faultOf(`key ${index + 1}`, () => standardWebhooksKey(key))),
    proof: ({ keys = [] }) => standardWebhooksProof(keys),
  },
  sns: {
    ...{ needs: ['topics'], takes: ['confirmSubscription'], usual: 'eventbridge' },
    mediaTypes: ['text/plain', ...JSON_TYPE], // SNS says text/plain
    faults: ({ topics = [] }) => topics.flatMap((topic) => faultOf('topics', () => snsHost(topic))),
    proof: ({ topics = [], confirmSubscription = false }, get) =>
      snsProof(get, { topics, confirm: confirmSubscription }),
  },
  'security-event-token': {
    ...{ needs: ['issuer', 'audience', 'jwks'], takes: [], read: readSecurityEvents },
    mediaTypes: ['application/secevent+jwt'],
    faults: ({ jwks }) => badAddress('jwks', jwks),
    proof: ({ issuer = '', audience = '', jwks = '' }, get) => securityEventTokenProof(get, { issuer, audience, jwks }),
  },
  bearer: {
    ...{ needs: ['keys'], takes: ['header'], usual: 'alert' },
    mediaTypes: [...JSON_TYPE, 'application/cloudevents+json', 'application/cloudevents-batch+json'],
    faults: (config) => [
      ...weakKeys(config),
      ...(config.header === undefined || HEADER.test(config.header) ? [] : ['header is no name of a header']),
    ],
    proof: ({ keys = [], header }) => bearerProof(keys, header),
  },
  basic: {
    ...{ needs: ['keys'], takes: [], usual: 'alert' },
    mediaTypes: [...JSON_TYPE, 'application/cloudevents+json', 'application/cloudevents-batch+json'],
    faults: (config) => [
      ...weakKeys({ ...config, keys: (config.keys ?? []).map((key) => key.slice(key.indexOf(':') + 1)) }),
      ...((config.keys ?? []).every((key) => key.includes(':')) ? [] : ['a key is `user:password`']),
    ],
    proof: ({ keys = [] }) => basicProof(keys),
  },
};

const OPTIONS: readonly Option[] = [
  ...(['keys', 'header', 'api', 'token', 'topics', 'confirmSubscription', 'issuer', 'audience', 'jwks'] as const),
];

/** What is wrong with how a detector proves itself. */
export function schemeFaults(config: DetectorConfig): readonly string[] {
  const scheme = schemes[config.scheme];
  const isGiven = (option: Option): boolean => {
    const value = config[option];
    return value !== undefined && !(Array.isArray(value) && value.length === 0);
  };
  const wrong = [
    ...scheme.needs.filter((option) => !isGiven(option)).map((option) => `${config.scheme} needs \`${option}\``),
    ...OPTIONS.filter(
      (option) => config[option] !== undefined && ![...scheme.needs, ...scheme.takes].includes(option),
    ).map((option) => `${config.scheme} takes no \`${option}\``),
    ...(scheme.read && config.format !== undefined ? [`${config.scheme} has a format of its own`] : []),
  ];
  return [...wrong, ...(scheme.faults?.(config) ?? [])];
}

/** How a configured detector is heard: its proof, its format, its content types. */
export interface Hearing {
  readonly verify: Verify;
  readonly read: ReadEvents;
  readonly mediaTypes: readonly string[];
}

/** Makes it. @param get - reads public keys and certificates. */
export function hearingOf(config: DetectorConfig, get: Get): Hearing {
  const scheme = schemes[config.scheme];
  return {
    verify: scheme.proof(config, get),
    read: scheme.read ?? openFormats[config.format ?? scheme.usual ?? 'alert'],
    mediaTypes: scheme.mediaTypes,
  };
}
