import { migrate } from '../ledger/migrate.ts';
import { checkTemporal, createClient } from './client.ts';
import { frameProcess } from './process-frame.ts';
import { registerSearchAttributes } from './search-attributes.ts';

/**
 * Brings database and Temporal namespace to what this version needs; safe to repeat.
 *
 * @param configPath - path of `firebreak.yaml`.
 * @returns what was done, one line each.
 * @throws CONFIG_, LEDGER_ codes, STACK_TEMPORAL_AWAY
 */
export async function migrateAll(
  configPath: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly string[]> {
  const { config, secrets } = await frameProcess({ name: 'migrate', configPath, environment, queues: ['actions'] });
  const applied = await migrate(secrets(config.database.url));
  const client = createClient(config, secrets);
  try {
    await checkTemporal(client, config);
    const added = await registerSearchAttributes(client);
    return [
      `ledger: ${applied.length === 0 ? 'up to date' : `applied ${applied.join(', ')}`}`,
      `search attributes: ${added.length === 0 ? 'all there' : `registered ${added.join(', ')}`}`,
    ];
  } finally {
    await client.connection.close();
  }
}
