import { createHash } from 'node:crypto';
import { canonicalJson } from '../contracts/json.ts';
import { CodedError } from '../contracts/errors.ts';
import { plainRetryStates, retryStates, type RetryState } from '../contracts/messages.ts';
import type { IncidentId } from '../contracts/ids.ts';
import type { RolloutView, TargetList } from '../contracts/rollout-api.ts';
import type { UnsettledRow } from '../ledger/page-port.ts';
import type { RolloutRow } from '../ledger/ports.ts';
import type { GatewayDeps } from './deps.ts';

/** Targets that the digest of a list covers one by one; beyond that a person looks at codes, not at names. */
const LIST_MAX = 5_000;

const STATES = { open: 'running', held: 'held', stopped: 'stopped' } as const;

function viewOf({ permit, ...row }: RolloutRow): RolloutView {
  const left = row.targets - row.done;
  const state = left === 0 ? 'ended' : STATES[permit];
  const isMoving = state === 'running' && row.perMinute > 0;
  return { ...row, state, ...(isMoving ? { secondsLeft: Math.ceil((left / row.perMinute) * 60) } : {}) };
}

/** How the rollouts of an incident stand: one read of the ledger, no question to the engine. */
export async function readRollouts({ ledger }: GatewayDeps, incident: IncidentId): Promise<readonly RolloutView[]> {
  return (await ledger.rollouts.list(incident)).map(viewOf);
}

/** Words as states that can be retried. @throws GATEWAY_QUERY_INVALID */
export function retryStatesOf(words: readonly string[] | undefined): readonly RetryState[] {
  if (words === undefined) return plainRetryStates;
  const states = retryStates.filter((state) => words.includes(state));
  if (states.length === 0 || states.length < new Set(words).size)
    throw new CodedError('GATEWAY_QUERY_INVALID', `states are some of ${retryStates.join(', ')}`);
  return states;
}

/** A target as it is listed. */
export function shownTarget({ code, ...target }: UnsettledRow): TargetList['targets'][number] {
  return { ...target, ...(code === undefined ? {} : { code }) };
}

/** Targets of a step that did not come through, with the digest that a retry binds to. */
export async function listTargets(
  { ledger }: GatewayDeps,
  incident: IncidentId,
  step: string,
  states: readonly RetryState[],
): Promise<TargetList> {
  const { total, targets } = await ledger.effects.unsettled(incident, step, states, LIST_MAX);
  const listed = targets.map(shownTarget);
  const digest = createHash('sha256').update(canonicalJson({ step, total, listed })).digest('hex');
  return { total, digest, targets: listed };
}

/**
 * Makes sure that there is something to retry, and that who asks saw the list where nobody can say what became of it.
 *
 * @throws ROLLOUT_NOTHING_LEFT, ROLLOUT_LIST_UNSEEN
 */
export async function refuseRetry(
  deps: GatewayDeps,
  incident: IncidentId,
  step: string,
  { states, list }: { readonly states: readonly RetryState[]; readonly list: string | undefined },
): Promise<void> {
  const now = await listTargets(deps, incident, step, states);
  if (now.total === 0) throw new CodedError('ROLLOUT_NOTHING_LEFT', `no target of ${step} is ${states.join(' or ')}`);
  const isPlain = states.every((state) => plainRetryStates.includes(state));
  if ((list !== undefined || !isPlain) && list !== now.digest)
    throw new CodedError('ROLLOUT_LIST_UNSEEN', `${now.total} targets of ${step} are ${states.join(' or ')}`);
}
