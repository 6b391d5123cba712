import type { Approval, Plan, PlanStep } from '../contracts/plan.ts';

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** `2 h`, `15 min`: the largest unit that leaves a whole number. */
export function readableDuration(ms: number): string {
  const [unit, size] = UNITS.find(([, length]) => ms >= length && ms % length === 0) ?? ['ms', 1];
  return `${ms / size} ${unit}`;
}

function approvalText({ rule, roles, quorum, withinMs, onExpiry }: Approval): string {
  const who =
    rule === 'all' ? roles.join(' and ') : quorum === 1 ? roles.join(' or ') : `${quorum} of ${roles.join(', ')}`;
  return `asks ${who} within ${readableDuration(withinMs)}, then ${onExpiry === 'halt' ? 'halts' : 'escalates'}`;
}

/** What is to be said of a step, one line each. */
function notesOf(step: PlanStep): readonly string[] {
  const needs = step.needs.map((need) => `${need.step}${need.state === undefined ? '' : ' (succeeded)'}`);
  const { of } = step.with as { of?: string };
  return [
    needs.length === 0 ? 'starts at once' : `after ${needs.join(', ')}`,
    ...(step.when === undefined ? [] : [`only if ${step.when}`]),
    ...(step.forEach === undefined ? [] : [`over ${step.forEach}`]),
    ...(step.approval ? [approvalText(step.approval)] : []),
    ...(step.preauthorised
      ? [
          `${step.preauthorised.max} at once, signed by ${step.preauthorised.signedBy} until ${step.preauthorised.until}`,
        ]
      : []),
    ...(of !== undefined && ['people', 'wait'].includes(step.shape) ? [`asks ${of}`] : []),
    ...(step.rollout && step.rollout.canary > 0
      ? [
          `first ${step.rollout.canary}${step.rollout.holdUntil === undefined ? '' : `, held until ${step.rollout.holdUntil}`}`,
        ]
      : []),
    ...(step.connector === undefined ? [] : [`by ${step.connector}`]),
    ...(step.withinMs === undefined ? [] : [`within ${readableDuration(step.withinMs)}`]),
    ...(step.onFailure === 'ask' ? [] : [`on failure: ${step.onFailure}`]),
    ...(step.outlives === undefined ? [] : ['goes on after the close']),
  ];
}

/**
 * A plan as a tree that a person reads at 3 a.m.: what happens, in which order, who is asked what and when.
 *
 * @returns plain text, one line a step, the steps of inlined playbooks indented.
 */
export function explainPlan(plan: Plan): string {
  const { name, version, title } = plan.playbook;
  const roles = Object.entries(plan.roles).map(
    ([role, { title: what, required }]) => `  ${role}: ${what}${required ? ' (required)' : ''}`,
  );
  const limits = Object.entries(plan.limits).map(
    ([action, limit]) =>
      `  ${action}: ${Object.entries(limit)
        .map(([key, value]) => `${key} ${value}`)
        .join(', ')}`,
  );
  const steps = plan.steps.map((step) => {
    const depth = step.scope === '' ? 0 : step.scope.split('/').length;
    return `${'  '.repeat(depth + 1)}${step.id}  ${step.title} [${step.uses}]: ${notesOf(step).join('; ')}`;
  });
  const amendments = Object.entries(plan.amendments).map(
    ([key, { of, approval }]) => `  ${key}: runs ${of} again; ${approvalText(approval)}`,
  );
  const section = (head: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : [head, ...lines];
  return [
    `${title} (${name}, version ${version})`,
    ...section('Roles', roles),
    ...section('Limits', limits),
    'Steps',
    ...steps,
    ...section('Amendments', amendments),
  ].join('\n');
}
