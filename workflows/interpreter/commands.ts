import type { ActionCall, CallContext } from '../../contracts/effects.ts';
import type { DatasetRef } from '../../contracts/dataset.ts';
import type { Digest } from '../../contracts/ids.ts';
import type { HoldReason, IncidentState, RetryState } from '../../contracts/messages.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { PermitGrounds } from '../../contracts/engine-activities.ts';
import type { PlanStep } from '../../contracts/plan.ts';

/** A permit to be flipped; `gate` is the digest that pages must prove themselves against. */
export interface Permit extends PermitGrounds {
  readonly context: CallContext;
  readonly state: 'open' | 'stopped' | 'held';
  readonly gate?: Digest;
}

/** What the host is to do, in order. Every call of an activity carries the pending records. */
export type Command =
  /** Runs a single action; with `permit` its permit is opened first. */
  | {
      readonly kind: 'act';
      readonly plan: PlanStep;
      readonly call: ActionCall;
      readonly activityId: string;
      readonly needsPermit: boolean;
      /** What lets its permit be opened. */
      readonly grounds?: PermitGrounds;
      /** The act takes back an earlier one. */
      readonly isUndo?: boolean;
      /** Goes on as a child of its own when the incident closes. */
      readonly outlives?: boolean;
    }
  /** Sets the action's limit, reopens what is to be tried again, opens the permit, then starts the rollout. */
  | {
      readonly kind: 'rollOut';
      readonly plan: PlanStep;
      readonly call: ActionCall;
      readonly dataset: DatasetRef;
      readonly limit?: number;
      readonly ceiling?: number;
      readonly reopens?: readonly RetryState[];
      /** What lets its permit be opened. */
      readonly grounds?: PermitGrounds;
    }
  | {
      readonly kind: 'openGate';
      readonly gate: string;
      readonly plan: PlanStep;
      readonly context: CallContext;
      readonly with: JsonObject;
      readonly facts: JsonObject;
      readonly dataset?: DatasetRef;
    }
  /** Flips the permit, then tells the step's rollout where it has one. */
  | { readonly kind: 'setPermit'; readonly permit: Permit; readonly tell?: 'stop' | 'pause' | 'resume' | 'finish' }
  /** Ends a single action that is under way: nobody wants it any more. */
  | { readonly kind: 'cancel'; readonly context: CallContext; readonly activityId: string }
  /** Lets a rollout go on that holds; a raised limit is set and a permit opened first. */
  | {
      readonly kind: 'release';
      readonly context: CallContext;
      readonly uses: string;
      readonly reason: HoldReason;
      readonly limit?: number;
      readonly permit?: Permit;
    }
  /** Changes how fast a rollout goes: targets a minute, for all workers, and pages in flight. */
  | {
      readonly kind: 'rate';
      readonly context: CallContext;
      readonly uses: string;
      readonly perMinute?: number;
      readonly window?: number;
    }
  | {
      readonly kind: 'page';
      readonly context: CallContext;
      readonly people: readonly string[];
      readonly text: string;
      readonly level: number;
    }
  | { readonly kind: 'assess'; readonly context: CallContext; readonly facts: JsonObject }
  /** With `anchor` the head of the journal leaves the house afterwards, for that reason. */
  | { readonly kind: 'setState'; readonly state: IncidentState; readonly anchor?: string }
  | { readonly kind: 'anchor'; readonly reason: string }
  | { readonly kind: 'card'; readonly context: CallContext; readonly summary: JsonObject };
