import { createHash } from 'node:crypto';
import type { Json, JsonObject } from '../../contracts/json.ts';
import type { IncidentId } from '../../contracts/ids.ts';
import { addFact } from '../acts.ts';
import type { Identity } from '../auth/identity.ts';
import { errorEntry, isCodedError } from '../../contracts/errors.ts';
import type { GatewayDeps } from '../deps.ts';

const EVERY_MS = 1_000; // what is new is told at most once a second and a leak, over all gateways
const GROWTH = 3; // a mere number is told less and less often: a run takes two thousand messages in all
const SELDOM_MS = 30_000;
const GAP_MS = 50; // between two tellings of a gateway: the engine has more to do than to count alerts
const AT_ONCE = 4;
const IDLE_MS = 600_000;
const STOP_WITHIN_MS = 3_000;
const OFFERED = 'credentialsOffered';

/** What an incident is to be told of its leak, and how it was told so far. */
interface Told {
  readonly incident: IncidentId;
  identity: Identity;
  facts: JsonObject;
  /** The facts that it was told last. */
  said: string;
  /** Whether something is left to be told. */
  isOpen: boolean;
  isRunning: boolean;
  everyMs: number;
  /** When the next telling is due, and when the last one was; milliseconds since 1970. */
  dueMs: number;
  lastMs: number;
}

function hashOf(facts: JsonObject): string {
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 16);
}

/**
 * Tells incidents of further alerts: how many there are, and the facts that rules take from them. New facts at most a second
 * later; a mere number after one second, three, nine, and at last every thirty. What comes in between goes along with the next.
 */
export class Teller {
  readonly #deps: GatewayDeps;
  readonly #leaks = new Map<string, Told>();
  readonly #running = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #wakesMs = 0;

  constructor(deps: GatewayDeps) {
    this.#deps = deps;
  }

  /**
   * Notes that one more alert came. Returns at once.
   *
   * @param offered - how many credentials the incident has been offered; alerts that were handled at once may note it in any order.
   */
  note(leak: string, incident: IncidentId, identity: Identity, facts: JsonObject, offered?: number): void {
    const fresh = { incident, identity, facts: {}, said: '{}', isOpen: false, isRunning: false } as const;
    const known = this.#leaks.get(leak) ?? { ...fresh, everyMs: EVERY_MS, dueMs: 0, lastMs: 0 };
    const told: Told = known.incident === incident ? known : { ...fresh, everyMs: EVERY_MS, dueMs: 0, lastMs: 0 };
    this.#leaks.set(leak, told);
    told.identity = identity;
    const { [OFFERED]: most = 0 } = told.facts;
    told.facts = {
      ...told.facts,
      ...facts,
      ...(offered === undefined ? {} : { [OFFERED]: Math.max(offered, Number(most)) }),
    };
    told.isOpen = true;
    if (JSON.stringify(told.facts) !== told.said) told.dueMs = Math.min(told.dueMs, told.lastMs + EVERY_MS);
    this.#wake(Math.max(0, told.dueMs - Date.now()));
  }

  /** Tells what is left without waiting for its turn, as far as that takes no time: the next alert tells of all. */
  async stop(): Promise<void> {
    const until = Date.now() + STOP_WITHIN_MS;
    await Promise.allSettled(this.#running);
    const left = [...this.#leaks].filter(([, { isOpen }]) => isOpen);
    const lane = async (): Promise<void> => {
      for (let next = left.shift(); next && Date.now() < until; next = left.shift()) await this.#tell(...next, 0);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    clearTimeout(this.#timer);
    this.#leaks.clear();
  }

  /** Comes back then, or sooner where that was wanted before. */
  #wake(inMs: number): void {
    const atMs = Date.now() + inMs;
    if (this.#timer !== undefined && this.#wakesMs <= atMs) return;
    clearTimeout(this.#timer);
    this.#wakesMs = atMs;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#next();
    }, inMs).unref();
  }

  /** Begins the telling that has been due longest, and comes back for the next one. */
  #next(): void {
    const now = Date.now();
    let [next, soonest]: [[string, Told] | undefined, number] = [undefined, Infinity];
    for (const [leak, told] of this.#leaks) {
      if (!told.isOpen && !told.isRunning && told.lastMs < now - IDLE_MS) this.#leaks.delete(leak);
      if (!told.isOpen || told.isRunning || told.dueMs >= soonest) continue;
      [next, soonest] = [[leak, told], told.dueMs];
    }
    if (!next) return;
    if (soonest > now) return this.#wake(soonest - now);
    if (this.#running.size < AT_ONCE) {
      const telling = this.#tell(...next, EVERY_MS).finally(() => this.#running.delete(telling));
      this.#running.add(telling);
    }
    this.#wake(GAP_MS);
  }

  async #tell(leak: string, told: Told, everyMs: number): Promise<void> {
    const { alerts } = this.#deps.ledger;
    const { incident, facts } = told;
    Object.assign(told, { isOpen: false, isRunning: true, lastMs: Date.now() });
    try {
      const count = await alerts.tell(leak, everyMs);
      if (count === undefined && (await this.#isElsewhere(leak, told))) return;
      await this.#say(leak, told, facts, count);
      if (count !== undefined) await alerts.told(leak, count);
      told.said = JSON.stringify(facts);
      told.dueMs = told.lastMs + told.everyMs;
      told.everyMs = Math.min(SELDOM_MS, told.everyMs * GROWTH);
    } catch (error) {
      const code = isCodedError(error) ? error.code : 'GATEWAY_INTERNAL';
      this.#deps.log({ incident, untold: code });
      told.isOpen ||= everyMs > 0 && errorEntry(code).kind === 'retryable';
      told.dueMs = told.lastMs + told.everyMs;
    } finally {
      told.isRunning = false;
      if (told.isOpen && everyMs > 0) this.#wake(Math.max(0, told.dueMs - Date.now()));
    }
  }

  /** Whether another gateway tells of what there is: it told within the second, and this one looks again after it. */
  async #isElsewhere(leak: string, told: Told): Promise<boolean> {
    const { alerts, told: known } = await this.#deps.ledger.alerts.counts(leak);
    if (alerts <= known) return JSON.stringify(told.facts) === told.said;
    told.dueMs = told.lastMs + EVERY_MS;
    told.isOpen = true;
    return true;
  }

  /** Says what is new: facts that were not said before, and how many alerts there are. */
  async #say(leak: string, { incident, identity, said }: Told, facts: JsonObject, count?: number): Promise<void> {
    const before = JSON.parse(said) as JsonObject;
    const isNew = ([key, value]: [string, Json]): boolean => JSON.stringify(before[key]) !== JSON.stringify(value);
    const told = Object.entries(facts).filter(isNew);
    for (const [key, value] of [...told, ...(count === undefined ? [] : [['alertsReceived', count] as const])]) {
      const message = { key, value };
      const speaker = { identity, key: `alerts:${leak}:${count ?? hashOf(facts)}:${key}` };
      try {
        await addFact(this.#deps, speaker, incident, { ...message, confidence: 'stated' });
      } catch (error) {
        if (!isCodedError(error, 'GATEWAY_FORBIDDEN')) throw error;
        await addFact(this.#deps, speaker, incident, { ...message, confidence: 'proposed' }); // a person's to decide
      }
    }
  }
}
