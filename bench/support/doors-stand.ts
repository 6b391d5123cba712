import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { stringify } from 'yaml';
import { SIGNING_SECRET } from '../../test/integration/slack/signing-secret.ts';
import { SocketSlack } from '../../test/integration/slack/socket-slack.ts';
import { freePort } from '../../test/support/free-port.ts';
import { startTestTemporal } from '../../test/support/temporal.ts';
import { prepareHome } from '../../worker/dev-stack/home.ts';
import { choosePorts } from '../../worker/dev-stack/ports.ts';
import { RunFile } from '../../worker/dev-stack/run-file.ts';
import { stackConfig } from '../../worker/dev-stack/stack-config.ts';
import { upStack, type RunningStack } from '../../worker/dev-stack/stack.ts';

/** Detector that the load speaks for. */
export const DETECTOR = 'scout';
const PLAYBOOKS = resolve(import.meta.dirname, '../../test/integration/detectors/playbooks');
const CACHE = resolve(import.meta.dirname, '../../.firebreak');
const USER_TIME = 11; // field 14 of proc(5), counted after the name in brackets; system time follows
const TICKS_A_SECOND = 100; // of Linux, whatever the kernel's own clock
const PEOPLE = {
  dana: ['responder'],
  casey: ['commander'],
  priya: ['privacy'],
  olive: ['observer'],
  noor: ['commander', 'admin'],
} as const;

/** The product's own processes on PostgreSQL and Temporal: one gateway with both doors, one worker; Slack is on loopback. */
export class DoorsStand {
  readonly stack: RunningStack;
  readonly slack: SocketSlack;
  readonly client: Client;
  /** Where Slack posts to. */
  readonly slackUrl: string;
  readonly #database: pg.Client;
  readonly #folder: string;
  readonly #gateway: number;

  private constructor(
    parts: Pick<DoorsStand, 'stack' | 'slack' | 'client' | 'slackUrl'>,
    database: pg.Client,
    folder: string,
  ) {
    ({ stack: this.stack, slack: this.slack, client: this.client, slackUrl: this.slackUrl } = parts);
    this.#database = database;
    this.#folder = folder;
    const entries = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as { name: string; pid: number }[];
    this.#gateway = entries.find(({ name }) => name === 'gateway')!.pid;
  }

  /** @param secret - of the detector, base64. @param say - takes a line for each part that is up. */
  static async open(secret: string, say: (line: string) => void): Promise<DoorsStand> {
    const folder = mkdtempSync(join(tmpdir(), 'firebreak-doors-'));
    const [slack, temporal, slackPort] = await Promise.all([SocketSlack.open(), startTestTemporal(), freePort()]);
    const environment = {
      ...process.env,
      ...{ FIREBREAK_PORT: '0', TEMPORAL_ADDRESS: temporal.address, SCOUT_KEY: `whsec_${secret}` },
      ...{ SLACK_TOKEN: slack.token, SLACK_SECRET: SIGNING_SECRET },
    };
    const home = prepareHome(folder);
    const ports = await choosePorts(environment);
    const base = { home, ports, temporal: temporal.address, playbooks: PLAYBOOKS, oncall: {}, connectors: {} };
    const config = {
      ...stackConfig({ ...base, connectors: { chat: { use: 'console' } } }),
      detectors: join(folder, 'detectors.yaml'),
      slack: {
        ...{ team: slack.team, token: 'env:SLACK_TOKEN', url: `${slack.url}/api/` },
        cards: false, // six hundred incidents a minute are another gateway's work, or the only one's on another day
        http: { port: slackPort, signingSecret: 'env:SLACK_SECRET' },
      },
    };
    writeFileSync(home.config, stringify(config));
    writeFileSync(config.detectors, stringify({ detectors: [detector()] }));
    writeFileSync(home.people, stringify(peopleFile(slack)));
    const runFile = new RunFile(join(folder, 'run.json'), folder);
    await runFile.take();
    const stack = await upStack({
      ...{ home, runFile, ports, cache: CACHE, environment, say },
      configuration: () => Promise.resolve({ path: home.config, environment: {} }),
    });
    const database = new pg.Client({ connectionString: stack.urls.postgres });
    const [connection] = await Promise.all([Connection.connect({ address: temporal.address }), database.connect()]);
    const slackUrl = `http://127.0.0.1:${slackPort}/slack/events`;
    return new DoorsStand({ stack, slack, client: new Client({ connection }), slackUrl }, database, folder);
  }

  /** Resident memory of the gateway, megabytes. */
  gatewayMb(): number {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.#gateway}/status`, 'utf8')) ?? [];
    return Math.round(Number(kilobytes) / 1_024);
  }

  /** Processor time that the gateway has taken so far, milliseconds. */
  gatewayCpuMs(): number {
    const stat = readFileSync(`/proc/${this.#gateway}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[USER_TIME]) + Number(fields[USER_TIME + 1])) * (1_000 / TICKS_A_SECOND);
  }

  /** Incidents in the ledger, and how many of them a leak names. */
  async incidents(): Promise<{ readonly opened: number; readonly named: number }> {
    const { rows } = await this.#database.query<{ opened: number; named: number }>(
      'select (select count(*)::int from incidents) as opened, (select count(distinct incident)::int from leaks) as named',
    );
    return rows[0]!;
  }

  /** Id of an incident that runs. */
  async someIncident(): Promise<string> {
    const { rows } = await this.#database.query<{ id: string }>('select id from incidents order by number limit 1');
    return rows[0]!.id;
  }

  /** Runs that Temporal lists: it lists what it has started a moment later. */
  async runs(): Promise<number> {
    const { count } = await this.client.workflow.count("WorkflowType = 'incident'");
    return count;
  }

  async close(): Promise<void> {
    await Promise.all([this.client.connection.close(), this.#database.end()]);
    await this.stack.stop();
    await this.slack.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function detector(): object {
  return {
    ...{ name: DETECTOR, scheme: 'standard-webhooks', keys: ['env:SCOUT_KEY'], playbooks: ['campaign'] },
    ...{ modes: ['live', 'drill'], startsPerHour: 10_000 },
    rules: [
      {
        ...{ when: "${{ event.kind == 'leak' }}", playbook: 'campaign', inputs: { store: 'ci' } },
        about: 'campaign ${{ event.fields.campaign }}',
      },
    ],
  };
}

function peopleFile({ users }: SocketSlack): object {
  const sha256 = createHash('sha256')
    .update(`fbk_${randomBytes(24).toString('hex')}`)
    .digest('hex');
  return {
    people: Object.entries(PEOPLE).map(([id, roles]) => ({
      ...{ id, name: id, address: `${id}@staff.example.org`, roles: [...roles], slack: users[id] },
    })),
    apiKeys: [{ name: 'olive', person: 'olive', sha256 }],
  };
}
