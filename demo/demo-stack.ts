import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { prepareHome, writePeople } from '../worker/dev-stack/home.ts';
import { choosePorts, freePorts, type StackPorts } from '../worker/dev-stack/ports.ts';
import { RunFile } from '../worker/dev-stack/run-file.ts';
import { upStack, type RunningStack } from '../worker/dev-stack/stack.ts';
import { tellCli } from '../worker/dev-stack/tell-cli.ts';
import { Api } from './api.ts';
import type { Trigger } from './arguments.ts';
import { writeConfiguration } from './configuration.ts';
import { DEMO_STAFF } from './people.ts';
import { startWorld, type RunningWorld } from './start-world.ts';
import type { StorySize } from './world/story.ts';

const SLACK_PATH = '/slack/events'; // docs/slack.md
const ROOT = resolve(import.meta.dirname, '..');

/** Where a demo's stack lives. */
export interface DemoPlace {
  /** Absolute; default `.firebreak/demo` of the checkout. */
  readonly folder?: string;
  /** Default the process's own. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** The demo's stack: a world, and everything that the product needs, in a folder that every run starts afresh. */
export class DemoStack {
  readonly folder: string;
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #say: (line: string) => void;
  #stack: RunningStack | undefined;
  #world: RunningWorld | undefined;
  /** What is under way: whoever ends the demo waits for it first, so that nothing is left behind. */
  readonly #starting: Promise<unknown>[] = [];
  keys: ReadonlyMap<string, string> = new Map();

  constructor(say: (line: string) => void, { folder, environment = process.env }: DemoPlace = {}) {
    this.folder = folder ?? join(ROOT, '.firebreak', 'demo');
    this.#environment = environment;
    this.#say = say;
  }

  get stack(): RunningStack {
    return this.#stack!;
  }

  get world(): RunningWorld {
    return this.#world!;
  }

  /** @param trigger - door that the incident will come through: it is opened. */
  up(size: StorySize, trigger: Trigger = 'api'): Promise<void> {
    const up = this.#up(size, trigger);
    this.#starting.push(up);
    return up;
  }

  async #up(size: StorySize, trigger: Trigger): Promise<void> {
    mkdirSync(this.folder, { recursive: true });
    const runFile = new RunFile(join(this.folder, 'run.json'), this.folder);
    const left = await runFile.take();
    if (left.length > 0) this.#say(`ended what an earlier run left behind: ${left.join(', ')}`);
    for (const stale of [
      'postgres',
      'temporal.db',
      'temporal.db-wal',
      'temporal.db-shm',
      'anchors.jsonl',
      'bundles',
      'drafts',
    ])
      rmSync(join(this.folder, stale), { recursive: true, force: true });
    const home = prepareHome(this.folder);
    const ports = await choosePorts(this.#environment);
    this.#stack = await upStack({
      ...{ home, runFile, ports },
      cache: join(ROOT, '.firebreak'),
      environment: this.#environment,
      configuration: () => this.#configure(size, trigger, ports, home, runFile),
      say: this.#say,
    });
    tellCli(ROOT, home, this.stack.urls.gateway, 'casey');
  }

  async #configure(
    size: StorySize,
    trigger: Trigger,
    ports: StackPorts,
    home: ReturnType<typeof prepareHome>,
    runFile: RunFile,
  ) {
    const [bounces = 0, slack = 0] = await freePorts(2);
    const slackDoor = trigger === 'slack' ? `http://127.0.0.1:${slack}${SLACK_PATH}` : undefined;
    const starting = startWorld(size, { bouncePort: bounces, slackDoor });
    this.#starting.push(starting);
    this.#world = await starting;
    runFile.add({ name: 'world', pid: this.#world.pid, signal: 'SIGTERM' });
    const { places, keys } = this.#world;
    this.#say(
      `world       issuer and store ${places.http}, mail 127.0.0.1:${places.smtpPort}, GitHub ${places.github}, Slack ${places.slack}`,
    );
    this.keys = writePeople(
      home,
      DEMO_STAFF.map((person) => ({ ...person, slack: places.slackUsers[person.id] })),
    );
    const databaseUrl =
      process.env.FIREBREAK_DATABASE_URL ?? `postgres://firebreak@127.0.0.1:${ports.postgres}/firebreak`;
    return writeConfiguration({ home, ports: { ...ports, bounces, slack }, trigger, places, databaseUrl, keys });
  }

  /** The API as a person of the demo. */
  as(person: string): Api {
    return new Api(this.stack.urls.gateway, this.keys.get(person) ?? '');
  }

  /** Asks the world about itself. */
  async observed<Answer>(path: string): Promise<Answer> {
    return (await (await fetch(`${this.world.places.control}${path}`)).json()) as Answer;
  }

  /** Ends everything in order, also what has not come up yet. */
  async down(): Promise<void> {
    await Promise.allSettled(this.#starting);
    await this.#stack?.stop();
    await this.#world?.stop();
  }

  /** Ends everything at once; what it cannot reach the next start ends. */
  kill(): void {
    this.#stack?.kill();
    if (this.#world) process.kill(this.#world.pid, 'SIGKILL');
  }
}
