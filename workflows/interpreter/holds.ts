import { behaves } from '../patches.ts';
import { byDecider } from './failures.ts';
import { isStopped } from './held.ts';
import { openQuestion } from './gates.ts';
import type { ChildHolds } from '../../contracts/messages.ts';
import { isSigned, permitOf } from './grounds.ts';
import type { Core } from './core.ts';
import type { JsonObject } from '../../contracts/json.ts';
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
  const { title, connector } = core.node(step);
  if (reason === 'returns' && !isSigned(core))
    core.commands.push({ kind: 'setPermit', permit: permitOf(core, step, 'held') });
  if (limitedBy !== undefined) step.limitedBy = limitedBy;
  const question = `${title}: ${QUESTIONS[reason]}`;
  const shows = { targets: left, ...(connector === undefined ? {} : { connector }), variants: [], notes: [note] };
  ask(core, step, { kind: reason, question, shows }, { counts: counts, left });
}

/** What is asked where a rollout holds. */
interface HoldQuestion extends Pick<GateRecord, 'question' | 'shows'> {
  readonly kind: ChildHolds['reason'];
}

/** Asks a question of a rollout that holds again, with more to know. */
export function askHold(core: Core, step: StepRecord, gate: GateRecord, notes: readonly string[]): void {
  if (!isHoldReason(gate.kind)) return;
  const { id, question, kind, shows } = gate;
  ask(core, step, { kind, question, shows: { ...shows, notes: [...shows.notes, ...notes] } }, { again: id });
}

/** Opens the question; until it is answered by decisions that hold, nothing is claimed under the permit. */
function ask(core: Core, step: StepRecord, { kind, question, shows }: HoldQuestion, covers: JsonObject): void {
  step.waitsFor = kind === 'limit' ? 'limit' : 'hold';
  const gate = openQuestion(core, step, kind, question, core.node(step).approval ?? byDecider(core), covers, shows);
  if (!isSigned(core)) return;
  step.holdGate = gate.id;
  core.commands.push({ kind: 'setPermit', permit: permitOf(core, step, 'held') });
}

/** People let a rollout go on that holds: a limit is raised by what was left. */
export function release(core: Core, step: StepRecord, gate: GateRecord): void {
  const isLimit = gate.kind === 'limit';
  const uses = (isLimit ? step.limitedBy : undefined) ?? core.node(step).uses;
  delete step.waitsFor;
  if (isLimit) {
    core.state.raised[uses] = (core.state.raised[uses] ?? 0) + gate.shows.targets;
    if (isSigned(core)) gate.raises = { uses, by: gate.shows.targets };
    delete step.limitedBy;
  }
  const limit = isLimit ? limitOf(core, step, uses) : undefined;
  core.commands.push({
    kind: 'release',
    context: core.context(step),
    uses,
    reason: isHoldReason(gate.kind) ? gate.kind : 'gate',
    ...(limit === undefined ? {} : { limit }),
    ...((gate.kind === 'returns' || isSigned(core)) && mayAct(core, step)
      ? { permit: permitOf(core, step, 'open') }
      : {}),
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
