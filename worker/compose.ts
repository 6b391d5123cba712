import { appendFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { createEngineActivities, type Anchor } from '../activities/engine/activities.ts';
import { dutyAssessor } from '../activities/filings/assess-duties.ts';
import { actionCatalogue } from '../contracts/catalogue.ts';
import type { ConnectorTraits } from '../contracts/effects.ts';
import type { QueueName } from '../contracts/queues.ts';
import type { KeyClass } from '../contracts/dataset.ts';
import type { RunningCapability, SecretReader } from '../activities/port.ts';
import { openLedger } from '../ledger/open.ts';
import type { Ledger } from '../ledger/ports.ts';
import { atEdge, type Activity } from './activity-edge.ts';
import { capabilities } from './capabilities.ts';
import { keyFrom } from './data-converter.ts';
import { loadObligations } from './load-obligations.ts';
import { readPeople } from './people-file.ts';
import { teller } from './teller.ts';
import type { Config } from './config.ts';

/** Key classes that the actions of a queue need: no process can open more than its queues ask for. */
const CLASSES: Readonly<Record<QueueName, readonly KeyClass[]>> = {
  engine: [],
  actions: [],
  privileged: ['secrets'],
  mail: ['people'],
};

/** A worker's insides: ledger, capabilities and the activities of each queue. */
export interface Composition {
  readonly ledger: Ledger;
  readonly activities: Readonly<Record<QueueName, Readonly<Record<string, Activity>>>>;
  /** Traits of the connector that acts for an action: compiler, gates and lint read them. */
  traits(action: string): ConnectorTraits | undefined;
  close(): Promise<void>;
}

/** Opens the ledger of a configuration with the key classes that queues need. */
export function ledgerOf(config: Config, secrets: SecretReader, queues: readonly QueueName[]): Promise<Ledger> {
  return openLedger({
    url: secrets(config.database.url),
    keyEncryptionKey: keyFrom(secrets, config.keys.encryption),
    opens: [...new Set(queues.flatMap((queue) => CLASSES[queue]))],
    ...(config.database.poolSize === undefined ? {} : { poolSize: config.database.poolSize }),
  });
}

/** Capabilities that a configuration names, or that need no configuration. */
function createCapabilities(
  config: Config,
  secrets: SecretReader,
  ledger: Ledger,
  log: Logger,
): ReadonlyMap<string, RunningCapability> {
  const staff = new Map(readPeople(config.people).people.map((person) => [person.id, person]));
  const environment = {
    ledger,
    secrets,
    now: () => new Date().toISOString(),
    staff: (id: string) => staff.get(id),
    log: (line: string) => log.info(line),
  };
  const withoutConfig = new Set(['filings', 'tasks', 'chat', 'http', 'evidence']);
  const named = capabilities.filter(({ name }) => config.connectors[name] !== undefined || withoutConfig.has(name));
  return new Map(
    named.map((capability) => [
      capability.name,
      capability.create(config.connectors[capability.name] ?? {}, environment),
    ]),
  );
}

/** Anchors that a configuration names: an append-only file, which may lie on another machine. */
function anchorsOf(config: Config): readonly Anchor[] {
  const { anchors } = config;
  if (anchors === undefined) return [];
  return [
    async (incident, head, reason) =>
      appendFile(anchors, `${JSON.stringify({ incident, ...head, reason, at: new Date().toISOString() })}\n`),
  ];
}

/**
 * Builds everything that a worker of some queues runs.
 *
 * @param queues - which queues it polls; decides which keys it can open.
 * @throws CONFIG_ codes, LEDGER_ codes.
 */
export async function compose(
  config: Config,
  secrets: SecretReader,
  queues: readonly QueueName[],
  log: Logger,
): Promise<Composition> {
  const ledger = await ledgerOf(config, secrets, queues);
  const running = createCapabilities(config, secrets, ledger, log);
  const all = [...running.values()];
  const traits = (action: string): ConnectorTraits | undefined =>
    all.map((capability) => capability.traits(action)).find((found) => found !== undefined);
  const engine = createEngineActivities({
    ledger,
    gated: (action) => ({
      traits: traits(action),
      preview: all.map(({ previews }) => previews[action]).find((found) => found !== undefined),
    }),
    ...teller(running, log),
    assess: dutyAssessor(ledger, loadObligations(fileURLToPath(new URL('../obligations/catalogue/', import.meta.url)))),
    anchors: anchorsOf(config),
  });
  const activities: Record<QueueName, Record<string, Activity>> = { engine: {}, actions: {}, privileged: {}, mail: {} };
  const register = (queue: QueueName, name: string, activity: unknown): void => {
    activities[queue][name] = atEdge(ledger, activity as Activity, (line) => log.warn(line));
  };
  for (const [name, activity] of Object.entries(engine)) register('engine', name, activity);
  for (const { single, paged } of all) {
    for (const [name, action] of Object.entries({ ...single, ...paged }))
      register(actionCatalogue.get(name)?.queue ?? 'engine', name, action);
  }
  return {
    ledger,
    activities,
    traits,
    close: async () => {
      await Promise.all(all.map((capability) => capability.close()));
      await ledger.close();
    },
  };
}
