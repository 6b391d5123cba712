import type { EffectClass } from './effects.ts';
import type { FactKey } from './facts.ts';
import type { JsonObject } from './json.ts';
import type { KeyClass } from './dataset.ts';
import type { QueueName } from './queues.ts';

/**
 * How the engine runs an action.
 *
 * `single`: one activity. `page`: a rollout over a dataset, one activity a page. `people`: opens an ask and waits for
 * persons. `wait`: a fact or a time. `scope`: a child playbook, inlined by the compiler. `clock`: an activity that is
 * run again at every fact and whose clocks are child workflows.
 */
export type ActionShape = 'single' | 'page' | 'people' | 'wait' | 'scope' | 'clock';

/** Everything that compiler, interpreter and worker know about an action. */
export interface ActionDeclaration {
  /** `credentials.revoke`; also the activity type. */
  readonly name: string;
  /** One sentence, for `docs/actions.md` and `explain`. */
  readonly title: string;
  readonly shape: ActionShape;
  /** JSON Schema 2020-12 of `with`; `additionalProperties: false`. A property may also be given as an expression of its type. */
  readonly input: JsonObject;
  /** JSON Schema of the declared outputs: what `steps.<id>.<name>` may read. `firebreak:dataset` marks a dataset. */
  readonly outputs: JsonObject;
  /** `none` for reading actions; `connector` where the connector's class decides. */
  readonly effect: 'none' | 'connector' | EffectClass;
  /** Capability whose connector acts (`credentials`, `notices` ...), `undefined` for the engine's own actions. */
  readonly capability?: string;
  /** What the effect is keyed by, in words; required unless `effect` is `none`. */
  readonly subject?: string;
  /** Whether the act can be taken back; `connector` where the connector decides. */
  readonly reversible: boolean | 'connector';
  /** Which key opens what it needs. */
  readonly keyClass?: KeyClass;
  readonly queue: QueueName;
  /** Actions whose effects its looks move (`credentials.verify` settles `credentials.revoke`). */
  readonly settles?: readonly string[];
  /** Action that verifies this one; lint warns `PLAYBOOK_UNVERIFIED` without it. */
  readonly verifiedBy?: string;
  /** Start-to-close of one activity, in milliseconds. */
  readonly timeoutMs: number;
  readonly retry: RetryPlan;
  /** What it sends may come back: a rollout of it stops by itself when too much of its first targets does. */
  readonly mayReturn?: true;
  /** Facts it may set. */
  readonly setsFacts: readonly FactKey[];
  /** What it does in a drill. */
  readonly drill: 'same' | 'fenced';
  /** CACAO 2.0 activity. */
  readonly cacao: string;
}

/** Retry of one activity. */
export interface RetryPlan {
  /** Attempts in all; 0 means until the step's `within`. */
  readonly max: number;
  readonly firstMs: number;
  readonly factor: number;
  readonly capMs: number;
}
