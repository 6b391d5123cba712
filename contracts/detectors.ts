import type { Mode } from './effects.ts';
import type { IncidentId } from './ids.ts';

/** How grave an alert is, least first; the ceiling of a detector is one of them. */
export const severities = ['low', 'medium', 'high', 'critical'] as const;

/** One of {@link severities}. */
export type Severity = (typeof severities)[number];

/**
 * What became of an alert: it started an incident, joined the one of its leak, opened one that waits for a person, has no
 * rule, came after its incident was closed or dismissed, or was refused.
 */
export type AlertOutcome =
  'started' | 'joined' | 'held' | 'unmapped' | 'ignored' | 'after-close' | 'dismissed' | 'refused';

/** One alert of a delivery. */
export interface AlertResult {
  /** Id at the detector. */
  readonly event: string;
  readonly outcome: AlertOutcome;
  readonly incident?: IncidentId;
  readonly mode?: Mode;
  /** Why it was refused; of a joined one, why its credential was not offered. */
  readonly code?: string;
}

/** Answer of `POST /v1/detectors/:name`: 202. */
export interface DeliveryAnswer {
  readonly results: readonly AlertResult[];
  /** The same delivery came before; nothing was done again. */
  readonly replayed: boolean;
}

/** An alert as it is kept: what it was and what became of it, never its content. */
export interface AlertView extends AlertResult {
  readonly detector: string;
  readonly kind: string;
  readonly severity?: Severity;
  /** How often it came. */
  readonly times: number;
  readonly firstAt: string;
  readonly lastAt: string;
}

/** `GET /v1/alerts?outcome=`, newest first. */
export interface AlertPage {
  readonly alerts: readonly AlertView[];
  /** Give it as `after` to get what follows; absent on the last page. */
  readonly next?: string;
}
