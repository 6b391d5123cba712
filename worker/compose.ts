import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { createEngineActivities } from '../activities/engine/activities.ts';
import { dutyAssessor } from '../activities/filings/assess-duties.ts';
import { actionCatalogue } from '../contracts/catalogue.ts';
import type { KeyClass } from '../contracts/dataset.ts';
import type { QueueName } from '../contracts/queues.ts';
import type { SecretReader } from '../activities/port.ts';
import { openLedger } from '../ledger/open.ts';
import type { Ledger } from '../ledger/ports.ts';
import { atEdge, type Activity, type EdgeDeps } from './activity-edge.ts';
import { createCapabilities, needsSecrets, type CapabilitySet } from './capability-set.ts';
import { openAnchors, type Anchors } from './anchors.ts';
import { keyFrom } from './data-converter.ts';
import { loadObligations } from './load-obligations.ts';
import { proven } from './proven.ts';
import { readPeople } from './people-file.ts';
import { teller } from './teller.ts';
import type { Config } from './config.ts';

const OBLIGATIONS = fileURLToPath(new URL('../obligations/running/', import.meta.url));

/** Key classes that the actions of a queue need: no process can open more than its queues ask for. */
const CLASSES: Readonly<Record<QueueName, readonly KeyClass[]>> = {
  engine: [],
  actions: [],
  privileged: ['secrets'],
  mail: ['people'],
};

/** What a worker is composed from. */
export interface CompositionOptions extends Pick<EdgeDeps, 'scrub' | 'observe'> {
  readonly config: Config;
  readonly secrets: SecretReader;
  /** Queues that it polls; decides which keys it can open. */
  readonly queues: readonly QueueName[];
  readonly log: Logger;
}

/** A worker's insides: ledger, and the activities of each queue. */
export interface Composition {
  readonly ledger: Ledger;
  readonly activities: Readonly<Record<QueueName, Readonly<Record<string, Activity>>>>;
  /** Traits of the connector that acts for an action. */
  readonly traits: CapabilitySet['traits'];
  /** Opens the doors that capabilities of the polled queues have of their own. */
  listen(): void;
  close(): Promise<void>;
}

/** Opens the ledger of a configuration with the key classes that queues need. @throws LEDGER_ codes */
export function ledgerOf(config: Config, secrets: SecretReader, queues: readonly QueueName[]): Promise<Ledger> {
  const { url, poolSize } = config.database;
  return openLedger({
    url: secrets(url),
    keyEncryptionKey: keyFrom(secrets, config.keys.encryption),
    opens: [...new Set(queues.flatMap((queue) => CLASSES[queue]))],
    ...(poolSize === undefined ? {} : { poolSize }),
  });
}

function engineActivities(
  config: Config,
  ledger: Ledger,
  set: CapabilitySet,
  anchors: Anchors,
  log: Logger,
): Record<string, unknown> {
  const people = new Map(readPeople(config.people).people.map(({ id, key }) => [id, key]));
  const previews = new Map([...set.running.values()].flatMap((capability) => Object.entries(capability.previews)));
  return {
    ...createEngineActivities({
      ledger,
      gated: (action) => ({
        traits: set.traits(action),
        preview: previews.get(action),
        settings: set.settings(action),
      }),
      ...teller(set.running, log),
      doors: config.keys.decisionsPublic,
      personKey: (id) => people.get(id),
      assess: dutyAssessor(ledger, loadObligations(OBLIGATIONS)),
      anchors: anchors.all,
    }),
  };
}

/**
 * Builds everything that a worker of some queues runs.
 *
 * @param openLedgerOf - opens the ledger; the configured one by itself.
 * @throws CONFIG_ codes, CONNECTOR_UNKNOWN, LEDGER_ codes.
 */
export async function compose(options: CompositionOptions, openLedgerOf = ledgerOf): Promise<Composition> {
  const { config, secrets, queues, log, scrub, observe } = options;
  const ledger = await openLedgerOf(config, secrets, queues);
  const set = createCapabilities({ config, secrets, queues, ledger, log });
  const anchors = openAnchors(queues.includes('engine') ? config : {}, secrets, log);
  const edge: EdgeDeps = { journal: ledger.journal, scrub, observe, log: (line) => log.warn(line) };
  const activities: Record<QueueName, Record<string, Activity>> = { engine: {}, actions: {}, privileged: {}, mail: {} };
  const register = (queue: QueueName, name: string, activity: unknown): void => {
    activities[queue][name] = atEdge(edge, activity as Activity);
  };
  for (const [name, activity] of Object.entries(engineActivities(config, ledger, set, anchors, log)))
    register('engine', name, activity);
  for (const { single, paged } of set.running.values())
    for (const [name, action] of Object.entries({ ...single, ...paged }))
      register(actionCatalogue.get(name)?.queue ?? 'engine', name, proven(action, set));
  return {
    ledger,
    activities,
    traits: (action) => set.traits(action),
    listen: () => {
      for (const [name, capability] of set.running) if (needsSecrets(name, queues)) capability.listen?.();
    },
    close: async () => {
      anchors.close();
      await set.close();
      await ledger.close();
    },
  };
}
