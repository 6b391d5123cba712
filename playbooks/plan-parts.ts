import type { ActionDeclaration } from '../contracts/action.ts';
import { durationMs } from '../contracts/duration.ts';
import { isJsonObject, type Json, type JsonObject } from '../contracts/json.ts';
import type { Approval, PlanLimit, PlanStep, RolloutOptions } from '../contracts/plan.ts';
import type { ApprovalSource, StepSource } from './model.ts';
import { soleExpression, templateOf } from './scan-expressions.ts';

const PAGE_ROWS = 500; // rows a page: one activity each
const WINDOW_PAGES = 4; // pages in flight: more gains little and crowds other steps

/** The approval of a plan: every default written out. */
export function approvalOf(source: ApprovalSource): Approval {
  const { all, any, quorum = 1, within, onExpiry = 'escalate', secondFactor } = source;
  const roles = all ?? any ?? [];
  return {
    rule: all ? 'all' : 'any',
    roles,
    quorum: all ? roles.length : quorum,
    withinMs: durationMs(within),
    onExpiry,
    ...(secondFactor === undefined ? {} : { secondFactorAbove: secondFactor.above }),
  };
}

/** The rollout of a plan: every default written out. */
export function rolloutOf({ rollout = {} }: StepSource): RolloutOptions {
  const { first = [], canary = 0, holdUntil, page = PAGE_ROWS, window = WINDOW_PAGES } = rollout;
  return { first, canary, page, window, ...(holdUntil === undefined ? {} : { holdUntil }) };
}

/** Times of a step: its own, else its action's. */
export function timingOf(
  step: StepSource,
  { timeoutMs, retry }: ActionDeclaration,
): Pick<PlanStep, 'timeoutMs' | 'withinMs' | 'retry'> {
  const { max, first, factor, cap } = step.retry ?? {};
  return {
    timeoutMs: step.timeout === undefined ? timeoutMs : durationMs(step.timeout),
    ...(step.within === undefined ? {} : { withinMs: durationMs(step.within) }),
    retry: {
      max: max ?? retry.max,
      firstMs: first === undefined ? retry.firstMs : durationMs(first),
      factor: factor ?? retry.factor,
      capMs: cap === undefined ? retry.capMs : durationMs(cap),
    },
  };
}

/**
 * What a step is given, as a template. A `split` becomes a list, for its order counts; `split` and `locale` are asked of
 * each target and stay expressions; what `playbook.run` is given belongs to the scope that it opens.
 */
export function withOf({ uses, with: given = {} }: StepSource): JsonObject {
  const asked: Record<string, Json> = {};
  const others: Record<string, Json> = {};
  for (const [key, value] of Object.entries(given)) {
    if (uses === 'playbook.run' && ['playbook', 'inputs'].includes(key)) continue;
    if (key === 'split' && isJsonObject(value))
      asked[key] = Object.entries(value).map(([part, when]) => ({
        part,
        when: typeof when === 'string' ? (soleExpression(when) ?? '') : '',
      }));
    else if (key === 'locale') asked[key] = value;
    else others[key] = value;
  }
  return { ...(templateOf(others) as JsonObject), ...asked };
}

/** The stricter of two limits, part by part. */
export function stricter(left: PlanLimit = {}, right: PlanLimit = {}): PlanLimit {
  const parts = ['max', 'share', 'perHour', 'perMinute'] as const;
  return Object.fromEntries(
    parts.flatMap((part) => {
      const given = [left[part], right[part]].filter((value) => value !== undefined);
      return given.length === 0 ? [] : [[part, Math.min(...given)]];
    }),
  );
}
