import { isJsonObject, type Json } from '../contracts/json.ts';
import type { Approval, Plan, PlanLimit, PlanStep } from '../contracts/plan.ts';
import { readableDuration, readableIso } from './readable-duration.ts';
import { stagesOf } from './stages.ts';

/** Somebody who is asked something. */
export interface ExplainedAsk {
  readonly step: string;
  /** Stage in which the question may first be put. */
  readonly stage: number;
  readonly who: string;
  readonly what: string;
  /** When it is due and what follows silence, in words; empty where nothing presses. */
  readonly when: string;
}

/** A step of the tree. */
export interface ExplainedStep {
  readonly id: string;
  readonly title: string;
  readonly uses: string;
  /** From 1: how many steps stand before it, one after the other, at least. Steps of one stage do not wait for each other. */
  readonly stage: number;
  /** Steps that it waits for. */
  readonly after: readonly string[];
  /** Everything else there is to know, a phrase each: condition, targets, connector, order, limits, times, what follows a failure. */
  readonly notes: readonly string[];
  readonly asks: readonly ExplainedAsk[];
  /** Steps of the playbook that it runs. */
  readonly steps: readonly ExplainedStep[];
}

/** A plan as a person reads it. */
export interface ExplainedPlan {
  readonly name: string;
  readonly title: string;
  readonly version: number;
  readonly tlp: string;
  readonly roles: readonly {
    readonly role: string;
    readonly title: string;
    readonly required: boolean;
    readonly from?: string;
  }[];
  readonly limits: readonly { readonly action: string; readonly limit: string }[];
  /** In the order in which people may be asked. */
  readonly asks: readonly ExplainedAsk[];
  readonly steps: readonly ExplainedStep[];
  readonly amendments: readonly { readonly name: string; readonly of: string; readonly asks: string }[];
}

const TIMES: Readonly<Record<string, string>> = {
  remind: 'reminded every',
  after: 'waits',
  for: 'goes on for',
  back: 'looks back',
  revokeAfter: 'the old one is revoked after at most',
};

function who({ rule, roles, quorum, secondFactorAbove }: Approval): string {
  const signing = secondFactorAbove === undefined ? '' : `, each with a signature for more than ${secondFactorAbove}`;
  if (rule === 'all') return `${roles.join(' and ')}${signing}`;
  return `${quorum === 1 ? roles.join(' or ') : `${quorum} people out of ${roles.join(', ')}`}${signing}`;
}

function silence({ withinMs, onExpiry }: Approval): string {
  return `within ${readableDuration(withinMs)}, then ${onExpiry === 'halt' ? 'it halts' : 'it escalates'}`;
}

function limitText(limit: PlanLimit): string {
  const { max, share, perHour, perMinute } = limit;
  return [
    ...(max === undefined ? [] : [`${max} at most`]),
    ...(share === undefined ? [] : [`${share * 100} % at most`]),
    ...(perHour === undefined ? [] : [`${perHour} an hour`]),
    ...(perMinute === undefined ? [] : [`${perMinute} a minute`]),
  ].join(', ');
}

/** A template's value as a person reads it. */
function valueText(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return (value as readonly Json[]).map(valueText).join(', ');
  if (!isJsonObject(value)) return JSON.stringify(value ?? null);
  if (typeof value.$cel === 'string') return value.$cel;
  if (Array.isArray(value.$text)) return (value.$text as readonly Json[]).map(valueText).join('');
  return Object.entries(value)
    .map(([key, member]) => `${key} ${valueText(member)}`)
    .join(', ');
}

function given(step: PlanStep): Readonly<Record<string, Json | undefined>> {
  return isJsonObject(step.with) ? step.with : {};
}

/** What a step for a person asks. */
function questionOf(step: PlanStep): string {
  const { keys, fact, evidence } = given(step);
  if (step.uses === 'facts.ask') return `facts: ${valueText(keys)}`;
  if (step.uses === 'wait.for') return `the fact ${valueText(fact)}`;
  return evidence === 'required' ? `${step.title} (with evidence)` : step.title;
}

function asksOf(step: PlanStep, stage: number, opens: number): readonly ExplainedAsk[] {
  const { of, due } = given(step);
  const gate = step.approval
    ? [
        {
          step: step.id,
          stage: opens,
          who: who(step.approval),
          what: `approve: ${step.title}`,
          when: silence(step.approval),
        },
      ]
    : [];
  if (!['people', 'wait'].includes(step.shape) || of === undefined) return gate;
  const when = typeof due === 'string' ? `due within ${readableIso(due)}` : '';
  return [...gate, { step: step.id, stage, who: valueText(of), what: questionOf(step), when }];
}

function orderNotes({ rollout }: PlanStep): readonly string[] {
  const { first = [], canary = 0, holdUntil } = rollout ?? {};
  const size = canary < 1 ? `${canary * 100} %` : `${canary}`;
  return [
    ...(first.length > 0 ? [`first ${first.join(', ')}`] : []),
    ...(canary > 0
      ? [`a canary of ${size}${holdUntil === undefined ? '' : `, the rest held until it is ${holdUntil}`}`]
      : []),
  ];
}

function notesOf(step: PlanStep, limit: PlanLimit | undefined): readonly string[] {
  const { preauthorised, undo } = step;
  const { template, split, due, ...others } = given(step);
  const times = Object.entries(TIMES).flatMap(([key, words]) =>
    typeof others[key] === 'string' ? [`${words} ${readableIso(others[key])}`] : [],
  );
  const parts = Array.isArray(split) ? (split as readonly Json[]).filter(isJsonObject) : [];
  return [
    ...(step.when === undefined ? [] : [`only if ${step.when}`]),
    ...(step.forEach === undefined ? [] : [`over ${step.forEach}`]),
    ...parts.map(({ part, when }) => `${valueText(part)} if ${valueText(when)}`),
    ...(template === undefined
      ? []
      : [
          `text ${valueText(template)} (${
            Object.keys(step.texts)
              .map((key) => key.split('/')[1] ?? 'one text')
              .join(', ') || 'drafted from facts'
          })`,
        ]),
    ...(step.connector === undefined ? [] : [`by ${step.connector}`]),
    ...orderNotes(step),
    ...(limit ? [limitText(limit)] : []),
    ...(preauthorised
      ? [`${preauthorised.max} at once, signed by ${preauthorised.signedBy} until ${preauthorised.until}`]
      : []),
    ...times,
    ...(typeof due === 'string' && step.shape !== 'people' ? [`due within ${readableIso(due)}`] : []),
    ...(step.withinMs === undefined ? [] : [`given up after ${readableDuration(step.withinMs)}`]),
    ...(step.onFailure === 'ask'
      ? []
      : [step.onFailure === 'halt' ? 'a failure halts everything' : 'a failure is noted and the rest goes on']),
    ...(step.onUnknown === 'resend' ? ['what ends unknown is sent again'] : []),
    ...(undo ? [`can be taken back by ${undo.uses}`] : []),
    ...(step.shape === 'clock' ? ['assessed again at every fact'] : []),
    ...(step.outlives === undefined ? [] : ['goes on after the close']),
  ];
}

/** A plan as data that a person reads: who is asked what and when, in which order, within which limits. */
export function explainTree(plan: Plan): ExplainedPlan {
  const stages = stagesOf(plan);
  const explained = (scope: string): readonly ExplainedStep[] =>
    plan.steps
      .filter((step) => step.scope === scope)
      .map((step) => {
        const { starts, opens } = stages.get(step.id)!;
        return {
          id: step.id,
          title: step.title,
          uses: step.uses,
          stage: starts,
          after: step.needs.map((need) => (need.state === undefined ? need.step : `${need.step} (${need.state})`)),
          notes: notesOf(step, plan.limits[step.uses]),
          asks: asksOf(step, starts, opens),
          steps: step.shape === 'scope' ? explained(step.id) : [],
        };
      });
  const steps = explained('');
  const asksIn = (inside: readonly ExplainedStep[]): readonly ExplainedAsk[] =>
    inside.flatMap((step) => [...step.asks, ...asksIn(step.steps)]);
  return {
    name: plan.playbook.name,
    title: plan.playbook.title,
    version: plan.playbook.version,
    tlp: plan.playbook.tlp,
    roles: Object.entries(plan.roles).map(([role, declared]) => ({ role, ...declared })),
    limits: Object.entries(plan.limits).map(([action, limit]) => ({ action, limit: limitText(limit) })),
    asks: [...asksIn(steps)].sort((left, right) => left.stage - right.stage),
    steps,
    amendments: Object.entries(plan.amendments).map(([name, { of, approval }]) => ({
      name,
      of,
      asks: `${who(approval)} ${silence(approval)}`,
    })),
  };
}
