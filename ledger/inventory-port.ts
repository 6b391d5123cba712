import type { DatasetRef } from '../contracts/dataset.ts';
import type { EffectCounts, EffectState } from '../contracts/effects.ts';
import type { IncidentId } from '../contracts/ids.ts';

/** Effects of one action over a whole incident. */
export interface EffectsEntry {
  readonly action: string;
  readonly counts: EffectCounts;
  /** Receipts written, of every kind: more than effects, since looks and repeats leave their own. */
  readonly receipts: number;
}

/** A dataset with the step that wrote it. */
export interface DatasetEntry extends DatasetRef {
  readonly step: string;
  readonly visit: number;
  readonly part: string;
}

/** One target of a dataset, without what is sealed in it and without its attributes. */
export interface TargetEntry {
  readonly subject: string;
  /** Salted SHA-256 over the attributes, hex: with the subject it gives the dataset's digest. */
  readonly commitment: string;
  /** Id of a credential at its issuer; '' where it has none, and for people. */
  readonly ref: string;
}

/** One effect as it stands now, with the claim that it stands under. */
export interface ActEntry {
  readonly action: string;
  readonly subject: string;
  readonly state: EffectState;
  readonly generation: number;
  readonly attempt: number;
  readonly code: string | null;
  readonly lease: string | null;
  readonly epoch: number | null;
  /** ISO 8601 UTC with microseconds, database time, as in the journal. */
  readonly claimedAt: string | null;
}

/** What an incident holds in all. */
export interface InventoryStore {
  /** By action name; actions without an effect are absent. */
  effects(incident: IncidentId): Promise<readonly EffectsEntry[]>;
  /** By step, visit and part. */
  datasets(incident: IncidentId): Promise<readonly DatasetEntry[]>;
  /** Every target of a dataset by position, at most 500 at a time. */
  targets(dataset: Pick<DatasetRef, 'id'>): AsyncIterable<readonly TargetEntry[]>;
  /** Every effect, at most 500 at a time. */
  acts(incident: IncidentId): AsyncIterable<readonly ActEntry[]>;
}
