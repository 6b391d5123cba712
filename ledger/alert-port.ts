import type { AlertResult, AlertView, DeliveryAnswer } from '../contracts/detectors.ts';
import type { IncidentId } from '../contracts/ids.ts';

/** A delivery of a detector, by what its proof covers. */
export interface DeliveryKey {
  readonly detector: string;
  /** Ids that it may be known by, at least one. */
  readonly ids: readonly string[];
  /** SHA-256 of what the proof covers, hex. */
  readonly bodyHash: string;
}

/** What alerts are about, and which incident that is. */
export interface Leak {
  readonly key: string;
  /** The detector in whose name the incident is opened: the first that spoke of it. */
  readonly detector: string;
  readonly incident: IncidentId | undefined;
  /** Opened, or to be opened, beyond what the detector may start: nothing runs until a person releases it. */
  readonly held: boolean;
}

/** An alert and what became of it. */
export type AlertRecord = AlertResult & Pick<AlertView, 'detector' | 'kind'> & Partial<Pick<AlertView, 'severity'>>;

/** A refused request. */
export interface Refusal {
  readonly detector: string;
  readonly code: string;
  /** Address that it came from. */
  readonly from: string;
}

/** Detectors' deliveries, what their alerts are about, and what was refused. */
export interface AlertStore {
  /**
   * Takes a delivery once.
   *
   * @returns the answer that the same one got; `undefined` where there is none yet: it is handled, also after it broke off.
   * @throws DETECTOR_DELIVERY_REUSED for an id that came with another body.
   */
  take(delivery: DeliveryKey): Promise<DeliveryAnswer | undefined>;
  /** Keeps the answer of a delivery. */
  answer(delivery: DeliveryKey, answer: DeliveryAnswer): Promise<void>;
  /** Forgets deliveries that are older than thirty days, and refusals too. @returns how many deliveries. */
  forget(): Promise<number>;
  /**
   * The leak of a key; the first caller's detector stands.
   *
   * @param isBeyond - whether this alert asks for more than its detector may start: a leak without an incident is held then.
   */
  leak(key: string, detector: string, isBeyond: boolean): Promise<Leak>;
  /** Says which incident a leak is; the first one stands. @returns it. */
  bind(key: string, incident: IncidentId): Promise<IncidentId>;
  /** How many incidents a detector was the first to speak of, within the last hour. */
  openedWithinHour(detector: string): Promise<number>;
  /** Counts one more alert of a leak. */
  count(key: string): Promise<void>;
  /**
   * Takes the right to tell an incident how many alerts there are: one gateway has it, not more often than `everyMs`.
   *
   * @returns how many there are; `undefined` where nothing is new, or another gateway tells.
   */
  tell(key: string, everyMs: number): Promise<number | undefined>;
  /** How many alerts of a leak there are, and how many of them its incident knows of. */
  counts(key: string): Promise<{ readonly alerts: number; readonly told: number }>;
  /** Says that the incident knows of so many. */
  told(key: string, alerts: number): Promise<void>;
  /** Records an alert; the same one again raises its count and says what became of it last. */
  record(alert: AlertRecord): Promise<void>;
  refuse(refusal: Refusal): Promise<void>;
  /** Refused requests since an instant, by detector and code. */
  refusals(
    since: Date,
  ): Promise<readonly { readonly detector: string; readonly code: string; readonly times: number }[]>;
  /** Whether an incident waits for a person to release it. */
  isHeld(incident: IncidentId): Promise<boolean>;
  /** Ends the wait; the same person again is no fault. @throws INCIDENT_NOT_HELD where nothing waits. */
  release(incident: IncidentId, by: string): Promise<void>;
}
