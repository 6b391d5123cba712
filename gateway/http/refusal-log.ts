import type { IncidentId } from '../../contracts/ids.ts';
import type { DoorRefusal } from '../../ledger/door-port.ts';
import type { Ledger } from '../../ledger/ports.ts';

const FLUSH_EVERY_MS = 1_000;
const KINDS_MAX = 500; // of refusals a minute that keep who asked, of strangers and of who is known; the rest is of `others`
const WAIT_MAX_MS = 500; // for the ledger; a refusal is answered also while it is away
const PENDING_MAX = 2_000; // kinds kept in memory while the ledger is away

/** A refused request: who, where, why; nothing of what was said. */
export interface RefusedRequest {
  readonly who: string;
  readonly route: string;
  readonly code: string;
  readonly incident?: IncidentId;
  readonly request: string;
}

type Pending = { -readonly [Member in keyof DoorRefusal]: DoorRefusal[Member] };

/**
 * Puts refusals on record. The first of a kind within a minute is on record before it is answered; those that follow are
 * counted and written once a second, so that a flood costs a row a minute and not a write a request.
 */
export class RefusalLog {
  readonly #door: () => Ledger['door'];
  readonly #log: (line: object) => void;
  readonly #now: () => number;
  readonly #pending = new Map<string, Pending>();
  readonly #kinds = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #minute = '';
  /** Kinds of this minute that are of somebody whom no key names. */
  #strangers = 0;

  /** @param now - milliseconds since the epoch. */
  constructor(ledger: Pick<Ledger, 'door'>, log: (line: object) => void, now: () => number = Date.now) {
    this.#door = () => ledger.door;
    this.#log = log;
    this.#now = now;
    this.#timer = setInterval(() => void this.flush(), FLUSH_EVERY_MS);
    this.#timer.unref();
  }

  /** Notes a refusal; never throws. */
  async note(refused: RefusedRequest): Promise<void> {
    const at = new Date(this.#now()).toISOString();
    const minute = `${at.slice(0, 17)}00.000Z`;
    if (minute !== this.#minute) {
      this.#kinds.clear();
      this.#strangers = 0;
    }
    this.#minute = minute;
    const isStranger = refused.who.startsWith('address:');
    const kinds = isStranger ? this.#strangers : this.#kinds.size - this.#strangers; // no flood of the one hides the other
    const isCrowded = kinds >= KINDS_MAX || this.#pending.size >= PENDING_MAX;
    const own = this.#kindOf(minute, refused);
    const who = !isCrowded || this.#kinds.has(own) ? refused.who : 'others';
    const kind = this.#kindOf(minute, { ...refused, who });
    const isFirst = !this.#kinds.has(kind);
    this.#kinds.add(kind);
    if (isFirst && isStranger) this.#strangers += 1;
    const { route, code, incident, request } = refused;
    this.#add(kind, {
      ...{ minute, who, route, code, times: 1, request, firstAt: at, lastAt: at },
      ...(incident === undefined ? {} : { incident }),
    });
    if (isFirst) await Promise.race([this.flush(), new Promise((resolve) => setTimeout(resolve, WAIT_MAX_MS).unref())]);
  }

  /** Writes what is not written yet; keeps it where the ledger does not answer. */
  async flush(): Promise<void> {
    const batch = [...this.#pending];
    if (batch.length === 0) return;
    this.#pending.clear();
    try {
      await this.#door().refuse(batch.map(([, refusal]) => refusal));
    } catch (error) {
      for (const [kind, refusal] of batch) this.#add(kind, refusal);
      this.#log({ task: 'record refusals', waiting: this.#pending.size, error: String(error) });
    }
  }

  /** Writes the rest. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }

  #kindOf(minute: string, { who, route, code }: RefusedRequest): string {
    return `${minute} ${who} ${route} ${code}`;
  }

  #add(kind: string, refusal: Pending): void {
    const known = this.#pending.get(kind);
    if (!known) {
      this.#pending.set(kind, { ...refusal });
      return;
    }
    known.times += refusal.times;
    if (refusal.lastAt < known.lastAt) return;
    known.lastAt = refusal.lastAt;
    known.request = refusal.request;
    if (refusal.incident !== undefined) known.incident = refusal.incident;
  }
}
