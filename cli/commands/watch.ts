import type { IncidentView, Timeline } from '../../contracts/api.ts';
import { CodedError } from '../../contracts/errors.ts';
import type { JournalRecord } from '../../contracts/journal.ts';
import type { RolloutView } from '../../contracts/rollout-api.ts';
import { exitCodes } from '../exit-code.ts';
import { followJournal, mayPass } from '../follow.ts';
import { gateCommand } from '../../contracts/answer-commands.ts';
import { paintsOf } from '../paint.ts';
import { recordRow } from '../record-line.ts';
import type { Session } from '../session.ts';
import { watchLines } from '../watch-view.ts';

const HOME_AND_CLEAR = '\u001b[H\u001b[J'; // no flicker: what is there is written over
const KEPT = 50;
const REPAINT_EVERY_MS = 1_000;
const UNTIL = ['closed', 'gate'] as const;

/** What a watch waits for. */
type Until = (typeof UNTIL)[number];

/** Options of `watch`. */
export interface WatchOptions {
  readonly until: string;
  readonly after?: string;
}

function isOver({ state }: Pick<IncidentView, 'state'>): boolean {
  return ['closed', 'stopped', 'dismissed'].includes(state);
}

/** Whether a record says that an incident ends, or changes whether a gate is open. */
function mayEnd({ kind }: JournalRecord): boolean {
  return ['incident.closed', 'incident.state', 'gate.opened'].includes(kind);
}

function untilOf(text: string): Until {
  const until = UNTIL.find((one) => one === text);
  if (!until) throw new CodedError('CLI_USAGE', `--until is one of ${UNTIL.join(', ')}`);
  return until;
}

function sequence(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new CodedError('CLI_USAGE', '--after is the number of a record');
  return Number(text);
}

/** One watch of one incident: prints as it goes, knows when it is over. */
class Watch {
  readonly #session: Session;
  readonly #incident: string;
  readonly #until: Until;
  #view: IncidentView;
  #rollouts: readonly RolloutView[] = [];
  #records: readonly JournalRecord[] = [];
  #trouble: string | undefined;
  #isClosing = false;
  #mustLook = false;
  #lookedAt = 0;

  constructor(session: Session, until: Until, view: IncidentView) {
    this.#session = session;
    this.#incident = view.incident;
    this.#until = until;
    this.#view = view;
  }

  get #isLive(): boolean {
    return this.#session.terminal.screen !== undefined && !this.#session.isJson;
  }

  /** Says that the gateway is away, or that it is back. */
  told(trouble: string | undefined): void {
    this.#trouble = trouble;
    if (this.#isLive) this.#paint();
    else this.#session.terminal.warn(trouble === undefined ? 'it answers again\n' : `${trouble}; asking again\n`);
  }

  /** Takes what happened, shows it, and looks again where that may have changed what is waited for. */
  async take(records: readonly JournalRecord[]): Promise<void> {
    this.#records = [...this.#records, ...records].slice(-KEPT);
    if (!this.#isLive) for (const record of records) this.#print(record);
    this.#isClosing ||= records.some(({ kind }) => kind === 'incident.closed'); // before the engine says so
    this.#mustLook ||= this.#isClosing || records.some(mayEnd);
    const isDue = this.#isLive && performance.now() - this.#lookedAt >= REPAINT_EVERY_MS;
    if (this.#mustLook || isDue) await this.lookAgain();
    if (this.#isLive) this.#paint();
  }

  /** The exit code once it is over; `undefined` before. */
  get ended(): number | undefined {
    const isOpen = this.#view.gates.some(({ state }) => state === 'open');
    if (this.#until === 'gate' && isOpen) return exitCodes.ok;
    if (!isOver(this.#view)) return undefined;
    return this.#until === 'closed' ? exitCodes.ok : exitCodes.refused;
  }

  /** The last words, for people. */
  say(): void {
    if (this.#session.isJson) return;
    const { write } = this.#session.terminal;
    const open = this.#view.gates.filter(({ state }) => state === 'open');
    if (isOver(this.#view)) write(`${this.#incident} is ${this.#view.state}\n`);
    else for (const { id } of open) write(`${id} waits: ${gateCommand(this.#incident, id)}\n`);
  }

  /** Looks at the incident; a gateway that is away just now is asked with the next batch. */
  async lookAgain(): Promise<void> {
    const { api } = this.#session;
    this.#mustLook = true;
    try {
      this.#view = await api.get<IncidentView>(`/incidents/${this.#incident}`);
      const rollouts = `/incidents/${this.#incident}/rollouts`;
      if (this.#isLive) this.#rollouts = (await api.get<{ rollouts: readonly RolloutView[] }>(rollouts)).rollouts;
      this.#mustLook = false;
      this.#lookedAt = performance.now();
    } catch (error) {
      if (!mayPass(error)) throw error;
    }
  }

  #print(record: JournalRecord): void {
    const { isJson, terminal } = this.#session;
    terminal.write(isJson ? `${JSON.stringify(record)}\n` : `${recordRow(record).join('  ')}\n`);
  }

  #paint(): void {
    const { terminal } = this.#session;
    const watched = { view: this.#view, rollouts: this.#rollouts, records: this.#records, trouble: this.#trouble };
    const lines = watchLines(watched, terminal.screen!, paintsOf(terminal));
    terminal.write(`${HOME_AND_CLEAR}${lines.join('\n')}\n`);
  }
}

/**
 * `firebreak watch`: follows an incident until it is closed, or until a gate waits, through restarts of the gateway.
 *
 * @returns the exit code: 0 once what was waited for is there, 1 where the incident ended without it.
 */
export async function watch(session: Session, incident: string, options: WatchOptions): Promise<number> {
  const until = untilOf(options.until);
  const given = sequence(options.after);
  const { api, terminal } = session;
  const { head } = await api.get<Timeline>(`/incidents/${incident}/timeline?after=0&limit=1`);
  const watching = new Watch(session, until, await api.get<IncidentView>(`/incidents/${incident}`));
  const newest = head?.seq ?? 0;
  let seen = given ?? newest;
  const follow = {
    ...{ after: seen, pause: terminal.pause },
    onTrouble: (why: string) => watching.told(why),
    onBack: () => watching.told(undefined),
  };
  const isDone = (): boolean => watching.ended !== undefined && seen >= newest; // what was asked for is shown first
  if (!isDone())
    for await (const records of followJournal(api, incident, follow)) {
      seen = records.at(-1)?.seq ?? seen;
      await watching.take(records);
      if (isDone()) break;
    }
  if (!isDone()) await watching.lookAgain(); // nothing follows any more
  watching.say();
  return watching.ended ?? exitCodes.refused;
}
