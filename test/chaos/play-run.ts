import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { brokenOf, check } from '../checker/check.ts';
import { ChaosPeople } from './people.ts';
import { ApiRefusal, type Api } from '../../demo/api.ts';
import { errorEntry, isErrorCode } from '../../contracts/errors.ts';
import type { ChaosRun } from './draw-run.ts';
import type { ChaosStack } from './stack.ts';
import type { IncidentStatus } from '../../contracts/messages.ts';
import type { RunWorld } from './run-world.ts';
import type { Verdict } from '../checker/verdict.ts';

const LOOK_EVERY_MS = 400;
const AGAIN_AFTER_MS = 500;
const STAYS_STOPPED_MS = 7_000; // longer than the time that the checker gives a stop to take effect
const SETTLES_WITHIN_MS = 2_000; // what a stopped worker still had on the wire

/** What a run came to. */
export interface RunOutcome {
  readonly seed: number;
  readonly incident: string | undefined;
  readonly verdicts: readonly Verdict[];
  /** Why it failed, one sentence each; empty: it did not. */
  readonly faults: readonly string[];
  readonly effects: number;
  readonly seconds: number;
}

/** What a run is played with. */
export interface PlayOptions {
  readonly run: ChaosRun;
  readonly stack: ChaosStack;
  readonly world: RunWorld;
  /** Folder for the run's records and bundle. */
  readonly folder: string;
  readonly withinMs: number;
}

/** Refusals that another try changes: a part of the stack is down, or too slow to answer. */
function isAway(error: unknown): boolean {
  if (!(error instanceof ApiRefusal)) return true;
  return isErrorCode(error.code) ? errorEntry(error.code).http >= 500 : error.code.startsWith('HTTP_5');
}

/** Asks again while a part is down. @throws any other refusal, and the last one once the time is over */
async function patiently<Answer>(deadline: number, ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isAway(error) || Date.now() > deadline) throw error;
      await pause(AGAIN_AFTER_MS);
    }
  }
}

/** Strikes the stack, and stops and resumes the incident, when the run has had so many effects. */
function armBlows(
  { run, stack, world }: PlayOptions,
  api: Api,
  incident: string,
  deadline: number,
): () => Promise<void> {
  const left = [...run.blows];
  let steering: Promise<void> | undefined;
  /** What was said may have arrived although no answer came: then the second time is refused. */
  const say = (word: 'stop' | 'resume'): Promise<unknown> =>
    patiently(deadline, () => api.post(`/incidents/${incident}/${word}`, { reason: 'chaos' })).catch(() => undefined);
  const steer = async (): Promise<void> => {
    await say('stop');
    await pause(STAYS_STOPPED_MS);
    await say('resume');
  };
  const look = (effects: number): void => {
    while (left[0] && left[0].afterEffects <= effects) stack.strike(left.shift()!.blow);
    if (run.stopAfterEffects !== undefined && effects >= run.stopAfterEffects) steering ??= steer();
  };
  world.watch(look);
  return async () => steering;
}

async function toClose(options: PlayOptions, incident: string, deadline: number): Promise<IncidentStatus | undefined> {
  const { run, stack } = options;
  const people = new ChaosPeople(run, (person) => stack.as(person));
  const reader = stack.as('omar');
  let status: IncidentStatus | undefined;
  while (Date.now() < deadline) {
    status = await patiently(deadline, () => reader.status(incident)).catch(() => status);
    if (!status || status.state === 'closed') return status;
    await people.answer(incident, status);
    await pause(LOOK_EVERY_MS);
  }
  return status;
}

function restsOn(status: IncidentStatus | undefined): string {
  if (!status) return 'nobody answers';
  const open = status.steps.filter(({ state }) => !['succeeded', 'partial', 'skipped'].includes(state));
  return open
    .map(({ id, state, waitsFor, error }) => `${id} ${state} ${waitsFor ?? ''} ${error?.code ?? ''}`.trim())
    .join(', ');
}

/** Heads of one incident that left the house. */
function writeAnchors(from: string, incident: string, to: string): void {
  const own = readFileSync(from, 'utf8')
    .split('\n')
    .filter((line) => line.includes(`"${incident}"`));
  writeFileSync(to, `${own.join('\n')}\n`);
}

async function judge(
  { stack, world, folder }: PlayOptions,
  incident: string,
  deadline: number,
): Promise<readonly Verdict[]> {
  await pause(SETTLES_WITHIN_MS);
  const bundle = join(folder, `${incident}.fbb`);
  const exported = await patiently(deadline, () =>
    stack.as('omar').post<{ path: string }>(`/incidents/${incident}/bundle`, { audience: 'auditor' }),
  );
  writeFileSync(bundle, readFileSync(exported.path));
  const anchor = join(folder, 'anchors.jsonl');
  writeAnchors(stack.anchors, incident, anchor);
  world.write(folder);
  return check({ outside: world.records(), bundle, anchor });
}

/** Plays one run to its close and has it judged. Never throws: what went wrong is in the outcome. */
export async function playRun(options: PlayOptions): Promise<RunOutcome> {
  const { run, stack, world, folder, withinMs } = options;
  const startedAt = Date.now();
  const deadline = startedAt + withinMs;
  const faults: string[] = [];
  let [incident, verdicts]: [string | undefined, readonly Verdict[]] = [undefined, []];
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'run.json'), JSON.stringify(run, null, 2));
  try {
    const body = { playbook: run.name, inputs: { store: run.name }, mode: run.mode };
    ({ incident } = await patiently(deadline, () => stack.as('dana').post<{ incident: string }>('/incidents', body)));
    const calm = armBlows(options, stack.as('casey'), incident, deadline);
    const status = await toClose(options, incident, deadline);
    await calm();
    if (status?.state !== 'closed') faults.push(`it did not close: ${restsOn(status)}`);
    verdicts = await judge(options, incident, Date.now() + withinMs);
    faults.push(...brokenOf(verdicts).map((invariant) => `${invariant} is broken`));
  } catch (error) {
    faults.push(error instanceof Error ? error.message : String(error));
  }
  const seconds = (Date.now() - startedAt) / 1_000;
  const outcome = { seed: run.seed, incident, verdicts, faults, effects: world.effects, seconds };
  appendFileSync(join(folder, 'outcome.json'), JSON.stringify(outcome, null, 2));
  return outcome;
}
