import type { Logger } from 'pino';
import { actionCatalogue } from '../contracts/catalogue.ts';
import { CodedError } from '../contracts/errors.ts';
import type { ConnectorTraits } from '../contracts/effects.ts';
import type { Digest } from '../contracts/ids.ts';
import type { QueueName } from '../contracts/queues.ts';
import type { CapabilityEnvironment, RunningCapability, SecretReader } from '../activities/port.ts';
import type { Ledger } from '../ledger/ports.ts';
import { readPeople } from './people-file.ts';
import { settingsHash } from './settings-hash.ts';
import type { Config } from './config.ts';

/** Capabilities that work without a part in the configuration. */
const UNCONFIGURED = new Set(['filings', 'tasks', 'chat', 'http', 'evidence']);
/** Capabilities whose connectors the engine itself uses: it wakes people and redraws the card. */
const USED_BY_ENGINE = new Set(['people', 'chat']);
const WITHHELD = 'withheld-from-this-process';

/** The capabilities of a process at work. */
export interface CapabilitySet {
  readonly running: ReadonlyMap<string, RunningCapability>;
  /** Traits of the connector that acts for an action: compiler, gates and lint read them. */
  traits(action: string): ConnectorTraits | undefined;
  /** Hash over the settings of the capability behind an action, without secrets; `undefined` where it has none. */
  settings(action: string): Digest | undefined;
  close(): Promise<void>;
}

function belongs(action: string, capability: string): boolean {
  return actionCatalogue.get(action)?.capability === capability || action.startsWith(`${capability}.`);
}

/**
 * Whether a process that polls some queues acts through a capability's connectors, and so needs their secrets. The others
 * are built too, since gates and compiler ask for traits and previews, but without secrets.
 */
export function needsSecrets(capability: string, queues: readonly QueueName[]): boolean {
  if (queues.includes('engine') && USED_BY_ENGINE.has(capability)) return true;
  return [...actionCatalogue.values()].some(({ name, queue }) => belongs(name, capability) && queues.includes(queue));
}

/** What a set is made from. */
export interface CapabilitySetOptions {
  readonly config: Config;
  readonly secrets: SecretReader;
  /** Queues that the process polls; none for a door. */
  readonly queues: readonly QueueName[];
  readonly ledger: Ledger;
  readonly log: Logger;
}

/**
 * Builds the capabilities that a configuration names, and those that need no configuration.
 *
 * @throws CONFIG_SECRET_MISSING, CONNECTOR_UNKNOWN
 */
export function createCapabilities({ config, secrets, queues, ledger, log }: CapabilitySetOptions): CapabilitySet {
  const staff = new Map(readPeople(config.people).people.map((person) => [person.id, person]));
  const environmentOf = (name: string): CapabilityEnvironment => ({
    ledger,
    secrets: needsSecrets(name, queues) ? secrets : () => WITHHELD,
    now: () => new Date().toISOString(),
    staff: (id) => staff.get(id),
    log: (line) => log.info(line),
  });
  const named = config.capabilities.filter(
    ({ name }) => config.connectors[name] !== undefined || UNCONFIGURED.has(name),
  );
  const running = new Map(
    named.map((capability) => {
      const { name } = capability;
      return [name, capability.create(config.connectors[name] ?? {}, environmentOf(name))];
    }),
  );
  const all = [...running.values()];
  return {
    running,
    traits: (action) => all.map((capability) => capability.traits(action)).find((found) => found !== undefined),
    settings: (action) => {
      const part = named.find(({ name }) => belongs(action, name) && config.connectors[name] !== undefined);
      return part && settingsHash(config.connectors[part.name] ?? {});
    },
    close: async () => {
      await Promise.all(all.map((capability) => capability.close()));
    },
  };
}

/** Queues by their names. @throws STACK_ROLE_UNKNOWN */
export function parseQueues(text: string): readonly QueueName[] {
  const known: readonly QueueName[] = ['engine', 'actions', 'privileged', 'mail'];
  const wanted = text.split(',').map((name) => name.trim());
  const stranger = wanted.find((name) => !known.includes(name as QueueName));
  if (stranger !== undefined) throw new CodedError('STACK_ROLE_UNKNOWN', `--queues: ${stranger}`);
  return known.filter((name) => wanted.includes(name));
}
