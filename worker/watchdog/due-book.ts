import type { OpenDuty, WatchdogReport } from '../../contracts/watchdog.ts';

const AGAIN_AFTER_MS = 3_600_000; // an alarm that nobody ended is raised again every hour

/** What the watchdog remembers across its own restarts. */
export interface BookState {
  /** Database time of the newest report; '' before the first. */
  readonly reportedAt: string;
  /** When the engine was last known to answer, by the watchdog's own clock; ISO 8601 UTC. */
  readonly engineSeenAt: string;
  readonly duties: readonly OpenDuty[];
  /** Alarm id to the instant at which it last went out. */
  readonly raised: Readonly<Record<string, string>>;
}

/** Something that people have to hear of now. */
export interface Alarm {
  /** The same for every repeat: `due/<incident>/<obligation>/<dueAt>` or `silence`. */
  readonly id: string;
  readonly subject: string;
  readonly text: string;
}

const SILENCE = 'silence';

const dueId = ({ incident, obligation, dueAt }: OpenDuty): string => `due/${incident}/${obligation}/${dueAt}`;

/** Due times and the engine's last sign of life; says what is to be alarmed. Pure: the clock comes from outside. */
export class DueBook {
  #state: BookState;
  readonly #silenceMs: number;

  /** @param silenceMs - engine silence that is too long, in milliseconds. */
  constructor(state: BookState, silenceMs: number) {
    this.#state = state;
    this.#silenceMs = silenceMs;
  }

  /** A book that has heard of nothing: the engine is given the whole time to show itself. */
  static empty(nowMs: number): BookState {
    return { reportedAt: '', engineSeenAt: new Date(nowMs).toISOString(), duties: [], raised: {} };
  }

  get state(): BookState {
    return this.#state;
  }

  /** Takes what a worker says; an older reading than the newest changes nothing. */
  report({ at, isEngineUp, duties }: WatchdogReport, nowMs: number): void {
    if (at <= this.#state.reportedAt) return;
    const { raised, engineSeenAt } = this.#state;
    const open = new Set([...duties.map(dueId), ...(isEngineUp ? [] : [SILENCE])]);
    this.#state = {
      reportedAt: at,
      engineSeenAt: isEngineUp ? new Date(nowMs).toISOString() : engineSeenAt,
      duties,
      raised: Object.fromEntries(Object.entries(raised).filter(([id]) => open.has(id))),
    };
  }

  /** What is to be alarmed at an instant; an alarm stays until {@link raised} says that it went out. */
  alarms(nowMs: number): readonly Alarm[] {
    const { duties, engineSeenAt } = this.#state;
    const late = duties.filter(({ dueAt }) => Date.parse(dueAt) <= nowMs).map((duty) => this.#late(duty));
    const isSilent = nowMs - Date.parse(engineSeenAt) >= this.#silenceMs;
    return [...late, ...(isSilent ? [this.#silent()] : [])].filter(({ id }) => this.#isDue(id, nowMs));
  }

  /** Notes that an alarm went out. */
  raised(id: string, nowMs: number): void {
    this.#state = { ...this.#state, raised: { ...this.#state.raised, [id]: new Date(nowMs).toISOString() } };
  }

  #isDue(id: string, nowMs: number): boolean {
    const last = this.#state.raised[id];
    return last === undefined || nowMs - Date.parse(last) >= AGAIN_AFTER_MS;
  }

  #late(duty: OpenDuty): Alarm {
    const { incident, title, dueAt } = duty;
    return {
      id: dueId(duty),
      subject: `[${incident}] OVERDUE since ${dueAt}: ${title}`,
      text: [
        `${incident}: "${title}" was due at ${dueAt}, and nobody has recorded it as filed or as not required.`,
        `The engine last answered at ${this.#state.engineSeenAt}.`,
        `File it now; record it as soon as the engine answers: firebreak duties ${incident} shows what is open.`,
        'This comes again every hour until it is recorded.',
      ].join('\n'),
    };
  }

  #silent(): Alarm {
    const { engineSeenAt, duties } = this.#state;
    const next = [...duties].sort((one, other) => one.dueAt.localeCompare(other.dueAt));
    return {
      id: SILENCE,
      subject: `Firebreak is silent since ${engineSeenAt}`,
      text: [
        `No worker has told that the engine answers since ${engineSeenAt}.`,
        'Look at workers, Temporal and PostgreSQL; until they are back nothing reminds anyone but this watchdog.',
        next.length === 0 ? 'No duty was running.' : 'Duties that run:',
        ...next.map(({ incident, title, dueAt }) => `- ${dueAt}  ${incident}  ${title}`),
        'This comes again every hour until the engine answers.',
      ].join('\n'),
    };
  }
}
