import { createPublicKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isCodedError } from '../contracts/errors.ts';
import { HELP, readArguments, type DemoArguments } from './arguments.ts';
import { closingTable, type ClosingPlaces } from './closing-table.ts';
import { collect } from './collect.ts';
import { anchorFile } from './configuration.ts';
import { DemoStack } from './demo-stack.ts';
import { watchRun } from './run.ts';
import { pullTrigger } from './trigger.ts';
import type { DemoOutcome } from './outcome.ts';
import type { Observed } from './world/observe.ts';

const WITHIN_MS = 15 * 60_000; // a demo of 50,000 tokens on two cores
const INTERRUPTED_EXIT = 130; // 128 + SIGINT, as shells count

async function play(
  demo: DemoStack,
  given: DemoArguments,
  stackMs: number,
  say: (line: string) => void,
): Promise<DemoOutcome> {
  const startedAt = Date.now();
  const { incident, approve, ...trigger } = await pullTrigger(demo, given.trigger, say);
  say(`${incident} opened by ${trigger.by}, acknowledged in ${trigger.ackMs} ms`);
  const reader = demo.as('omar'); // counsel: sees every document
  const status = await watchRun({
    incident,
    reader,
    as: (person) => demo.as(person),
    answers: given.yes,
    approve,
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
    ...{ trigger, status, reader, observed },
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
    notices.unreachable <= observed.mail.refused && // a worker that was killed may not have heard the refusal
    observed.mail.refused <= notices.unreachable + notices.unknown &&
    notices.bounced === observed.mail.bounced &&
    observed.issuer.active === 0 &&
    observed.issuer.serviceDeadBeforeHandover === 0 &&
    observed.mail.recipients + notices.unknown >= people &&
    observed.mail.duplicates === 0 &&
    observed.mail.withManyRecipients === 0 &&
    journal.verified
  );
}

/** Writes the public half of the signing key beside a bundle, as a verifier would have been given it. @returns its path */
function writePublicKey(folder: string, bundle: string): string {
  const path = join(dirname(bundle), 'signing.pub.pem');
  const key = createPublicKey(readFileSync(join(folder, 'keys', 'signing.pem')));
  writeFileSync(path, key.export({ type: 'spki', format: 'pem' }));
  return path;
}

function placesOf(demo: DemoStack, given: DemoArguments, stays: boolean, bundle: string): ClosingPlaces {
  const live = { mailbox: `${demo.world.places.control}/mailbox`, ui: demo.stack.urls.ui };
  return {
    record: recordFolder(demo, given),
    drafts: join(demo.folder, 'drafts'),
    anchors: anchorFile(demo),
    publicKey: writePublicKey(demo.folder, bundle),
    ...(stays ? { live } : {}),
  };
}

/** The first Ctrl-C (or SIGTERM) ends the demo in order, a second one at once. */
function untilInterrupted(demo: DemoStack, say: (line: string) => void): Promise<void> {
  let isAsked = false;
  return new Promise((done) => {
    const end = (): void => {
      if (isAsked) {
        demo.kill();
        process.exit(INTERRUPTED_EXIT);
      }
      isAsked = true;
      say('ending in order (again: at once)');
      done();
    };
    process.on('SIGINT', end);
    process.on('SIGTERM', end);
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
  const interrupted = untilInterrupted(demo, say);
  try {
    const outcome = await Promise.race([
      demo.up(given, given.trigger).then(() => play(demo, given, Date.now() - startedAt, say)),
      interrupted.then(() => undefined),
    ]);
    if (!outcome) return INTERRUPTED_EXIT;
    const stays = given.keep || (!given.yes && process.stdin.isTTY);
    if (given.json) process.stdout.write(`${JSON.stringify(outcome)}\n`);
    else say(`\n${closingTable(outcome, placesOf(demo, given, stays, outcome.bundle))}`);
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
    process.exit(await runDemo(process.argv.slice(2)));
  } catch (error) {
    process.stderr.write(`${isCodedError(error) ? error.message : String(error)}\n`);
    process.exit(isCodedError(error, 'DEMO_ARGUMENT_INVALID') ? 2 : 1);
  }
}
