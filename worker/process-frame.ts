import type { Logger } from 'pino';
import type { SecretReader } from '../activities/port.ts';
import type { QueueName } from '../contracts/queues.ts';
import { needsSecrets } from './capability-set.ts';
import { checkSecrets, readConfig, type Config } from './config.ts';
import { secretsOf } from './slack-door.ts';
import { createLogger } from './log.ts';
import { Scrubber } from './scrubber.ts';
import { secretReader } from './secrets.ts';

/** What every process of the product starts with. */
export interface ProcessFrame {
  readonly config: Config;
  readonly secrets: SecretReader;
  readonly scrubber: Scrubber;
  readonly log: Logger;
}

/** How a process is started. */
export interface ProcessStart {
  /** `worker`, `gateway` ...: in every log line. */
  readonly name: string;
  /** Path of `firebreak.yaml`. */
  readonly configPath: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Queues that it polls; none for a door. Decides which secrets it needs. */
  readonly queues: readonly QueueName[];
}

/**
 * Reads the configuration and makes sure that every secret this process needs is there.
 *
 * @throws CONFIG_INVALID, CONFIG_SECRET_MISSING, each naming every fault; CONNECTOR_PACKAGE_UNUSABLE
 */
export async function frameProcess({ name, configPath, environment, queues }: ProcessStart): Promise<ProcessFrame> {
  const config = await readConfig(configPath);
  const scrubber = new Scrubber();
  const secrets = secretReader(environment, (value) => scrubber.learn(value));
  const { database, keys, connectors, slack, watchdog } = config;
  const own = Object.fromEntries(Object.entries(connectors).filter(([capability]) => needsSecrets(capability, queues)));
  const { encryption, payload, signing, decisions } = keys;
  // Only a door exports bundles and takes decisions, so only it needs the keys that sign.
  const reports = watchdog && queues.includes('engine') ? [watchdog.token] : []; // its other secrets are the watchdog's own
  const references = [encryption, payload, ...(queues.length === 0 ? [signing, decisions] : []), ...reports];
  const door = queues.length === 0 && slack ? secretsOf(slack) : [];
  checkSecrets({ database, references: [...references, ...door], own }, secrets);
  return { config, secrets, scrubber, log: createLogger(name, scrubber) };
}
