import { isEnded, type Core } from './core.ts';
import { mayAct } from './holds.ts';
import { permitOf } from './grounds.ts';
import { retry, settleFailure } from './failures.ts';
import { isUndecided } from './ending.ts';
import { plainRetryStates, retryStates, WINDOW_MAX } from '../../contracts/messages.ts';
import type { ErrorCode } from '../../contracts/errors.ts';
import type { RolloutMessage, StepError } from '../../contracts/messages.ts';
import type { StepRecord } from './state.ts';

type Fault = StepError & { readonly code: ErrorCode };

/** Why a step's rollout cannot be steered like that; who may is asked elsewhere. */
export function steeringFault(core: Core, step: StepRecord, message: RolloutMessage): Fault | undefined {
  if (core.node(step).shape !== 'page')
    return { code: 'STEP_NOT_WAITING', message: `step ${step.id} acts on no targets` };
  if (message.order === 'retry') return retryFault(step, message);
  if (step.isAsked !== true || isEnded(step))
    return { code: 'STEP_NOT_WAITING', message: `step ${step.id} is ${step.state}: its rollout does not run` };
  if (message.order === 'resume' && step.isPaused !== true)
    return { code: 'STEP_NOT_WAITING', message: `the rollout of ${step.id} is not paused` };
  return message.order === 'rate' ? rateFault(core, step, message) : undefined;
}

function retryFault(step: StepRecord, { states = plainRetryStates, list }: RolloutMessage): Fault | undefined {
  if (!isEnded(step) || step.state === 'skipped' || step.state === 'cancelled')
    return { code: 'STEP_NOT_WAITING', message: `step ${step.id} is ${step.state}: nothing of it is to be retried` };
  if (states.length === 0 || states.some((state) => !retryStates.includes(state)))
    return { code: 'ROLLOUT_ORDER_INVALID', message: `what can be retried is ${retryStates.join(', ')}` };
  const isPlain = states.every((state) => plainRetryStates.includes(state));
  if (isPlain || list !== undefined) return undefined;
  return { code: 'ROLLOUT_LIST_UNSEEN', message: `a retry of ${states.join(', ')} needs the digest of the list` };
}

function rateFault(core: Core, step: StepRecord, { window, perMinute }: RolloutMessage): Fault | undefined {
  const isWhole = (value: number, min: number, max: number): boolean =>
    Number.isInteger(value) && value >= min && value <= max;
  if (window === undefined && perMinute === undefined)
    return { code: 'ROLLOUT_ORDER_INVALID', message: 'neither a window nor a rate was given' };
  if (window !== undefined && !isWhole(window, 1, WINDOW_MAX))
    return { code: 'ROLLOUT_ORDER_INVALID', message: `a window has 1 to ${WINDOW_MAX} pages` };
  if (perMinute === undefined) return undefined;
  if (!isWhole(perMinute, 0, Number.MAX_SAFE_INTEGER))
    return { code: 'ROLLOUT_ORDER_INVALID', message: 'a rate is a whole number of targets a minute' };
  const limit = core.plan.limits[core.node(step).uses] ?? {};
  const most = Math.min(limit.perMinute ?? Infinity, limit.perHour ?? Infinity);
  return perMinute > most
    ? { code: 'ROLLOUT_RATE_TOO_HIGH', message: `the playbook allows ${core.node(step).uses} ${most} times at most` }
    : undefined;
}

/** Steers a rollout. @returns what it led to, one sentence. */
export function steer(core: Core, message: RolloutMessage): string {
  const step = core.step(message.step)!;
  const { order, by, role, reason, id, window, perMinute, states, list } = message;
  const given = { window, perMinute, states, list };
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  core.record(
    'decision',
    by,
    { step: step.id, visit: step.visit, rollout: order, role, reason, ...said },
    `rollout:${id}`,
  );
  switch (order) {
    case 'pause':
      return pause(core, step);
    case 'resume':
      return goOn(core, step);
    case 'rate':
      return changeRate(core, step, message);
    case 'retry':
      return takeUpAgain(core, step, message);
  }
}

/** The permit first: no claim succeeds any more, so the pause comes before the next target. */
function pause(core: Core, step: StepRecord): string {
  if (mayAct(core, step))
    core.commands.push({ kind: 'setPermit', permit: permitOf(core, step, 'held'), tell: 'pause' });
  step.isPaused = true;
  return `the rollout of ${step.id} pauses before the next target`;
}

function goOn(core: Core, step: StepRecord): string {
  delete step.isPaused;
  if (!mayAct(core, step)) return `the rollout of ${step.id} goes on once the stop is lifted`;
  core.commands.push({ kind: 'setPermit', permit: permitOf(core, step, 'open'), tell: 'resume' });
  return `the rollout of ${step.id} goes on`;
}

function changeRate(core: Core, step: StepRecord, { window, perMinute }: RolloutMessage): string {
  core.commands.push({
    kind: 'rate',
    context: core.context(step),
    uses: core.node(step).uses,
    ...(window === undefined ? {} : { window }),
    ...(perMinute === undefined ? {} : { perMinute }),
  });
  const pages = window === undefined ? [] : [`${window} pages in flight`];
  const rate =
    perMinute === undefined ? [] : [perMinute === 0 ? 'no rate of its own' : `${perMinute} targets a minute`];
  return `the rollout of ${step.id} has ${[...pages, ...rate].join(' and ')}`;
}

/** The same rows are reopened under the next visit: its gate asks again, and what came through stays as it is. */
function takeUpAgain(core: Core, step: StepRecord, { by, states = plainRetryStates }: RolloutMessage): string {
  const open = core.state.openItems;
  open.splice(0, open.length, ...open.filter((item) => item.step !== step.id));
  if (isUndecided(core, step)) settleFailure(core, step, 'retry', by);
  else retry(core, step, states);
  step.reopens = states;
  return `step ${step.id} takes up what is ${states.join(' or ')} again, as visit ${step.visit}`;
}
