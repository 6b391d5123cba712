import { behaves } from '../patches.ts';
import { byDecider } from './failures.ts';
import { isStopped } from './held.ts';
import { openQuestion } from './gates.ts';
import type { ChildHolds } from '../../contracts/messages.ts';
import type { Core } from './core.ts';
import type { GateRecord, StepRecord } from './state.ts';

/** What is asked where a rollout holds. */
const QUESTIONS: Readonly<Record<ChildHolds['reason'], string>> = {
  canary: 'go on after the first targets?',
  limit: 'go beyond the limit?',
  drift: 'tell more people than expected that nothing is proven yet?',
  returns: 'go on though notices come back?',
};

/**
 * A rollout holds, after its canary or at the plan's limit, until people let it go on. Those who approved the step are
 * asked; where the step has no approval, whoever decides on failures. A repeat of the report changes nothing.
 */
export function takeHold(core: Core, step: StepRecord, hold: ChildHolds): void {
  const { reason, counts, left, note, limitedBy } = hold;
  const isAsked = core.state.gates.some(
    (gate) => gate.step === step.id && gate.visit === step.visit && gate.kind === reason && gate.state === 'open',
  );
  if (isAsked) return;
  const { title, connector, approval } = core.node(step);
  if (reason === 'returns') core.commands.push({ kind: 'setPermit', permit: permitOf(core, step, 'held') });
  const question = `${title}: ${QUESTIONS[reason]}`;
  step.waitsFor = reason === 'limit' ? 'limit' : 'hold';
  if (limitedBy !== undefined) step.limitedBy = limitedBy;
  openQuestion(
    core,
    step,
    reason,
    question,
    approval ?? byDecider(core),
    { counts: counts, left },
    { targets: left, ...(connector === undefined ? {} : { connector }), variants: [], notes: [note] },
  );
}

/** People let a rollout go on that holds: a limit is raised by what was left. */
export function release(core: Core, step: StepRecord, gate: GateRecord): void {
  const isLimit = gate.kind === 'limit';
  const uses = (isLimit ? step.limitedBy : undefined) ?? core.node(step).uses;
  delete step.waitsFor;
  if (isLimit) {
    core.state.raised[uses] = (core.state.raised[uses] ?? 0) + gate.shows.targets;
    delete step.limitedBy;
  }
  const limit = isLimit ? limitOf(core, step, uses) : undefined;
  core.commands.push({
    kind: 'release',
    context: core.context(step),
    uses,
    reason: isHoldReason(gate.kind) ? gate.kind : 'gate',
    ...(limit === undefined ? {} : { limit }),
    ...(gate.kind === 'returns' && mayAct(core, step) ? { permit: permitOf(core, step, 'open') } : {}),
  });
}

function isHoldReason(kind: GateRecord['kind']): kind is ChildHolds['reason'] {
  return Object.hasOwn(QUESTIONS, kind);
}

/** Whether neither a stop nor a pause keeps a step's rollout from acting. */
export function mayAct(core: Core, step: StepRecord): boolean {
  return step.isPaused !== true && !isStopped(core, step);
}

/** People do not let it go on: it ends with what has been done. The permit is flipped first. */
export function finish(core: Core, step: StepRecord): void {
  step.isGivenUp = true;
  core.commands.push({ kind: 'setPermit', permit: permitOf(core, step, 'stopped'), tell: 'finish' });
}

/**
 * A rollout's visit is over and not everything came through: nothing may be claimed under its permit any more, for instance
 * by pages of a child that somebody terminated.
 */
export function closePermit(core: Core, step: StepRecord): void {
  if (core.node(step).shape !== 'page' || !behaves('closedPermits', core.input.engineVersion)) return;
  if (step.isGivenUp !== true) core.commands.push({ kind: 'setPermit', permit: permitOf(core, step, 'stopped') });
}

/** A step's permit, with the digest of the gate that let it through. */
export function permitOf(core: Core, step: StepRecord, state: 'open' | 'stopped' | 'held') {
  const digest = core.state.gates.find(({ id }) => id === step.gate)?.digest;
  return { context: core.context(step), state, ...(digest === undefined ? {} : { gate: digest }) } as const;
}

/**
 * How many targets an action may act on in this incident: the plan's limit (a number, or a share of the largest dataset it
 * was given), and what people let through beyond it.
 *
 * @param uses - the step's own action, or another one whose limit its acts count against.
 * @returns `undefined` where the plan sets none.
 */
export function limitOf(core: Core, step: StepRecord, uses = core.node(step).uses): number | undefined {
  const { max, share } = core.plan.limits[uses] ?? {};
  if (max === undefined && share === undefined) return undefined;
  const given = core.state.steps.filter((other) => other === step || core.node(other).uses === uses);
  const population = Math.max(0, ...given.map(({ dataset }) => dataset?.count ?? 0));
  const byShare = share === undefined ? Infinity : Math.ceil(share * population);
  return Math.min(max ?? Infinity, byShare) + (core.state.raised[uses] ?? 0);
}
