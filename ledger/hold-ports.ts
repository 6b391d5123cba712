import type { IncidentId } from '../contracts/ids.ts';

/** A hold: people who must not be told, on what basis, until when. */
export interface HoldRow {
  readonly id: string;
  /** See `contracts/holds.ts`. */
  readonly audience: string;
  readonly by: string;
  /** Legal basis, in words. */
  readonly basis: string;
  readonly at: string;
  /** It runs out then; absent: only when it is lifted. */
  readonly until?: string;
  readonly liftedAt?: string;
  readonly liftedBy?: string;
  readonly reason?: string;
  /** Neither lifted nor run out, by the database's clock. */
  readonly active: boolean;
}

/** Holds of incidents. */
export interface HoldStore {
  /** Places a hold and records it in the journal; the same key gives the first one. */
  add(
    incident: IncidentId,
    hold: Pick<HoldRow, 'audience' | 'by' | 'basis' | 'until'> & { readonly key: string },
  ): Promise<HoldRow>;
  /** Lifts it, records it, and puts what holds of the incident withheld back to planned. Repeatable. @throws HOLD_UNKNOWN */
  lift(incident: IncidentId, id: string, by: { readonly by: string; readonly reason: string }): Promise<HoldRow>;
  /** Oldest first, lifted ones too. */
  list(incident: IncidentId): Promise<readonly HoldRow[]>;
  active(incident: IncidentId): Promise<readonly HoldRow[]>;
  /** Puts subjects that a hold withheld back to planned. Returns them. */
  release(incident: IncidentId, subjects: readonly string[]): Promise<readonly string[]>;
  /** Puts everything back to planned that was withheld where no hold stands any more. */
  releaseRunOut(): Promise<void>;
}
