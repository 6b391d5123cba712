import { isJsonObject } from '../contracts/json.ts';
import type { ConfiguredNames } from '../playbooks/surroundings.ts';
import type { Config } from './config.ts';

/** Names of the configuration that playbooks may refer to; a capability that is not configured is left out. */
export function configuredNames({ connectors }: Pick<Config, 'connectors'>): ConfiguredNames {
  const namesIn = (capability: string, member: string): readonly string[] | undefined => {
    const part = connectors[capability];
    if (!part) return undefined;
    const named = part[member];
    return named !== undefined && isJsonObject(named) ? Object.keys(named) : [];
  };
  const found = {
    sources: namesIn('credentials', 'sources'),
    queues: namesIn('tickets', 'queues'),
    logs: namesIn('evidence', 'sources'),
    hosts: namesIn('http', 'hosts'),
  };
  return Object.fromEntries(Object.entries(found).filter(([, names]) => names !== undefined));
}
