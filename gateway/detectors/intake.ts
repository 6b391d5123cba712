import { createHash } from 'node:crypto';
import type { AlertResult, DeliveryAnswer } from '../../contracts/detectors.ts';
import { CodedError, isErrorCode } from '../../contracts/errors.ts';
import { scrubTokens } from '../../contracts/token-shapes.ts';
import type { DeliveryKey } from '../../ledger/alert-port.ts';
import type { GatewayDeps } from '../deps.ts';
import type { Detector, Detectors } from './detectors.ts';
import { handleAlert, type AlertDeps, type Handled } from './handle-alert.ts';
import type { Authentic, Delivery, Get } from './port.ts';
import { Teller } from './teller.ts';

const CONTEXT_HEADER = /^ce-[a-z0-9]+$/; // of CloudEvents in binary form: part of what is said

/** What a delivery is known by: ids that its proof covers, else what it says. */
function keyOf(detector: string, { ids, body, headers }: Authentic): DeliveryKey {
  const said = Object.entries(headers)
    .filter(([name]) => CONTEXT_HEADER.test(name))
    .sort(([left], [right]) => (left < right ? -1 : 1));
  const bodyHash = createHash('sha256').update(JSON.stringify(said)).update(body).digest('hex');
  return { detector, bodyHash, ids: ids.length === 0 ? [`body:${bodyHash}`] : ids.map(kept) };
}

/** An id as it is kept: one that is shaped like a credential by its hash only. */
function kept(id: string): string {
  return scrubTokens(id) === id ? `id:${id}` : `hash:${createHash('sha256').update(id).digest('hex')}`;
}

/** A delivery that is being handled: what says the same waits for its answer. */
interface InHand {
  readonly bodyHash: string;
  /** `undefined` where it failed: the next one tries. */
  readonly answer: Promise<DeliveryAnswer | undefined>;
}

/** A delivery of which nothing was taken is refused as a whole, with the code of the first alert. */
function refuseWhole(results: readonly AlertResult[]): void {
  const [first] = results;
  if (first?.code !== undefined && isErrorCode(first.code) && results.every(({ outcome }) => outcome === 'refused'))
    throw new CodedError(first.code, 'the alert is recorded and starts nothing');
}

/** What came of the alerts of a delivery. */
interface Outcome {
  readonly handled: readonly Handled[];
  /** Why one of them has to come again. */
  readonly failure: unknown;
}

const NOTHING: Outcome = { handled: [], failure: undefined };

/** The door of detectors, apart from HTTP. */
export class Intake {
  readonly #deps: AlertDeps;
  readonly #detectors: Detectors;
  /** By the ids of the delivery. */
  readonly #inHand = new Map<string, InHand>();

  constructor(deps: GatewayDeps, detectors: Detectors, get: Get) {
    this.#deps = { deps, get, teller: new Teller(deps), opening: new Map() };
    this.#detectors = detectors;
  }

  /** A configured detector. @throws DETECTOR_UNKNOWN */
  find(name: string): Detector {
    const detector = this.#detectors.get(name);
    if (!detector) throw new CodedError('DETECTOR_UNKNOWN', 'no detector of that name is configured');
    return detector;
  }

  /**
   * Takes a delivery: proof, replay, alerts one after the other, answer. Safe to repeat at any point; only a delivery that was
   * answered is not handled again.
   *
   * @throws DETECTOR_ codes; what handling an alert throws.
   */
  async take(detector: Detector, delivery: Delivery): Promise<DeliveryAnswer> {
    const { hearing, config } = detector;
    const authentic = await hearing.verify(delivery);
    const key = keyOf(config.name, authentic);
    const answer = await this.#takeOnce(key, () => this.#handleOnce(detector, authentic, key));
    refuseWhole(answer.results);
    return answer;
  }

  async #takeOnce(key: DeliveryKey, handle: () => Promise<DeliveryAnswer>): Promise<DeliveryAnswer> {
    const ids = JSON.stringify([key.detector, ...key.ids]);
    for (let other = this.#inHand.get(ids); other; other = this.#inHand.get(ids)) {
      const answer = await other.answer;
      if (answer && other.bodyHash === key.bodyHash) return { ...answer, replayed: true };
    }
    const handled = handle(); // no wait since the look above: nobody slips in between
    this.#inHand.set(ids, { bodyHash: key.bodyHash, answer: handled.catch(() => undefined) });
    try {
      return await handled;
    } finally {
      this.#inHand.delete(ids);
    }
  }

  /** Tells incidents what they do not know yet. */
  stop(): Promise<void> {
    return this.#deps.teller.stop();
  }

  async #handleOnce(detector: Detector, authentic: Authentic, key: DeliveryKey): Promise<DeliveryAnswer> {
    const { alerts } = this.#deps.deps.ledger;
    const known = await alerts.take(key);
    if (known) return { ...known, replayed: true };
    if (authentic.confirm !== undefined) await this.#confirm(authentic.confirm);
    const { handled, failure } = authentic.confirm === undefined ? await this.#handle(detector, authentic) : NOTHING;
    const records = handled.map(({ record }) => record);
    if (failure !== undefined) {
      await alerts.conclude(records);
      throw failure as Error; // the others are handled; the delivery comes again for this one
    }
    const answer = { results: handled.map(({ result }) => result), replayed: false };
    await alerts.conclude(records, { delivery: key, answer });
    return answer;
  }

  async #handle(detector: Detector, authentic: Authentic): Promise<Outcome> {
    const handled: Handled[] = [];
    let failure: unknown;
    for (const event of detector.hearing.read(authentic)) {
      try {
        handled.push(await handleAlert(this.#deps, detector, event));
      } catch (error) {
        failure ??= error;
      }
    }
    return { handled, failure };
  }

  async #confirm(url: string): Promise<void> {
    try {
      await this.#deps.get(url);
    } catch (cause) {
      throw new CodedError('DETECTOR_KEYS_AWAY', 'the subscription could not be confirmed', { cause });
    }
  }
}
