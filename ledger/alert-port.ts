import type { AlertResult, AlertView, DeliveryAnswer } from '../contracts/detectors.ts';
import type { IncidentId } from '../contracts/ids.ts';
import type { IncidentState } from '../contracts/messages.ts';

/** Most credentials that an incident is offered while it runs: what people can look through, and a bound on what a sender seals. */
export const OFFERS_MAX = 500;

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
  /** How often it started anew, after an incident that it was only offered to: each round is an incident of its own. */
  readonly round: number;
  /** Opened, or to be opened, beyond what the detector may start: nothing runs until a person releases it. */
  readonly held: boolean;
  /** How many of its alerts the incident knows of; 0: nobody has seen it run yet. */
  readonly told: number;
  /** How its incident ended, where it did: `closed`, or `dismissed` by a person before it ran. */
  readonly ended: IncidentState | undefined;
}

/** An alert and what became of it. */
export type AlertRecord = AlertResult & Pick<AlertView, 'detector' | 'kind'> & Partial<Pick<AlertView, 'severity'>>;

/** A delivery and what it was answered. */
export interface AnsweredDelivery {
  readonly delivery: DeliveryKey;
  readonly answer: DeliveryAnswer;
}

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
   * Looks whether a delivery was answered before.
   *
   * @returns the answer that the same one got; `undefined` where there is none yet: it is handled, also after it broke off.
   * @throws DETECTOR_DELIVERY_REUSED for an id that came with another body.
   */
  take(delivery: DeliveryKey): Promise<DeliveryAnswer | undefined>;
  /**
   * Records what became of alerts (the same one again raises its count, and the newest outcome stands), then keeps the answer
   * of their delivery.
   */
  conclude(became: readonly AlertRecord[], answered?: AnsweredDelivery): Promise<void>;
  /** Forgets deliveries that are older than thirty days, and refusals too. @returns how many deliveries. */
  forget(): Promise<number>;
  /**
   * Counts one more alert of a leak; the first caller's detector stands. A leak that was only offered to an incident which is
   * closed by now is without one again.
   *
   * @param isBeyond - whether this alert asks for more than its detector may start: a leak without an incident is held then.
   * @returns the leak as it is then.
   */
  hear(key: string, detector: string, isBeyond: boolean): Promise<Leak>;
  /**
   * Says which incident a leak is, and how many of its alerts that one knows of; the first one stands.
   *
   * @returns it, and whether it waits for a person: as it was opened, whatever later alerts ask for.
   */
  bind(
    key: string,
    incident: IncidentId,
    told?: number,
  ): Promise<{ readonly incident: IncidentId; readonly held: boolean }>;
  /**
   * Notes a credential that an alert brought to an incident that runs.
   *
   * @param key - of the credential as a leak: alerts of it alone join the same incident from now on.
   * @returns its number in the incident; `undefined` where it came with the start of an open one; `full` where the incident was
   * offered {@link OFFERS_MAX} already: its fingerprint is kept, and its alerts are not this incident's.
   */
  found(incident: IncidentId, fingerprint: string, key: string): Promise<number | 'full' | undefined>;
  /** How many incidents a detector was the first to speak of, within the last hour. */
  openedWithinHour(detector: string): Promise<number>;
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
  refuse(refusal: Refusal): Promise<void>;
  /** Refused requests since an instant, by detector and code. */
  refusals(
    since: Date,
  ): Promise<readonly { readonly detector: string; readonly code: string; readonly times: number }[]>;
  /** Ends the wait; the same person again is no fault. @throws INCIDENT_NOT_HELD where nothing waits, or its workflow was started. */
  release(incident: IncidentId, by: string): Promise<void>;
  /**
   * Ends the wait, and the incident with it: nothing ever runs. The same person again is no fault.
   *
   * @throws INCIDENT_NOT_HELD where nothing waits, or its workflow was started.
   */
  dismiss(incident: IncidentId, by: string): Promise<void>;
}
