import type { JsonObject } from '../../contracts/json.ts';
import type { IncidentId } from '../../contracts/ids.ts';
import { addFact } from '../acts.ts';
import type { Identity } from '../auth/identity.ts';
import { isCodedError } from '../../contracts/errors.ts';
import type { GatewayDeps } from '../deps.ts';

const EVERY_MS = 1_000;
const SELDOM_MS = 30_000;
const OFTEN_UNTIL = 500; // alerts: a run takes two thousand messages in all

/** What an incident is to be told of its leak. */
interface Pending {
  readonly incident: IncidentId;
  readonly identity: Identity;
  facts: JsonObject;
}

/**
 * Tells incidents of further alerts: how many there are, and the facts that rules take from them. At most one telling a
 * second and a leak, over all gateways; what comes in between goes along with the next.
 */
export class Teller {
  readonly #deps: GatewayDeps;
  readonly #pending = new Map<string, Pending>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #running = new Set<Promise<void>>();

  constructor(deps: GatewayDeps) {
    this.#deps = deps;
  }

  /** Notes that one more alert came. Returns at once. */
  note(leak: string, incident: IncidentId, identity: Identity, facts: JsonObject): void {
    const known = this.#pending.get(leak);
    this.#pending.set(leak, { incident, identity, facts: { ...known?.facts, ...facts } });
    if (!this.#timers.has(leak)) this.#plan(leak, 0);
  }

  /** Tells what is left, without waiting for its turn. */
  async stop(): Promise<void> {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    await Promise.allSettled([...this.#running, ...[...this.#pending.keys()].map((leak) => this.#tell(leak, 0))]);
    this.#timers.clear();
  }

  #plan(leak: string, inMs: number): void {
    const timer = setTimeout(() => {
      const told = this.#tell(leak, EVERY_MS).finally(() => this.#running.delete(told));
      this.#running.add(told);
    }, inMs);
    timer.unref();
    this.#timers.set(leak, timer);
  }

  async #tell(leak: string, everyMs: number): Promise<void> {
    const pending = this.#pending.get(leak);
    this.#timers.delete(leak);
    if (!pending) return;
    const { alerts } = this.#deps.ledger;
    try {
      const count = await alerts.tell(leak, everyMs);
      if (count === undefined) {
        await this.#later(leak, pending);
        return;
      }
      this.#pending.delete(leak);
      await this.#say(leak, pending, count);
      await alerts.told(leak, count);
      if (everyMs > 0 && count > OFTEN_UNTIL) this.#plan(leak, SELDOM_MS);
    } catch (error) {
      const { incident } = pending;
      this.#deps.log({ incident, untold: isCodedError(error) ? error.code : 'GATEWAY_INTERNAL' });
    }
  }

  /** Nothing new to be told, or somebody told within the second: looks again while something is left. */
  async #later(leak: string, { facts }: Pending): Promise<void> {
    const { alerts, told } = await this.#deps.ledger.alerts.counts(leak);
    if (alerts > told || Object.keys(facts).length > 0) this.#plan(leak, EVERY_MS);
    else this.#pending.delete(leak);
  }

  async #say(leak: string, { incident, identity, facts }: Pending, count: number): Promise<void> {
    const said = { ...facts, alertsReceived: count };
    for (const [key, value] of Object.entries(said)) {
      const message = { key, value };
      const speaker = { identity, key: `alerts:${leak}:${count}:${key}` };
      try {
        await addFact(this.#deps, speaker, incident, { ...message, confidence: 'stated' });
      } catch (error) {
        if (!isCodedError(error, 'GATEWAY_FORBIDDEN')) throw error;
        await addFact(this.#deps, speaker, incident, { ...message, confidence: 'proposed' }); // a person's to decide
      }
    }
  }
}
