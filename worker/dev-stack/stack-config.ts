import { join } from 'node:path';
import type { StackHome } from './home.ts';
import type { StackPorts } from './ports.ts';

/** What the configuration of a stack is made from. */
export interface StackConfigParts {
  readonly home: StackHome;
  readonly ports: StackPorts;
  /** `host:port` of Temporal's gRPC door. */
  readonly temporal: string;
  /** Folder of playbooks. */
  readonly playbooks: string;
  readonly oncall: Readonly<Record<string, readonly string[]>>;
  readonly connectors: object;
}

/** `firebreak.yaml` of a stack, as an object. */
export function stackConfig({ home, ports, temporal, playbooks, oncall, connectors }: StackConfigParts): object {
  return {
    database: { url: 'env:FIREBREAK_DATABASE_URL' },
    temporal: { address: temporal, namespace: 'default' },
    keys: home.keys,
    http: {
      host: '127.0.0.1',
      port: ports.gateway,
      uiOrigins: ['127.0.0.1', 'localhost'].map((host) => `http://${host}:${ports.ui}`),
    },
    metrics: { host: '127.0.0.1', port: ports.worker },
    people: home.people,
    oncall,
    playbooks: [playbooks],
    anchors: join(home.folder, 'anchors.jsonl'),
    connectors,
  };
}
