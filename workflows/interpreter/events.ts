import type { Digest } from '../../contracts/ids.ts';
import type { ChildHolds, GateStatus, ObligationStatus, StepError } from '../../contracts/messages.ts';
import type { JsonObject } from '../../contracts/json.ts';

/** What happened outside since the last advance. */
export type EngineEvent =
  | {
      readonly kind: 'actionEnded';
      readonly step: string;
      readonly visit: number;
      readonly outputs: JsonObject;
      readonly facts?: JsonObject;
      readonly openItems?: readonly string[];
      readonly state: 'succeeded' | 'partial';
    }
  | { readonly kind: 'actionFailed'; readonly step: string; readonly visit: number; readonly error: StepError }
  | { readonly kind: 'undone'; readonly step: string; readonly error?: StepError }
  | {
      readonly kind: 'gateOpened';
      readonly gate: string;
      readonly digest: Digest;
      readonly shows: GateStatus['shows'];
      /** Of a pre-authorised step's targets, how many are of the kinds that were signed for. */
      readonly ofKinds?: number;
    }
  | { readonly kind: 'gateFailed'; readonly gate: string; readonly error: StepError }
  | ({ readonly kind: 'childHolds' } & ChildHolds)
  /** A permit stands open. */
  | {
      readonly kind: 'permitOpened';
      readonly step: string;
      readonly visit: number;
      readonly digests: readonly string[];
    }
  /** A rollout was to go on, and the decisions on that do not hold. */
  | { readonly kind: 'permitRefused'; readonly step: string; readonly visit: number; readonly error: StepError }
  | { readonly kind: 'assessed'; readonly obligations: readonly ObligationStatus[] }
  /** The duties could not be found for good: the facts must change first. */
  | { readonly kind: 'assessFailed'; readonly error: StepError }
  /** A duty's clock ended though the duty goes on: it is started anew. */
  | { readonly kind: 'clockLost' }
  | { readonly kind: 'cardDrawn' }
  | { readonly kind: 'journalled'; readonly keys: readonly string[] };
