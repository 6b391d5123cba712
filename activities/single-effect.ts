import { Context } from '@temporalio/activity';
import { CodedError, errorEntry, isErrorCode } from '../contracts/errors.ts';
import { permitId } from '../contracts/ids.ts';
import { currentAttempt, type Attempt } from './effects/attempt.ts';
import { CLAIM_FRESH_MS, ageMs, instant } from './effects/claim-age.ts';
import { cutPoint } from './effects/cut-point.ts';
import { digestOf, effectKey } from './effects/effect-key.ts';
import type { ActionCall, EffectClass } from '../contracts/effects.ts';
import type { ErrorCode } from '../contracts/errors.ts';
import type { Json, JsonObject } from '../contracts/json.ts';
import type { Lease, Ledger, ReopenGuard } from '../ledger/ports.ts';

const HEARTBEAT_MS = 500; // a third of the shortest heartbeat timeout in use; the SDK throttles further

/** What became of one act. */
export type SingleOutcome =
  /** Done; `result` is kept in the receipt and is what a repeat returns. No secret, no address. */
  | { readonly state: 'accepted'; readonly result: JsonObject }
  /** It will never work as asked; `code` must not be of kind `retryable`. */
  | { readonly state: 'failed'; readonly code: ErrorCode; readonly what: string }
  /** Certain that nothing happened: asked again. */
  | { readonly state: 'planned'; readonly code: ErrorCode; readonly what: string; readonly waitMs?: number }
  /** Sent, no clear answer: the row stays claimed, and the next attempt takes over by the rule of its class. */
  | { readonly state: 'pending'; readonly code: ErrorCode; readonly what: string };

/** One act on one target outside a rollout. */
export interface SingleEffect {
  /** Name in the effect's key; usually `call.uses`. */
  readonly action: string;
  /** What the effect is keyed by beside incident and action. */
  readonly subject: string;
  readonly class: EffectClass;
  /** Covers what was asked: the same subject with other parameters is refused. */
  readonly params: Json;
  /** Longest time one request may stay open, in milliseconds. */
  readonly longestRequestMs: number;
  /** For `keyed`: how long the provider remembers a key, in milliseconds. */
  readonly keyLifetimeMs?: number;
  /**
   * Acts, or, where the class is `checkable`, looks first and acts only if nothing is there. A `CodedError` that it throws
   * is read by {@link outcomeOf}.
   *
   * @param key - 32 hex digits, the same for every repeat of one generation.
   * @param isRepeat - whether an earlier attempt or generation may have acted.
   */
  act(key: string, isRepeat: boolean): Promise<SingleOutcome>;
}

/** What is left of an act once it is done. */
export interface SingleDone {
  /** `withheld`: the incident is a drill or preview, nothing was done. */
  readonly state: 'accepted' | 'withheld';
  readonly result: JsonObject;
}

/** Where the running attempt is read from; tests give their own. */
export interface SingleRuntime {
  readonly ledger: Ledger;
  attempt(): Attempt;
  /** Number of the attempt within its activity, from 1. */
  attemptNumber(): number;
}

/** The runtime inside a Temporal activity. */
export function activityRuntime(ledger: Ledger): SingleRuntime {
  return { ledger, attempt: currentAttempt, attemptNumber: () => Context.current().info.attempt };
}

/**
 * Runs one effect: claims it, acts, settles it with a receipt, and leaves a journal record before and after.
 *
 * A repeat of an act that was accepted returns the stored result and does nothing. A later visit of the step, which is a
 * person's retry, or an undo, which a person may ask for again once it failed, reopens once, with the next generation, what earlier visits left failed or unknown. The lease is the
 * step's, not the visit's, so that a later visit takes over what an earlier one left claimed.
 *
 * @idempotency keyed (incident, action, subject); takeover after a crash by class (facts of `contracts/effects.ts`).
 * @throws EFFECT_PERMIT_MISSING, GATE_STALE, STEP_STOPPED, LEASE_LOST, EFFECT_PARAMS_CHANGED before anything was done;
 *   EFFECT_OUTCOME_PENDING while an earlier request may still be under way; EFFECT_UNANSWERED when nobody can say; the
 *   outcome's own code where the act did not succeed.
 */
export async function runSingle(runtime: SingleRuntime, call: ActionCall, effect: SingleEffect): Promise<SingleDone> {
  if (call.mode === 'preview') return { state: 'withheld', result: {} };
  const { ledger } = runtime;
  const attempt = runtime.attempt();
  const lease = leaseOf(call, attempt);
  await provePermit(ledger, call, lease.permit);
  await ledger.effects.takeLease(lease, call.incident);
  if (call.visit > 1 || call.isUndo === true)
    await reopen(ledger, call, effect, { lease, claimedBefore: attempt.firstScheduledMs });
  const askedAt = instant();
  const claimed = await claim(ledger, call, lease, effect);
  if ('done' in claimed) return claimed.done;
  const { generation, attempt: number } = claimed;
  const settle = async (outcome: Settled): Promise<void> => {
    const row = { subject: effect.subject, generation, attempt: number };
    await ledger.effects.settle(lease, { incident: call.incident, action: effect.action }, [{ ...row, ...outcome }]);
    await note(ledger, call, effect, `${generation}:${number}:settled`, {
      state: outcome.state,
      code: outcome.code ?? null,
    });
  };
  if (call.mode === 'drill') {
    await settle({ state: 'withheld', code: 'EFFECT_DRILL_FENCED', receipt: {} });
    return { state: 'withheld', result: {} };
  }
  await note(ledger, call, effect, `${generation}:opened`, { class: effect.class, gate: call.gate ?? null });
  cutPoint('after-claim');
  if (ageMs(askedAt) > CLAIM_FRESH_MS) await proveLease(ledger, call, lease);
  const key = effectKey(call.incident, effect.action, effect.subject, generation);
  const isRepeat = number > 1 || generation > 1;
  const outcome = await beating(attempt, () => effect.act(key, isRepeat).catch(outcomeOf));
  cutPoint('answer-read');
  if (outcome.state === 'accepted') {
    await settle({ state: 'accepted', receipt: { result: outcome.result } });
    cutPoint('settled-not-reported');
    return { state: 'accepted', result: outcome.result };
  }
  const { code, what } = outcome;
  if (outcome.state === 'failed') await settle({ state: 'failed', code, receipt: { code } });
  const waitMs = outcome.state === 'planned' ? (outcome.waitMs ?? 0) : undefined;
  if (waitMs !== undefined) await settle({ state: 'planned', code, waitMs, receipt: { code } });
  throw new CodedError(code, what, waitMs === undefined ? {} : { retryAfterMs: waitMs });
}

/** Reports progress while something runs; the server gives up on an activity that is silent for ten seconds. */
async function beating<Result>(attempt: Attempt, act: () => Promise<Result>): Promise<Result> {
  const pulse = setInterval(() => {
    attempt.heartbeat({});
  }, HEARTBEAT_MS);
  try {
    return await act();
  } finally {
    clearInterval(pulse);
  }
}

/**
 * What a thrown error means for the act: by its code's entry in the registry, never by its text.
 *
 * @throws the error itself where it is not a `CodedError`.
 */
export function outcomeOf(error: unknown): SingleOutcome {
  if (!(error instanceof CodedError)) throw error;
  const { code, what, retryAfterMs } = error;
  const { kind, effect } = errorEntry(code);
  if (kind === 'terminal' || kind === 'rejected') return { state: 'failed', code, what };
  if (effect !== 'none') return { state: 'pending', code, what };
  return { state: 'planned', code, what, ...(retryAfterMs === undefined ? {} : { waitMs: retryAfterMs }) };
}

interface Settled {
  readonly state: 'accepted' | 'failed' | 'planned' | 'withheld';
  readonly code?: ErrorCode;
  readonly waitMs?: number;
  readonly receipt: JsonObject;
}

function leaseOf(call: ActionCall, attempt: Attempt): Lease {
  return {
    id: `${call.incident}/${call.step}:single`,
    epoch: attempt.epoch,
    permit: permitId(call.incident, call.step, call.visit),
  };
}

async function provePermit(ledger: Ledger, call: ActionCall, id: string): Promise<void> {
  const permit = await ledger.effects.readPermit(id);
  if (!permit) throw new CodedError('EFFECT_PERMIT_MISSING', `${id} has no permit`);
  if (permit.gate !== call.gate)
    throw new CodedError('GATE_STALE', `the gate of ${id} was answered for something else`);
  if (permit.state !== 'open') throw new CodedError('STEP_STOPPED', `${id} is ${permit.state}`);
}

/** An attempt that stood still after its claim may have been overtaken: it must not act. */
async function proveLease(ledger: Ledger, call: ActionCall, lease: Lease): Promise<void> {
  if (await ledger.effects.holdsLease(lease)) return;
  await provePermit(ledger, call, lease.permit);
  throw new CodedError('LEASE_LOST', `a newer attempt has taken ${call.step}`);
}

/** Once a visit: what an attempt of this visit has claimed itself, it does not claim under yet another key. */
async function reopen(
  ledger: Ledger,
  call: ActionCall,
  { action, subject }: SingleEffect,
  guard: Omit<ReopenGuard, 'generation'>,
): Promise<void> {
  const [row] = await ledger.effects.states(call.incident, action, [subject]);
  if (row?.state === 'failed' || row?.state === 'unknown')
    await ledger.effects.reopen(call.incident, action, [subject], { ...guard, generation: row.generation });
}

type Claimed = { readonly generation: number; readonly attempt: number } | { readonly done: SingleDone };

async function claim(ledger: Ledger, call: ActionCall, lease: Lease, effect: SingleEffect): Promise<Claimed> {
  const { action, subject, longestRequestMs, keyLifetimeMs } = effect;
  const kind = {
    incident: call.incident,
    action,
    class: call.mode === 'drill' ? ('idempotent' as const) : effect.class, // nothing is sent in a drill
    longestRequestMs,
    ...(keyLifetimeMs === undefined ? {} : { keyLifetimeMs }),
  };
  await ledger.effects.recover(lease, kind, [subject]);
  cutPoint('before-claim');
  const answer = await ledger.effects.claim(lease, kind, [{ subject, paramsHash: digestOf(effect.params) }]);
  if (!answer.open) throw new CodedError('STEP_STOPPED', `${lease.permit} is not open`);
  const [mine] = answer.mine;
  if (mine) return { generation: mine.generation, attempt: mine.attempt };
  const [other] = answer.others;
  if (other?.paramsChanged)
    throw new CodedError('EFFECT_PARAMS_CHANGED', `${action} of ${call.step} was asked for before`);
  if (other?.state === 'withheld') return { done: { state: 'withheld', result: {} } };
  if (other?.state === 'accepted' || other?.state === 'verified')
    return { done: { state: 'accepted', result: await storedResult(ledger, call, effect) } };
  if (other?.state === 'failed' || other?.state === 'unknown') throw await standing(ledger, call, effect);
  const retryAfterMs = other?.notBefore ? Math.max(0, Date.parse(other.notBefore) - Date.now()) : longestRequestMs;
  throw new CodedError('EFFECT_OUTCOME_PENDING', `${action} of ${call.step} was asked for by an earlier attempt`, {
    retryAfterMs,
  });
}

/** Why a row that nobody reopened stands as failed or unknown. */
async function standing(ledger: Ledger, call: ActionCall, effect: SingleEffect): Promise<CodedError> {
  const [row] = await ledger.effects.states(call.incident, effect.action, [effect.subject]);
  const code = row?.code !== undefined && isErrorCode(row.code) ? row.code : 'EFFECT_UNANSWERED';
  return new CodedError(code, `${effect.action} of ${call.step} stands as ${row?.state ?? 'unknown'}`);
}

async function storedResult(ledger: Ledger, call: ActionCall, effect: SingleEffect): Promise<JsonObject> {
  return (await acceptedResult(ledger, call, effect.action, effect.subject)) ?? {};
}

/**
 * The result that an accepted single effect left in its receipt.
 *
 * @returns `undefined` where no such effect was accepted.
 */
export async function acceptedResult(
  ledger: Ledger,
  call: Pick<ActionCall, 'incident'>,
  action: string,
  subject: string,
): Promise<JsonObject | undefined> {
  const receipts = await ledger.effects.receipts(call.incident, action, subject);
  const body = receipts.findLast(({ state }) => state === 'accepted')?.body;
  return body?.['result'] as JsonObject | undefined;
}

async function note(
  ledger: Ledger,
  call: ActionCall,
  effect: SingleEffect,
  suffix: string,
  body: JsonObject,
): Promise<void> {
  const { action, subject } = effect;
  await ledger.journal.append(call.incident, [
    {
      key: `effect:${action}:${subject}:${suffix}`,
      kind: 'effect',
      actor: 'engine',
      body: { action, subject, step: call.step, visit: call.visit, ...body },
    },
  ]);
}
