import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { CodedError } from '../contracts/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../contracts/json.ts';
import { capabilitiesWith } from './capabilities.ts';
import { configSchema } from './config-schema.ts';
import { loadConnectorPackages } from './connector-packages.ts';
import type { MailAnchorConfig } from './mail-anchor.ts';
import type { SlackConfig } from './slack-door.ts';
import { checkYaml, readYaml } from './yaml-faults.ts';
import type { Capability, SecretReader } from '../activities/port.ts';
import type { WatchdogConfig } from './watchdog/watchdog-config.ts';

/** `firebreak.yaml`, checked. Secrets are references until they are read; relative paths are made absolute. */
export interface Config {
  readonly database: { readonly url: string; readonly poolSize?: number };
  readonly temporal: { readonly address: string; readonly namespace: string };
  readonly keys: {
    readonly encryption: string;
    readonly payload: string;
    readonly signing: string;
    /** Signs decisions; read by gateways only. */
    readonly decisions: string;
    /** Public parts of the keys that gateways sign decisions with; workers believe no other. */
    readonly decisionsPublic: readonly string[];
  };
  readonly http: {
    readonly host: string;
    readonly port: number;
    /** Origins of Temporal UIs that may have payloads decoded; default none. */
    readonly uiOrigins?: readonly string[];
  };
  /** Absolute path of the file of people. */
  readonly people: string;
  readonly oncall: Readonly<Record<string, readonly string[]>>;
  /** Absolute folders of playbooks. */
  readonly playbooks: readonly string[];
  /** Absolute path of the file of detectors; absent: no detector may start anything. */
  readonly detectors?: string;
  /** Where journal heads go: a file to which they are appended (absolute), a mailbox; nowhere when absent. */
  readonly anchors?: { readonly file?: string; readonly mail?: MailAnchorConfig };
  /** After how long without a heartbeat an act is given to another worker; default 10 s. */
  readonly heartbeatTimeoutMs?: number;
  /** Where a worker serves `/metrics`, `/healthz` and `/readyz`; nowhere when absent. */
  readonly metrics?: { readonly host: string; readonly port: number };
  /** The Slack door of the gateway; absent: there is none. */
  readonly slack?: SlackConfig;
  /** Who alarms when the engine is silent or a time passes; absent: nobody does. */
  readonly watchdog?: WatchdogConfig;
  /** By capability. */
  readonly connectors: Readonly<Record<string, JsonObject>>;
  /** What `connectors` may name: our own capabilities, with the connectors that it takes from packages. */
  readonly capabilities: readonly Capability[];
}

/** The file before defaults. */
interface ConfigFile extends Omit<
  Config,
  'temporal' | 'http' | 'anchors' | 'oncall' | 'metrics' | 'watchdog' | 'capabilities'
> {
  readonly temporal: { readonly address: string; readonly namespace?: string };
  readonly http: Omit<Config['http'], 'host'> & { readonly host?: string };
  readonly oncall?: Config['oncall'];
  /** A text is the file. */
  readonly anchors?: string | NonNullable<Config['anchors']>;
  readonly metrics?: { readonly host?: string; readonly port: number };
  readonly watchdog?: Omit<WatchdogConfig, 'host' | 'url' | 'silenceAfter'> & Partial<WatchdogConfig>;
}

const REFERENCE = /^(?:env|file):./;
const LOOPBACK = '127.0.0.1';

function mapStrings(value: Json, change: (text: string) => string): Json {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item as Json, change));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapStrings(item, change)]));
}

function anchorsOf(
  given: NonNullable<ConfigFile['anchors']>,
  at: (path: string) => string,
): Config['anchors'] & object {
  const { file, ...rest } = typeof given === 'string' ? { file: given } : given;
  return { ...rest, ...(file === undefined ? {} : { file: at(file) }) };
}

function watchdogOf(given: NonNullable<ConfigFile['watchdog']>): WatchdogConfig {
  const { host = LOOPBACK, port, silenceAfter = 'PT5M', url = `http://${host}:${port}` } = given;
  return { ...given, host, silenceAfter, url };
}

/**
 * Reads and checks a configuration; paths in it, those of `file:` references too, are relative to its folder.
 *
 * @throws CONFIG_INVALID naming every fault with its line; CONNECTOR_PACKAGE_UNUSABLE
 */
export async function readConfig(path: string): Promise<Config> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CodedError('CONFIG_INVALID', `${path} cannot be read`, { cause });
  }
  const capabilities = capabilitiesWith(await loadConnectorPackages(readYaml(text), resolve(path)));
  const { value, faults } = checkYaml(text, path, configSchema(capabilities));
  if (faults.length > 0) throw new CodedError('CONFIG_INVALID', faults.join('; '));
  const at = (file: string): string => (isAbsolute(file) ? file : resolve(dirname(path), file));
  const file = mapStrings(value as Json, (item) =>
    item.startsWith('file:') ? `file:${at(item.slice('file:'.length))}` : item,
  ) as unknown as ConfigFile;
  const { anchors, metrics, watchdog, ...rest } = file;
  return {
    ...rest,
    capabilities,
    temporal: { ...file.temporal, namespace: file.temporal.namespace ?? 'default' },
    http: { ...file.http, host: file.http.host ?? LOOPBACK },
    people: at(file.people),
    oncall: file.oncall ?? {},
    playbooks: file.playbooks.map(at),
    ...(file.detectors === undefined ? {} : { detectors: at(file.detectors) }),
    ...(anchors === undefined ? {} : { anchors: anchorsOf(anchors, at) }),
    ...(watchdog === undefined ? {} : { watchdog: watchdogOf({ ...watchdog, file: at(watchdog.file) }) }),
    ...(metrics === undefined ? {} : { metrics: { ...metrics, host: metrics.host ?? LOOPBACK } }),
  };
}

/**
 * Makes sure that every secret reference in a part of the configuration can be read, so that all that lack are said at once
 * and at the start.
 *
 * @throws CONFIG_SECRET_MISSING naming every reference that lacks.
 */
export function checkSecrets(part: Json, secrets: SecretReader): void {
  const missing = new Set<string>();
  mapStrings(part, (text) => {
    if (!REFERENCE.test(text)) return text;
    try {
      secrets(text);
    } catch {
      missing.add(text);
    }
    return text;
  });
  if (missing.size > 0)
    throw new CodedError('CONFIG_SECRET_MISSING', `${[...missing].sort().join(', ')}: not set or empty`);
}
