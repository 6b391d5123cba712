import type { Digest } from './ids.ts';
import type { Json, JsonObject } from './json.ts';
import type { ActionShape, RetryPlan } from './action.ts';
import type { QueueName } from './queues.ts';
import type { FactKey } from './facts.ts';

/**
 * A value that is filled in when the step starts: plain JSON in which an object `{"$cel": "<source>"}` stands for an
 * expression's value and `{"$text": [part, ...]}` for the concatenation of literal and expression parts.
 */
export type Template = Json;

/** A person-level role of a playbook. */
export interface PlanRole {
  readonly title: string;
  readonly required: boolean;
  /** `oncall:<schedule>`; bound when the incident starts. */
  readonly from?: string;
}

/** Who has to say yes before a step acts. */
export interface Approval {
  /** `all`: one distinct person for each role. `any`: `quorum` distinct people out of the roles. */
  readonly rule: 'all' | 'any';
  readonly roles: readonly string[];
  readonly quorum: number;
  readonly withinMs: number;
  readonly onExpiry: 'escalate' | 'halt';
  /** With more targets than that each yes needs the signature of the person's own key too. */
  readonly secondFactorAbove?: number;
}

/** Whether an approval asks each person for a signature of their own. */
export function needsSecondFactor({ secondFactorAbove }: Approval, targets: number): boolean {
  return secondFactorAbove !== undefined && targets > secondFactorAbove;
}

/** Signed beforehand: lets that many through at once, the rest waits at the gate. */
export interface Preauthorised {
  readonly max: number;
  readonly kinds: readonly string[];
  /** ISO 8601 date, inclusive, UTC. */
  readonly until: string;
  readonly signedBy: string;
}

/** How a rollout proceeds. */
export interface RolloutOptions {
  /** Attribute kinds (or the word `misused`) that go first. */
  readonly first: readonly string[];
  /** Count, or share below 1, of the canary; 0 for none. */
  readonly canary: number;
  readonly holdUntil?: 'verified' | 'approved';
  /** Rows a page. */
  readonly page: number;
  /** Pages in flight. */
  readonly window: number;
}

/** An edge of the plan. */
export interface Need {
  readonly step: string;
  /** Asks for more than the usual succeeded, partial, skipped or continued failure. */
  readonly state?: 'succeeded';
}

/** One node of the plan. Ids are full: `round/contain`. */
export interface PlanStep {
  readonly id: string;
  /** Scope that holds it; `''` is the root. */
  readonly scope: string;
  readonly uses: string;
  readonly shape: ActionShape;
  readonly title: string;
  /** Connector that will act, as configured when the playbook was loaded. */
  readonly connector?: string;
  readonly queue: QueueName;
  readonly needs: readonly Need[];
  /** Steps whose outputs `when`, `with` or `forEach` read; the gate opens once these have ended. */
  readonly reads: readonly string[];
  /** Fact keys that `when`, `with`, `forEach` or its texts read. */
  readonly readsFacts: readonly FactKey[];
  /** CEL boolean. */
  readonly when?: string;
  readonly with: Template;
  /** CEL source that gives a dataset. */
  readonly forEach?: string;
  readonly approval?: Approval;
  readonly preauthorised?: Preauthorised;
  readonly rollout?: RolloutOptions;
  readonly timeoutMs: number;
  /** Whole time of the step, retries included. */
  readonly withinMs?: number;
  readonly retry: RetryPlan;
  readonly onFailure: 'halt' | 'continue' | 'ask';
  readonly onUnknown: 'report' | 'resend';
  /** Undo action and its `with`, where the action is reversible. */
  readonly undo?: { readonly uses: string; readonly with: Template };
  /** Goes on after the incident closed. */
  readonly outlives?: 'close';
  /** Documents it may read, by name: template texts of every locale. */
  readonly texts: Readonly<Record<string, Digest>>;
  readonly tags: readonly string[];
}

/** An inlined playbook. */
export interface PlanScope {
  readonly id: string;
  /** `''` for a child of the root; absent for the root itself. */
  readonly parent?: string;
  readonly playbook: string;
  readonly version: number;
  /** Inputs template, evaluated in the parent scope when its `playbook.run` step starts; absent for the root. */
  readonly inputs?: Template;
  readonly inputsSchema: Digest;
}

/** An amendment that the playbook declares. */
export interface PlanAmendment {
  /** Scope that is run again, e.g. `round`. */
  readonly of: string;
  readonly approval: Approval;
}

/** What an action may do at most. */
export interface PlanLimit {
  readonly max?: number;
  /** Share of the population, 0 to 1. */
  readonly share?: number;
  readonly perHour?: number;
  readonly perMinute?: number;
}

/** The control part of a plan: what the workflow carries, at most 256 KiB. */
export interface Plan {
  readonly format: 1;
  readonly playbook: {
    readonly name: string;
    readonly title: string;
    readonly version: number;
    readonly tlp: string;
    readonly tags: JsonObject;
  };
  readonly roles: Readonly<Record<string, PlanRole>>;
  readonly limits: Readonly<Record<string, PlanLimit>>;
  readonly amendments: Readonly<Record<string, PlanAmendment>>;
  readonly scopes: readonly PlanScope[];
  /** Declaration order; an inlined playbook's steps follow its `playbook.run` step. */
  readonly steps: readonly PlanStep[];
}

/** What the compiler gives: the plan, its hash, and the documents (texts, schemas) it refers to by hash. */
export interface CompiledPlan {
  readonly plan: Plan;
  /** SHA-256 of the canonical plan. */
  readonly planHash: Digest;
  readonly documents: Readonly<
    Record<Digest, { readonly kind: 'text' | 'schema'; readonly name: string; readonly body: string }>
  >;
}

/** Roles that decide what a playbook leaves open: the plan's first required role, and admins. */
export function decidersOf({ roles }: Pick<Plan, 'roles'>): readonly string[] {
  const required = Object.entries(roles).filter(([, role]) => role.required);
  return [...required.slice(0, 1).map(([name]) => name), 'admin'];
}
