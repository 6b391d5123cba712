import { setTimeout as pause } from 'node:timers/promises';
import type { IncidentStatus } from '../contracts/messages.ts';
import type { Api } from './api.ts';
import { approveByApi, DemoPeople, type Approve } from './answers.ts';
import { openItems, readEffects } from './outcome.ts';

const LOOK_EVERY_MS = 400;
const COUNT_EVERY_MS = 10;
const REST_AFTER_MS = 4_000; // nothing moved for so long: it waits for people

/** What a run of the demo needs. */
export interface DemoRun {
  readonly incident: string;
  readonly as: (person: string) => Api;
  readonly reader: Api;
  /** Answers for the demo's people; without it the run rests where somebody is asked. */
  readonly answers: boolean;
  /** How they approve; default over the HTTP API. */
  readonly approve?: Approve | undefined;
  /** SIGKILLs the worker when the sink holds that many messages. */
  readonly killAt: number | undefined;
  readonly workerPid: () => number | undefined;
  readonly mailCount: () => Promise<number>;
  readonly withinMs: number;
  readonly say: (line: string) => void;
}

/** Shows counts and rates while they move. */
class Progress {
  readonly #say: (line: string) => void;
  #last = '';
  #lastAt = Date.now();
  #lastTotal = 0;

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  /** Whether anything moved since the last look. */
  async look(run: DemoRun, status: IncidentStatus): Promise<boolean> {
    const { effects } = await readEffects(run.reader, run.incident);
    const parts = Object.entries(effects).map(
      ([action, counts]) =>
        `${action} ${Object.entries(counts)
          .map(([state, count]) => `${count} ${state}`)
          .join(', ')}`,
    );
    const line = `${status.state}: ${parts.join(' | ')}`;
    if (parts.length === 0 || line === this.#last) return false;
    const total = Object.values(effects)
      .flatMap((counts) => Object.values(counts))
      .reduce((sum, count) => sum + count, 0);
    const seconds = (Date.now() - this.#lastAt) / 1_000;
    this.#say(`  ${line}${total > this.#lastTotal ? ` (${Math.round((total - this.#lastTotal) / seconds)}/s)` : ''}`);
    [this.#last, this.#lastAt, this.#lastTotal] = [line, Date.now(), total];
    return true;
  }
}

/** Ends the worker without warning once the sink holds enough messages; looks often, since mail goes fast. */
async function killWhenReached({ killAt, mailCount, workerPid, say }: DemoRun, isOver: () => boolean): Promise<void> {
  if (killAt === undefined) return;
  while (!isOver()) {
    const count = await mailCount();
    const pid = workerPid();
    if (count >= killAt && pid !== undefined) {
      process.kill(pid, 'SIGKILL');
      say(`killed the worker (pid ${pid}) with ${count} messages in the sink; another one takes over`);
      return;
    }
    await pause(COUNT_EVERY_MS);
  }
}

/**
 * Watches an incident to its close, answering as the demo's people.
 *
 * @returns the last status; not closed when it rests on people, or the time is over.
 */
export async function watchRun(run: DemoRun): Promise<IncidentStatus> {
  const { incident, as, say, approve = approveByApi(incident, as) } = run;
  const people = new DemoPeople(incident, as, say, approve);
  const progress = new Progress(run.say);
  const deadline = Date.now() + run.withinMs;
  let movedAt = Date.now();
  let isOver = false;
  const killing = killWhenReached(run, () => isOver);
  const finish = async (status: IncidentStatus): Promise<IncidentStatus> => {
    isOver = true;
    await killing;
    return status;
  };
  for (;;) {
    const status = await run.reader.status(run.incident);
    if (await progress.look(run, status)) movedAt = Date.now();
    if (status.state === 'closed' || Date.now() > deadline) return finish(status);
    if (run.answers) await people.answer(status);
    else if (openItems(status).length > 0 && Date.now() - movedAt > REST_AFTER_MS) return finish(status);
    await pause(LOOK_EVERY_MS);
  }
}
