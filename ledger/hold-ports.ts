import type { IncidentId } from '../contracts/ids.ts';
import type { HoldView } from '../contracts/returns.ts';

/** Holds of incidents. */
export interface HoldStore {
  /** Places a hold and records it in the journal; the same request again gives the first one. @throws INCIDENT_KEY_REUSED for another under its key */
  add(
    incident: IncidentId,
    hold: Pick<HoldView, 'audience' | 'by' | 'basis' | 'until'> & { readonly key: string },
  ): Promise<HoldView>;
  /** Lifts it, records it, and puts what holds of the incident withheld back to planned. Repeatable. @throws HOLD_UNKNOWN */
  lift(incident: IncidentId, id: string, by: { readonly by: string; readonly reason: string }): Promise<HoldView>;
  /** Oldest first, lifted ones too. */
  list(incident: IncidentId): Promise<readonly HoldView[]>;
  active(incident: IncidentId): Promise<readonly HoldView[]>;
  /** Puts subjects that a hold withheld back to planned. Returns them. */
  release(incident: IncidentId, subjects: readonly string[]): Promise<readonly string[]>;
  /** Puts everything back to planned that was withheld where no hold stands any more. */
  releaseRunOut(): Promise<void>;
}
