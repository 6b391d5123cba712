import { earlier, earliestOf, hoursLater, instantMs } from './instants.ts';
import type { KnownFacts } from './known-facts.ts';
import type { ObligationRecord } from './record.ts';

const HOUR_MS = 3_600_000;

/** When a clock starts, and whether a person decided so. */
export interface ClockStart {
  readonly at: string;
  /** False: the earliest plausible instant, until a person decides. */
  readonly isDecided: boolean;
}

/**
 * When a duty's clock starts.
 *
 * The fact that starts it counts from its earliest bound, once a person has said it. Until then the clock runs
 * provisionally from the earliest instant at which somebody may have become aware: detection, a proposal, or the opening
 * of the incident.
 *
 * @param openedAt - when the incident was opened; the latest plausible instant.
 * @source GDPR Art. 33(1) "having become aware"
 */
export function clockStart(record: ObligationRecord, facts: KnownFacts, openedAt: string): ClockStart {
  const fact = facts[record.clock.start];
  const said = earliestOf(fact?.value);
  if (said !== undefined && fact?.confidence !== 'proposed') return { at: said, isDecided: true };
  const plausible = [said, earliestOf(facts.detectedAt?.value)].filter((instant) => instant !== undefined);
  return { at: plausible.reduce(earlier, new Date(instantMs(openedAt)).toISOString()), isDecided: false };
}

/** When a duty is due: elapsed hours after its start. The operational deadline. */
export function dueAt(record: ObligationRecord, startsAt: string): string {
  return hoursLater(startsAt, record.clock.limit.n);
}

/**
 * The due instant under the reading that leaves out the hour of the event. For information: it is never used as a
 * deadline, and the further extension by working days (Art. 3(5)) is contested and not computed.
 *
 * @source Regulation (EEC, Euratom) No 1182/71 Art. 3(1)
 */
export function dueAtWithoutFirstHour(record: ObligationRecord, startsAt: string): string {
  const nextHourMs = Math.ceil(instantMs(startsAt) / HOUR_MS) * HOUR_MS;
  return hoursLater(new Date(nextHourMs).toISOString(), record.clock.limit.n);
}

/** Instants at which the owner is reminded, ascending, all after the start and before the due instant. */
export function remindersOf(record: ObligationRecord, startsAt: string): readonly string[] {
  const due = dueAt(record, startsAt);
  return [...record.remindHoursBefore]
    .sort((left, right) => right - left)
    .map((hours) => hoursLater(due, -hours))
    .filter((instant) => instantMs(instant) > instantMs(startsAt));
}
