import { createHash } from 'node:crypto';
import type { AlertResult, DeliveryAnswer } from '../../contracts/detectors.ts';
import { CodedError, isErrorCode } from '../../contracts/errors.ts';
import { scrubTokens } from '../../contracts/token-shapes.ts';
import type { DeliveryKey } from '../../ledger/alert-port.ts';
import type { GatewayDeps } from '../deps.ts';
import type { Detector, Detectors } from './detectors.ts';
import { handleAlert, type AlertDeps } from './handle-alert.ts';
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

/** Whether two deliveries are the same one, body included. */
function inHandKey({ detector, ids, bodyHash }: DeliveryKey): string {
  return JSON.stringify([detector, bodyHash, ...ids]);
}

/** A delivery of which nothing was taken is refused as a whole, with the code of the first alert. */
function refuseWhole(results: readonly AlertResult[]): void {
  const [first] = results;
  if (first?.code !== undefined && isErrorCode(first.code) && results.every(({ outcome }) => outcome === 'refused'))
    throw new CodedError(first.code, 'the alert is recorded and starts nothing');
}

/** The door of detectors, apart from HTTP. */
export class Intake {
  readonly #deps: AlertDeps;
  readonly #detectors: Detectors;
  /** Deliveries that are being handled: the same one waits for its answer. */
  readonly #inHand = new Map<string, Promise<DeliveryAnswer | undefined>>();

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
    const inHand = inHandKey(key);
    const pending = this.#inHand.get(inHand);
    const other = pending && (await pending); // no wait where there is none: nobody slips in between
    const handled = other ? Promise.resolve({ ...other, replayed: true }) : this.#handleOnce(detector, authentic, key);
    if (!other)
      this.#inHand.set(
        inHand,
        handled.catch(() => undefined),
      ); // where it failed, the next one tries
    try {
      const answer = await handled;
      refuseWhole(answer.results);
      return answer;
    } finally {
      if (!other) this.#inHand.delete(inHand);
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
    const results = authentic.confirm === undefined ? await this.#handle(detector, authentic) : [];
    if (authentic.confirm !== undefined) await this.#confirm(authentic.confirm);
    const answer = { results, replayed: false };
    await alerts.answer(key, answer);
    return answer;
  }

  async #handle(detector: Detector, authentic: Authentic): Promise<readonly AlertResult[]> {
    const results: AlertResult[] = [];
    let failure: unknown;
    for (const event of detector.hearing.read(authentic)) {
      try {
        results.push(await handleAlert(this.#deps, detector, event));
      } catch (error) {
        failure ??= error; // the others are handled; the delivery comes again for this one
      }
    }
    if (failure !== undefined) throw failure as Error;
    return results;
  }

  async #confirm(url: string): Promise<void> {
    try {
      await this.#deps.get(url);
    } catch (cause) {
      throw new CodedError('DETECTOR_KEYS_AWAY', 'the subscription could not be confirmed', { cause });
    }
  }
}
