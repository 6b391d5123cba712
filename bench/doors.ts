/**
 * The doors under load: alerts at a fixed pace, people in Slack meanwhile, forged requests after.
 *
 *   npm run bench:doors -- [--quick] [--json] [--help]
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { verifyForged, verifyProper, type Verified } from '../test/unit/gateway/detectors/forgeries.ts';
import { atLeast, atMost, told, type Finding } from './support/benchmark.ts';
import { runsOf, secretFrom, type DoorsLoad } from './support/doors-schedule.ts';
import { DETECTOR, DoorsStand } from './support/doors-stand.ts';
import { workInSlack, type Acknowledged } from './support/doors-slack.ts';
import { machineNow } from './support/machine.ts';
import { percentile, round } from './support/statistics.ts';
import { tableOf } from './support/table.ts';
import type { LoadReport } from './support/doors-load.ts';

const HELP = `npm run bench:doors -- [--quick] [--json]

  --quick   ten seconds of load instead of sixty
  --json    one JSON object on standard output, nothing else there

A thousand alerts a second, 99 of 100 of them of what is known already, at one gateway beside its PostgreSQL, Temporal and worker;
people in Slack work meanwhile; then 10,000 forged and 10,000 proper requests of all schemes. Two minutes. Ends 1 when a figure
is missed, 2 for a wrong call.
`;

const PER_SECOND = 1_000;
const NEW_EVERY = 100;
const SECONDS = { quick: 10, full: 60 } as const;
const WARM = { perSecond: 500, triggers: 2_500 } as const; // a gateway that has just started has compiled nothing yet
const ANSWER_P99_MS = 200;
const ACK_P99_MS = 1_000;
const REQUESTS = 10_000;
const SEED = 20_260_504;
const REACHED = 0.98; // of the pace, over the time from the first trigger to the last answer
const GROWN_MAX = 1.2; // memory at the end against memory once it was warm: collections come and go
const SHOWN = 5; // of what went wrong
const LISTED_WITHIN_MS = 20_000;
const LOAD = fileURLToPath(new URL('support/doors-load.ts', import.meta.url));

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Sends a load from a process of its own. */
async function send(load: DoorsLoad): Promise<LoadReport> {
  const child = fork(LOAD, { execArgv: ['--import=tsx'], serialization: 'advanced' });
  const answered = once(child, 'message') as Promise<[LoadReport]>;
  child.send(load);
  return (await answered)[0];
}

/** Looks at the gateway's memory once a second until it is told to stop. @returns megabytes, oldest first. */
async function watchMemory(stand: DoorsStand, isOver: () => boolean): Promise<readonly number[]> {
  const seen: number[] = [];
  while (!isOver()) {
    seen.push(stand.gatewayMb());
    await sleep(1_000, undefined, { ref: false });
  }
  return seen;
}

/** Waits until Temporal lists as many runs as were expected, or has had time enough. */
async function listedRuns(stand: DoorsStand, expected: number): Promise<number> {
  const deadline = Date.now() + LISTED_WITHIN_MS;
  for (;;) {
    const runs = await stand.runs();
    if (runs >= expected || Date.now() > deadline) return runs;
    await sleep(250);
  }
}

/** Everything that one load did. */
async function underLoad(stand: DoorsStand, load: DoorsLoad, incident: string) {
  let isOver = false;
  const over = (): boolean => isOver;
  const sent = send(load).finally(() => (isOver = true));
  const [report, slack, memory] = await Promise.all([
    sent,
    workInSlack(stand.slack, stand.slackUrl, incident, over),
    watchMemory(stand, over),
  ]);
  return { report, slack, memory };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** What a whole run measured. */
interface Measured {
  readonly size: 'quick' | 'full';
  readonly load: DoorsLoad;
  readonly report: LoadReport;
  readonly slack: Acknowledged;
  /** Megabytes, once a second. */
  readonly memory: readonly number[];
  /** Of the gateway, under the load. */
  readonly cpuMs: number;
  readonly expectedRuns: number;
  readonly runs: number;
  readonly ledger: { readonly opened: number; readonly named: number };
  readonly forged: Verified;
  readonly proper: Verified;
}

async function measure(stand: DoorsStand, secret: string, size: 'quick' | 'full'): Promise<Measured> {
  const base = { url: stand.stack.urls.gateway, detector: DETECTOR, secret, newEvery: NEW_EVERY };
  const warm: DoorsLoad = { ...base, ...WARM, firstSubject: 0 };
  const load = { ...base, perSecond: PER_SECOND, triggers: PER_SECOND * SECONDS[size], firstSubject: 1_000_000 };
  say('warming up');
  const warmed = await send(warm);
  if (Object.keys(warmed.statuses).join() !== '202') say(`while warming up: ${JSON.stringify(warmed.statuses)}`);
  const incident = await stand.someIncident();
  say(`${load.triggers} triggers, ${PER_SECOND} a second`);
  const cpuBefore = stand.gatewayCpuMs();
  const { report, slack, memory } = await underLoad(stand, load, incident);
  const cpuMs = stand.gatewayCpuMs() - cpuBefore;
  const expectedRuns = runsOf(warm) + runsOf(load);
  const runs = await listedRuns(stand, expectedRuns);
  const ledger = await stand.incidents();
  say('10,000 forged and 10,000 proper requests');
  const [forged, proper] = [await verifyForged(REQUESTS, SEED), await verifyProper(REQUESTS)];
  return { size, load, report, slack, memory, cpuMs, expectedRuns, runs, ledger, forged, proper };
}

/** The figures, by the names that are a contract. */
function figuresOf({ report, slack, memory, runs, expectedRuns, forged, proper }: Measured) {
  return {
    triggers: {
      perSecond: round(((report.statuses['202'] ?? 0) * 1_000) / report.ms),
      p99Ms: round(percentile(report.latencies, 0.99)),
      ...{ runs, expectedRuns },
    },
    slackAck: { p99Ms: round(percentile(slack.ms, 0.99)) },
    forged: { tried: forged.tried, accepted: forged.accepted },
    proper: { tried: proper.tried, accepted: proper.accepted },
    memoryMb: {
      start: Math.round(meanOf(memory.slice(0, 5))),
      end: Math.round(meanOf(memory.slice(-5))),
      peak: Math.max(...memory),
    },
  };
}

function findingsOf(measured: Measured): readonly Finding[] {
  const { load, report, slack, cpuMs, ledger, runs, expectedRuns } = measured;
  const { triggers, slackAck, forged, proper, memoryMb } = figuresOf(measured);
  const isOff = (count: number): number => Math.abs(count - expectedRuns);
  return [
    atLeast('triggers taken', triggers.perSecond, REACHED * PER_SECOND, ' a second'),
    atMost('  triggers not taken', load.triggers - (report.statuses['202'] ?? 0), 0),
    atMost('  answer, p99', triggers.p99Ms, ANSWER_P99_MS, ' ms'),
    told('  answer, p50', percentile(report.latencies, 0.5), ' ms'),
    told('  answer, slowest', report.latencies.at(-1)!, ' ms'),
    atMost('  runs too many or too few, in Temporal', isOff(runs), 0),
    atMost('  the same, in the ledger', isOff(ledger.opened) + isOff(ledger.named), 0),
    atMost('  memory of the gateway, end against start', memoryMb.end / memoryMb.start, GROWN_MAX),
    told('  processor time of the gateway, a trigger', cpuMs / load.triggers, ' ms'),
    told('  processor time of the generator', report.cpuMs / report.ms, ' cores'),
    atMost(`Slack acknowledgement, p99 of ${slack.ms.length}`, slackAck.p99Ms, ACK_P99_MS, ' ms'),
    atMost('  refused', slack.refused.length, 0),
    atMost(`forged requests taken, of ${forged.tried}`, forged.accepted, 0),
    atMost(`proper requests refused, of ${proper.tried}`, proper.tried - proper.accepted, 0),
  ];
}

async function run(size: 'quick' | 'full', isJson: boolean): Promise<boolean> {
  const machine = machineNow();
  const secret = secretFrom(`doors ${process.pid} ${Date.now()}`);
  const stand = await DoorsStand.open(secret, say);
  try {
    const measured = await measure(stand, secret, size);
    const { report, slack, forged, proper } = measured;
    const findings = findingsOf(measured);
    const missed = findings.filter(({ isReached }) => isReached === false).map(({ what }) => what.trim());
    for (const text of new Set([...forged.wrong, ...proper.wrong, ...slack.refused].slice(0, SHOWN))) say(text);
    if (missed.length > 0) say(`answers: ${JSON.stringify(report.statuses)}`);
    const figures = { ...figuresOf(measured), size, machine, missed };
    process.stdout.write(isJson ? `${JSON.stringify(figures)}\n` : `${tableOf(findings)}\n`);
    return missed.length === 0;
  } finally {
    await stand.close();
  }
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) process.stdout.write(HELP);
else process.exitCode = (await run(values.quick ? 'quick' : 'full', values.json)) ? 0 : 1;
