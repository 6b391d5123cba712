import type { IncidentId } from './ids.ts';

/** Where workers report to a watchdog: `POST`, JSON, `authorization: Bearer <token>`. */
export const WATCHDOG_REPORTS = '/v1/reports';

/** A duty whose time runs. */
export interface OpenDuty {
  readonly incident: IncidentId;
  /** Id of the obligation, `gdpr-33`. */
  readonly obligation: string;
  readonly title: string;
  /** ISO 8601 UTC. */
  readonly dueAt: string;
}

/** What a worker tells the watchdog, again and again: everything that is due, so that a report that is lost costs nothing. */
export interface WatchdogReport {
  /** Database time of the reading, ISO 8601 UTC: of two reports the later one counts. */
  readonly at: string;
  /** Whether the engine answered when the report was made. */
  readonly isEngineUp: boolean;
  /** Every duty of a live incident that runs; one that is missing was settled. */
  readonly duties: readonly OpenDuty[];
}
