import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CodedError, isCodedError } from '../contracts/errors.ts';
import { prepareHome, writePeople } from '../worker/dev-stack/home.ts';
import { choosePorts, type StackPorts } from '../worker/dev-stack/ports.ts';
import { RunFile } from '../worker/dev-stack/run-file.ts';
import { upStack, type RunningStack } from '../worker/dev-stack/stack.ts';
import { Api } from './api.ts';
import { closingTable, type ClosingPlaces } from './closing-table.ts';
import { collect } from './collect.ts';
import { anchorFile, writeConfiguration } from './configuration.ts';
import { DEMO_REQUESTER, DEMO_ROLES, DEMO_STAFF } from './people.ts';
import { watchRun } from './run.ts';
import { startWorld, type RunningWorld } from './start-world.ts';
import type { DemoOutcome } from './outcome.ts';
import type { Observed } from './world/observe.ts';
import type { StorySize } from './world/story.ts';

const ROOT = resolve(import.meta.dirname, '..');
const WITHIN_MS = 15 * 60_000; // a demo of 50,000 tokens on two cores
const STORE = 'spaces';
const INTERRUPTED_EXIT = 130; // 128 + SIGINT, as shells count

const HELP = `firebreak demo: a company's worst day on loopback, start to close.

  --tokens N             own tokens that were exposed (default 200)
  --people M             people affected, at most N (default 150)
  --seed S               the same seed gives the same world (default 1)
  --yes                  the demo's people answer, sign and record; without it the run rests and lists what is open
  --kill-worker-at K     SIGKILL the worker when the mail sink holds K messages; another one takes over
  --json                 one JSON object on standard output, progress on standard error
  --keep                 leave the stack running until Ctrl-C, with the mailbox page and the Temporal UI
  --record DIR           where the outside world writes its own record (mails, what each person held)

Ends 0 when the incident closed, what was claimed is what was observed, and the bundle verifies.`;

interface DemoArguments extends StorySize {
  readonly yes: boolean;
  readonly json: boolean;
  readonly keep: boolean;
  readonly killAt: number | undefined;
  readonly record: string | undefined;
}

function wholeNumber(text: string, name: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new CodedError('DEMO_ARGUMENT_INVALID', `--${name} takes a whole number from 1, not ${text}`);
  return value;
}

function readArguments(argv: readonly string[]): DemoArguments | undefined {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      tokens: { type: 'string', default: '200' },
      people: { type: 'string', default: '150' },
      seed: { type: 'string', default: '1' },
      yes: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      'kill-worker-at': { type: 'string' },
      record: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const [tokens, people, seed] = [
    wholeNumber(values.tokens, 'tokens'),
    wholeNumber(values.people, 'people'),
    wholeNumber(values.seed, 'seed'),
  ];
  if (people > tokens)
    throw new CodedError(
      'DEMO_ARGUMENT_INVALID',
      `${people} people cannot hold ${tokens} tokens: give at least as many tokens as people`,
    );
  const kill = values['kill-worker-at'];
  return {
    tokens,
    people,
    seed,
    yes: values.yes,
    json: values.json,
    keep: values.keep,
    record: values.record,
    killAt: kill === undefined ? undefined : wholeNumber(kill, 'kill-worker-at'),
  };
}

/** The demo's stack: a world, and everything that the product needs, in a folder that every run starts afresh. */
class DemoStack {
  readonly folder = join(ROOT, '.firebreak', 'demo');
  readonly #say: (line: string) => void;
  #stack: RunningStack | undefined;
  #world: RunningWorld | undefined;
  keys: ReadonlyMap<string, string> = new Map();

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  get stack(): RunningStack {
    return this.#stack!;
  }

  get world(): RunningWorld {
    return this.#world!;
  }

  async up(size: StorySize): Promise<void> {
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
    this.keys = writePeople(home, DEMO_STAFF);
    const ports = await choosePorts(process.env);
    this.#stack = await upStack({
      ...{ home, runFile, ports },
      cache: join(ROOT, '.firebreak'),
      environment: process.env,
      configuration: () => this.#configure(size, ports, home, runFile),
      say: this.#say,
    });
    this.#tellCli();
  }

  /** Where the command line finds this stack, and as whom it speaks. */
  #tellCli(): void {
    const found = { url: this.stack.urls.gateway, keys: join(this.folder, 'keys', 'api'), as: 'casey' };
    writeFileSync(join(ROOT, '.firebreak', 'cli.json'), JSON.stringify(found), { mode: 0o600 });
  }

  async #configure(size: StorySize, ports: StackPorts, home: ReturnType<typeof prepareHome>, runFile: RunFile) {
    this.#world = await startWorld(size);
    runFile.add({ name: 'world', pid: this.#world.pid, signal: 'SIGTERM' });
    this.#say(
      `world       issuer and store ${this.#world.places.http}, mail 127.0.0.1:${this.#world.places.smtpPort}, GitHub ${this.#world.places.github}, Slack ${this.#world.places.slack}`,
    );
    const databaseUrl =
      process.env.FIREBREAK_DATABASE_URL ?? `postgres://firebreak@127.0.0.1:${ports.postgres}/firebreak`;
    return writeConfiguration(home, ports, this.#world.places, databaseUrl, this.#world.keys);
  }

  /** The API as a person of the demo. */
  as(person: string): Api {
    return new Api(this.stack.urls.gateway, this.keys.get(person) ?? '');
  }

  async observed<Answer>(path: string): Promise<Answer> {
    return (await (await fetch(`${this.world.places.control}${path}`)).json()) as Answer;
  }

  async down(): Promise<void> {
    await this.#stack?.stop();
    await this.#world?.stop();
  }
}

async function play(
  demo: DemoStack,
  given: DemoArguments,
  stackMs: number,
  say: (line: string) => void,
): Promise<DemoOutcome> {
  const startedAt = Date.now();
  const detected = { at: new Date(startedAt - 3_600_000).toISOString() };
  const { incident } = await demo.as(DEMO_REQUESTER).post<{ incident: string }>('/incidents', {
    playbook: 'exposed-secrets',
    inputs: { store: STORE, detected },
    roles: DEMO_ROLES,
  });
  say(`${incident} opened by ${DEMO_REQUESTER}`);
  const reader = demo.as('omar'); // counsel: sees every document
  const status = await watchRun({
    incident,
    reader,
    as: (person) => demo.as(person),
    answers: given.yes,
    killAt: given.killAt,
    workerPid: () => demo.stack.workerPid(),
    mailCount: async () => (await demo.observed<{ messages: number }>('/mailcount')).messages,
    withinMs: WITHIN_MS,
    say,
  });
  const totalMs = Date.now() - startedAt;
  const observed = await demo.observed<Observed>('/observed');
  await demo.observed(`/record?folder=${encodeURIComponent(recordFolder(demo, given))}`);
  const firstRevokeMs =
    observed.issuer.firstRevokeAt === null ? -1 : Date.parse(observed.issuer.firstRevokeAt) - startedAt;
  return collect({
    ...{ status, reader, observed },
    exporter: demo.as('omar'),
    drafts: join(demo.folder, 'drafts'),
    anchors: anchorFile(demo),
    timings: { stackMs, triggerToFirstRevokeMs: firstRevokeMs, totalMs },
    crashes: demo.stack.crashes(),
  });
}

/** Where the outside world writes its own record of the run. */
function recordFolder({ folder }: DemoStack, { record }: DemoArguments): string {
  return record === undefined ? join(folder, 'record') : resolve(record);
}

/** Whether what was claimed is what the outside world observed. */
function holds(
  { status, credentials, notices, observed, journal }: DemoOutcome,
  { tokens, people, yes }: DemoArguments,
): boolean {
  if (!yes) return true;
  return (
    status === 'closed' &&
    credentials.verified === tokens &&
    notices.unreachable === observed.mail.refused &&
    observed.issuer.active === 0 &&
    observed.issuer.serviceDeadBeforeHandover === 0 &&
    observed.mail.recipients + notices.unknown >= people &&
    observed.mail.duplicates === 0 &&
    observed.mail.withManyRecipients === 0 &&
    journal.verified
  );
}

function placesOf(demo: DemoStack, given: DemoArguments, stays: boolean): ClosingPlaces {
  const live = { mailbox: `${demo.world.places.control}/mailbox`, ui: demo.stack.urls.ui };
  return {
    record: recordFolder(demo, given),
    drafts: join(demo.folder, 'drafts'),
    ...(stays ? { live } : {}),
  };
}

function untilInterrupted(): Promise<void> {
  return new Promise((done) => {
    process.once('SIGINT', done);
    process.once('SIGTERM', done);
  });
}

/** `firebreak demo`. @returns the exit code. */
export async function runDemo(argv: readonly string[]): Promise<number> {
  const given = readArguments(argv);
  if (!given) {
    process.stdout.write(`${HELP}\n`);
    return 0;
  }
  const say = (line: string): void => void (given.json ? process.stderr : process.stdout).write(`${line}\n`);
  const demo = new DemoStack(say);
  const startedAt = Date.now();
  const interrupted = untilInterrupted();
  try {
    await demo.up(given);
    const outcome = await Promise.race([
      play(demo, given, Date.now() - startedAt, say),
      interrupted.then(() => undefined),
    ]);
    if (!outcome) return INTERRUPTED_EXIT;
    const stays = given.keep || (!given.yes && process.stdin.isTTY);
    if (given.json) process.stdout.write(`${JSON.stringify(outcome)}\n`);
    else say(`\n${closingTable(outcome, placesOf(demo, given, stays))}`);
    if (stays) {
      say('\nThe stack runs until Ctrl-C.');
      await interrupted;
    }
    return holds(outcome, given) ? 0 : 1;
  } finally {
    await demo.down();
  }
}

if (process.argv[1] === import.meta.filename) {
  try {
    process.exitCode = await runDemo(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${isCodedError(error) ? error.message : String(error)}\n`);
    process.exitCode = isCodedError(error, 'DEMO_ARGUMENT_INVALID') ? 2 : 1;
  }
}
