import type { EffectCounts, EffectState } from './effects.ts';
import type { RetryState } from './messages.ts';

/** A rollout in `GET /v1/incidents/:id/rollouts`: by what its pages told the ledger, whether or not the engine answers. */
export interface RolloutView {
  readonly step: string;
  readonly visit: number;
  readonly action: string;
  /** `held`: paused, or waiting for people. `ended`: nothing is left of it. */
  readonly state: 'running' | 'held' | 'stopped' | 'ended';
  readonly targets: number;
  /** Targets that are settled or given up. */
  readonly done: number;
  readonly counts: EffectCounts;
  /** Why others are not, by error code. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Targets settled a minute, over the last one. */
  readonly perMinute: number;
  /** Until the rest is done at that rate; absent where it does not move. */
  readonly secondsLeft?: number;
  readonly startedAt: string;
  /** When a page last answered. */
  readonly answeredAt: string;
}

/** `POST .../steps/:step/rollout/pause` and `/resume`. */
export interface RolloutOrderBody {
  readonly role?: string;
  readonly reason: string;
}

/** `POST .../steps/:step/rollout/rate`: a window, a rate, or both. */
export interface RolloutRateBody extends RolloutOrderBody {
  /** Pages in flight, 1 to 16. */
  readonly window?: number;
  /** Targets a minute, at most what the playbook allows; 0 lifts what was asked before. */
  readonly perMinute?: number;
}

/** `POST .../steps/:step/rollout/retry`. */
export interface RolloutRetryBody extends RolloutOrderBody {
  /** Default `failed` and `refuted`; others need `list`. */
  readonly states?: readonly RetryState[];
  /** Digest of the list as it was shown. */
  readonly list?: string;
}

/** `GET .../steps/:step/targets?states=failed,unknown`: a page of targets that did not come through. */
export interface TargetList {
  readonly total: number;
  /** Covers the list, whichever page it is: what a retry binds to. */
  readonly digest: string;
  readonly targets: readonly {
    readonly action: string;
    readonly subject: string;
    readonly state: EffectState;
    readonly generation: number;
    readonly code?: string;
  }[];
  /** Give it as `after` to get what follows; absent on the last page. */
  readonly next?: string;
}
