import { generateKeyPairSync, createHash, sign, type KeyObject } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { Api } from '../../demo/api.ts';
import { writeConfiguration } from '../../demo/configuration.ts';
import { DEMO_STAFF } from '../../demo/people.ts';
import { startWorld, type RunningWorld } from '../../demo/start-world.ts';
import type { StorySize } from '../../demo/world/story.ts';
import { prepareHome, writePeople, type StackHome } from '../../worker/dev-stack/home.ts';
import { choosePorts, freePorts } from '../../worker/dev-stack/ports.ts';
import { RunFile } from '../../worker/dev-stack/run-file.ts';
import { upStack, type RunningStack } from '../../worker/dev-stack/stack.ts';
import { temporalBinary } from '../support/temporal.ts';

const CACHE = resolve(import.meta.dirname, '../../.firebreak');
const SLACK_PATH = '/slack/events';
const DATABASE = 'firebreak';

/** GitHub as far as detectors ask it: the keys of its partner alerts, and the secret of an alert. */
class CodeHost {
  readonly #server: Server;
  readonly #partner: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
  readonly #id: string;
  /** Secret by the number of its alert. */
  readonly secrets = new Map<number, string>();

  constructor() {
    this.#partner = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    this.#id = createHash('sha256').update('the partner key of the canaries').digest('hex');
    const key = this.#partner.publicKey.export({ type: 'spki', format: 'pem' });
    const keys = { public_keys: [{ key_identifier: this.#id, key, is_current: true }] };
    this.#server = createServer((request, response) => {
      const number = Number(/alerts\/(\d+)$/.exec(request.url ?? '')?.[1]);
      const answer = request.url?.includes('public_keys') ? keys : { secret: this.secrets.get(number) };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  }

  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Headers that prove a partner alert. */
  proof(body: string): Readonly<Record<string, string>> {
    const signature = sign('sha256', Buffer.from(body), this.#partner.privateKey).toString('base64');
    return { 'github-public-key-identifier': this.#id, 'github-public-key-signature': signature };
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** Secrets of the detectors, made when the test runs. */
export interface DetectorSecrets {
  readonly webhook: string;
  readonly standard: string;
}

function detectorsFor(api: string): object {
  const leaked = { playbook: 'leaked-token', credentials: true, severity: 'high' };
  const rest = { playbooks: ['leaked-token'], modes: ['live', 'drill'], startsPerHour: 1_000 };
  return {
    detectors: [
      { name: 'partner', scheme: 'github-partner', api, ...rest, rules: [leaked] },
      { name: 'repository', scheme: 'github-webhook', api, keys: ['env:CANARY_WEBHOOK'], ...rest, rules: [leaked] },
      { name: 'own', scheme: 'standard-webhooks', keys: ['env:CANARY_STANDARD'], ...rest, rules: [] },
    ],
  };
}

/** Everything on real parts, with all doors open: database, Temporal, worker, gateway, a world with Slack, mail and tickets. */
export class CanaryHouse {
  readonly home: StackHome;
  readonly code = new CodeHost();
  readonly secrets: DetectorSecrets;
  /** What the stack said of itself. */
  readonly said: string[] = [];
  #stack: RunningStack | undefined;
  #world: RunningWorld | undefined;
  keys: ReadonlyMap<string, string> = new Map();
  slackDoor = '';

  private constructor(secrets: DetectorSecrets) {
    mkdirSync(CACHE, { recursive: true });
    this.home = prepareHome(mkdtempSync(join(CACHE, 'canaries-')));
    this.secrets = secrets;
  }

  get stack(): RunningStack {
    return this.#stack!;
  }

  get world(): RunningWorld {
    return this.#world!;
  }

  /** Folder of logs, databases, bundles. */
  get folder(): string {
    return this.home.folder;
  }

  static async open(size: StorySize, secrets: DetectorSecrets): Promise<CanaryHouse> {
    const house = new CanaryHouse(secrets);
    try {
      await house.#up(size);
    } catch (error) {
      await house.close();
      throw new Error(`the house did not come up: ${house.said.slice(-10).join('; ')}`, { cause: error });
    }
    return house;
  }

  async #up(size: StorySize): Promise<void> {
    const environment = { ...process.env, FIREBREAK_PORT: '0', FIREBREAK_TEMPORAL_CLI: await temporalBinary() };
    const runFile = new RunFile(join(this.folder, 'run.json'), this.folder);
    await runFile.take();
    const ports = await choosePorts(environment);
    const codeHost = await this.code.open();
    this.#stack = await upStack({
      ...{ home: this.home, runFile, ports, cache: CACHE, environment },
      say: (line) => this.said.push(line),
      configuration: async () => {
        const [bounces = 0, slack = 0] = await freePorts(2);
        this.slackDoor = `http://127.0.0.1:${slack}${SLACK_PATH}`;
        this.#world = await startWorld(size, { bouncePort: bounces, slackDoor: this.slackDoor });
        runFile.add({ name: 'world', pid: this.#world.pid, signal: 'SIGTERM' });
        const { places, keys } = this.#world;
        const staff = DEMO_STAFF.map((person) => ({ ...person, slack: places.slackUsers[person.id] }));
        this.keys = writePeople(this.home, staff);
        const databaseUrl = `postgres://firebreak@127.0.0.1:${ports.postgres}/${DATABASE}`;
        const written = writeConfiguration({
          ...{ home: this.home, ports: { ...ports, bounces, slack }, trigger: 'slack', places, databaseUrl, keys },
        });
        this.#addDetectors(codeHost);
        const { webhook, standard } = this.secrets;
        return {
          ...written,
          environment: { ...written.environment, CANARY_WEBHOOK: webhook, CANARY_STANDARD: standard },
        };
      },
    });
  }

  /** The demo's configuration opens one door beside the HTTP API; here all are open. */
  #addDetectors(api: string): void {
    const path = join(this.folder, 'detectors.yaml');
    writeFileSync(path, stringify(detectorsFor(api)), { mode: 0o600 });
    const configuration = parse(readFileSync(this.home.config, 'utf8')) as object;
    writeFileSync(this.home.config, stringify({ ...configuration, detectors: path }), { mode: 0o600 });
  }

  /** The API as a person of the demo. */
  as(person: string): Api {
    return new Api(this.stack.urls.gateway, this.keys.get(person) ?? '');
  }

  /** Asks the world about itself, or has it do something. */
  async control(path: string, body?: object): Promise<unknown> {
    const sent = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    return (await fetch(`${this.world.places.control}${path}`, sent)).json();
  }

  async close(): Promise<void> {
    await this.#stack?.stop();
    await this.#world?.stop();
    this.code.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
