import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import type { StackHome } from '../worker/dev-stack/home.ts';
import type { StackPorts } from '../worker/dev-stack/ports.ts';
import type { Trigger } from './arguments.ts';
import { DEMO_DETECTOR } from './detector.ts';
import { WORLD_KEYS, type WorldPlaces } from './world.ts';

const LIBRARY = resolve(import.meta.dirname, '../playbooks/library');
const DATABASE_URL = 'FIREBREAK_DATABASE_URL';
const MAIL_CONNECTIONS = 8; // one slot each: a kill leaves at most that many in doubt

/** Where journal heads are kept outside of the database; `bundle verify --anchor` reads it. */
export function anchorFile({ folder }: Pick<StackHome, 'folder'>): string {
  return join(folder, 'anchors.jsonl');
}

/** Connectors to the demo's outside world. */
function connectors({ http, smtpPort, github, slack, queues }: WorldPlaces, bouncePort: number): object {
  const env = (name: keyof typeof WORLD_KEYS): string => `env:${WORLD_KEYS[name]}`;
  return {
    credentials: {
      sources: {
        'secrets-store': { use: 'http-store', url: http, token: env('store') },
        issuer: { use: 'http-issuer', url: http, read: env('issuerRead') },
      },
      issuers: { own: { use: 'http-issuer', url: http, read: env('issuerRead'), act: env('issuerAct') } },
    },
    people: {
      directory: { use: 'http-directory', url: http, token: env('directory') },
      admins: { url: http, token: env('store') },
      paging: { host: '127.0.0.1', port: smtpPort, from: 'firebreak@staff.example.org' },
    },
    notices: {
      use: 'smtp',
      host: '127.0.0.1',
      port: smtpPort,
      from: 'security@hub.example.org',
      bounceDomain: 'bounces.hub.example.org',
      site: 'hub.example.org',
      contact: 'privacy@hub.example.org',
      connections: MAIL_CONNECTIONS,
      bounces: { port: bouncePort },
    },
    tickets: { use: 'github-issues', url: github, token: env('github'), queues },
    chat: { use: 'slack', url: `${slack}/api/`, token: env('slack') },
    evidence: {
      sources: {
        'issuer-audit': { use: 'http-log', url: `${http}/api/audit`, token: env('issuerRead') },
        'store-audit': { use: 'http-log', url: `${http}/store/audit`, token: env('store') },
      },
    },
  };
}

/** What the demo's `firebreak.yaml` is written from. */
export interface ConfigurationParts {
  readonly home: StackHome;
  /** `slack`: where the Slack door takes deliveries. */
  readonly ports: StackPorts & { readonly bounces: number; readonly slack: number };
  readonly trigger: Trigger;
  readonly places: WorldPlaces;
  readonly databaseUrl: string;
  /** Keys of the simulated services by environment variable. */
  readonly keys: Readonly<Record<string, string>>;
}

/** The door that the incident comes through, where it is not the HTTP API; a detector's file is written beside. */
function door({ home, ports, trigger, places }: ConfigurationParts): object {
  switch (trigger) {
    case 'api':
      return {};
    case 'slack':
      return {
        slack: {
          ...{ team: places.slackTeam, token: `env:${WORLD_KEYS.slack}`, url: `${places.slack}/api/` },
          http: { port: ports.slack, signingSecret: `env:${WORLD_KEYS.slackSigning}` },
        },
      };
    case 'detector': {
      const path = join(home.folder, 'detectors.yaml');
      writeFileSync(path, stringify({ detectors: [DEMO_DETECTOR] }), { mode: 0o600 });
      return { detectors: path };
    }
  }
}

/** Writes the demo's `firebreak.yaml`. @returns what the stack's processes need to know of it. */
export function writeConfiguration(parts: ConfigurationParts) {
  const { home, ports, places, databaseUrl, keys } = parts;
  const configuration = {
    database: { url: `env:${DATABASE_URL}` },
    temporal: { address: process.env.TEMPORAL_ADDRESS ?? `127.0.0.1:${ports.temporal}` },
    keys: home.keys,
    http: { host: '127.0.0.1', port: ports.gateway, uiOrigins: [`http://127.0.0.1:${ports.ui}`] },
    metrics: { host: '127.0.0.1', port: ports.worker },
    people: home.people,
    oncall: { security: ['casey', 'noor'] },
    playbooks: [LIBRARY],
    anchors: anchorFile(home),
    ...door(parts),
    connectors: connectors(places, ports.bounces),
  };
  writeFileSync(home.config, stringify(configuration), { mode: 0o600 });
  return { path: home.config, environment: { [DATABASE_URL]: databaseUrl, ...keys } };
}
