import type { Json, JsonObject } from '../contracts/json.ts';
import type { Source } from './intake.ts';

/** An approval as written. */
export interface ApprovalSource {
  readonly all?: readonly string[];
  readonly any?: readonly string[];
  readonly quorum?: number;
  readonly within: string;
  readonly onExpiry?: 'escalate' | 'halt';
  readonly secondFactor?: { readonly above: number };
}

/** A step as written: it has passed the file's schema, nothing more. */
export interface StepSource {
  readonly id: string;
  readonly uses: string;
  readonly title?: string;
  readonly needs?: readonly (string | { readonly step: string; readonly state: 'succeeded' })[];
  readonly when?: string;
  readonly forEach?: string;
  readonly with?: JsonObject;
  readonly approval?: ApprovalSource;
  readonly preauthorised?: {
    readonly max: number;
    readonly kinds?: readonly string[];
    readonly until: string;
    readonly signedBy: string;
  };
  readonly rollout?: {
    readonly first?: readonly string[];
    readonly canary?: number;
    readonly holdUntil?: 'verified' | 'approved';
    readonly page?: number;
    readonly window?: number;
  };
  readonly timeout?: string;
  readonly within?: string;
  readonly retry?: { readonly max?: number; readonly first?: string; readonly factor?: number; readonly cap?: string };
  readonly onFailure?: 'halt' | 'continue' | 'ask';
  readonly onUnknown?: 'report' | 'resend';
  readonly undo?: { readonly uses: string; readonly with?: JsonObject };
  readonly outlives?: 'close';
}

/** A playbook as written, with where everything stands. */
export interface PlaybookSource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly title: string;
    readonly version: number;
    readonly tlp?: string;
    readonly tags?: JsonObject;
  };
  readonly inputs?: JsonObject;
  readonly roles?: Readonly<
    Record<string, { readonly title: string; readonly from?: string; readonly required?: boolean }>
  >;
  readonly limits?: Readonly<
    Record<
      string,
      { readonly max?: number; readonly share?: number; readonly perHour?: number; readonly perMinute?: number }
    >
  >;
  readonly amendments?: Readonly<
    Record<string, { readonly of?: string; readonly run?: string; readonly approval: ApprovalSource }>
  >;
  readonly steps: readonly StepSource[];
}

/** A playbook whose shape is good. */
export interface LoadedPlaybook {
  readonly name: string;
  readonly source: Source;
  readonly playbook: PlaybookSource;
}

/** Ids that a step needs; without any `needs` in the file each step needs the one before. */
export function needsOf(
  playbook: PlaybookSource,
  index: number,
): readonly { readonly step: string; readonly state?: 'succeeded' }[] {
  const step = playbook.steps[index]!;
  if (step.needs) return step.needs.map((need) => (typeof need === 'string' ? { step: need } : need));
  const before = playbook.steps[index - 1];
  return before && playbook.steps.every(({ needs }) => needs === undefined) ? [{ step: before.id }] : [];
}

/** The playbook that a `playbook.run` step names. */
export function runsPlaybook(step: StepSource): string | undefined {
  const named: Json | undefined = step.uses === 'playbook.run' ? step.with?.playbook : undefined;
  return typeof named === 'string' ? named : undefined;
}
