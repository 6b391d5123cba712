import type { ErrorArea, ErrorEntry } from '../coded-error.ts';

/** A message that was refused: nothing happened, the caller can send another. */
function refused(http: number, message: string, remedy: string): ErrorEntry {
  return { kind: 'rejected', effect: 'none', actor: 'caller', http, message, remedy };
}

/** Codes of the workflows: gates, facts, steps and the incident's life. */
export const engineErrors = {
  ENGINE_INTERNAL: {
    kind: 'terminal',
    effect: 'unknown',
    actor: 'developer',
    http: 500,
    message: 'the engine met a state it has no rule for',
    remedy: 'Report the code and the incident id; the run keeps its state and resumes after a repaired worker starts.',
  },
  ENGINE_OUTPUT_TOO_LARGE: {
    kind: 'terminal',
    effect: 'applied',
    actor: 'developer',
    http: 500,
    message: 'an action gave outputs that are too large for the history',
    remedy: 'Store the result as a document and give its id and digest instead.',
  },
  EXPRESSION_FAILED: {
    kind: 'terminal',
    effect: 'none',
    actor: 'author',
    http: 422,
    message: 'an expression of the playbook has no value',
    remedy: 'Guard it with `has(...)` or `when`, then decide on the step: retry, skip, or mark it done.',
  },
  INPUT_MISSING: {
    kind: 'terminal',
    effect: 'none',
    actor: 'author',
    http: 422,
    message: 'a step reads what a skipped or failed step did not give',
    remedy: 'Guard it with `has(...)`; the step was skipped and is listed as open.',
  },
  GATE_UNKNOWN: refused(404, 'there is no such gate', 'List the open gates with `firebreak status ID`.'),
  GATE_CLOSED: refused(
    409,
    'the gate is not open any more',
    'Nothing to do; `firebreak status ID` shows how it was answered.',
  ),
  GATE_STALE: refused(
    409,
    'the gate shows something else now',
    'Look at the gate again and decide on what it shows now.',
  ),
  GATE_ROLE: refused(
    403,
    'the gate does not ask that person in that role',
    'Ask a person who holds one of the roles that it names.',
  ),
  GATE_REQUESTER: refused(
    403,
    'who asked for the incident may not approve in it',
    'Ask another person; that is the point of the gate.',
  ),
  GATE_ALREADY_ANSWERED: refused(409, 'that person has answered the gate', 'Another person has to answer too.'),
  GATE_PROOF_MISSING: refused(
    403,
    'a decision that no door has signed opens nothing',
    'Decide through a door (`firebreak approve`, Slack, the API). Nobody decided? Then look who can send to Temporal.',
  ),
  GATE_PROOF_INVALID: refused(
    403,
    'the proof of a decision does not hold',
    'The gate asks again. Check that `keys.decisionsPublic` of the workers has the key of every gateway; if it has, somebody sends past the doors.',
  ),
  GATE_PROOF_EXPIRED: refused(
    409,
    'the decision is too old to open anything by it',
    'The gate asks again: decide on what it shows now.',
  ),
  GATE_REST_WAITS: {
    kind: 'retryable',
    effect: 'none',
    actor: 'operator',
    http: 409,
    message: 'only some of the targets were let through beforehand',
    remedy: 'Nothing to do: the rest goes on once the gate of the step is approved.',
  },
  GATE_FACTOR_MISSING: refused(
    403,
    'the gate asks for a signature by the key of the person',
    'Decide by command line: `firebreak approve ID --gate GATE` signs with your key. `firebreak keys new` makes one.',
  ),
  GATE_FACTOR_INVALID: refused(
    403,
    'the signature is not one of the person on what the gate shows',
    'Sign with the key whose public part stands at you in the file of people (`firebreak keys show`), on what the gate shows now.',
  ),
  GATE_FACTOR_UNKNOWN: refused(
    409,
    'the gate asks for a signature, and no key is listed for the person',
    'Make one with `firebreak keys new` and have its public part entered at you in the file of people.',
  ),
  GATE_REJECTED: {
    kind: 'paused',
    effect: 'none',
    actor: 'operator',
    http: 409,
    message: 'people said no at the gate',
    remedy: 'Decide on the step: retry asks again, skip goes on without it.',
  },
  ASK_ROLE: refused(403, 'the question is not for that person in that role', 'Let a person answer who holds the role.'),
  ASK_EVIDENCE_MISSING: refused(
    422,
    'the step needs evidence',
    'Give `evidence`: a reference to what shows that it was done.',
  ),
  FILING_STATE_MISSING: refused(
    422,
    'a filing is either filed or not',
    'Give `state`: `filed` with `reference` and `at`, or `not-filed` with `reason`.',
  ),
  ASK_VALUE_MISSING: refused(
    422,
    'the step sets a fact and needs its value',
    'Give `value`; an instant nobody knows is `{"unknown": true}`.',
  ),
  UNDO_REFUSED: refused(
    409,
    'the step did nothing that can be taken back',
    'Name ended steps whose playbook entry has `undo`, each once.',
  ),
  STEP_TIME_INVALID: {
    kind: 'terminal',
    effect: 'none',
    actor: 'author',
    http: 422,
    message: 'a step waits for something that is no instant',
    remedy: 'Give `at` as ISO 8601 with a time zone, or `after` as a duration, then retry the step.',
  },
  STEP_TIMED_OUT: {
    kind: 'terminal',
    effect: 'unknown',
    actor: 'operator',
    http: 504,
    message: 'a step did not end in the time it has',
    remedy: 'Look whether its worker runs and its provider answers, then retry the step, or mark it done.',
  },
  STEP_FAILED: {
    kind: 'terminal',
    effect: 'unknown',
    actor: 'developer',
    http: 500,
    message: 'a step failed with an error that has no code',
    remedy: 'Look at the worker log for the step, then retry the step, or mark it done.',
  },
  ROLLOUT_FAILED: {
    kind: 'terminal',
    effect: 'unknown',
    actor: 'operator',
    http: 502,
    message: 'no target of a rollout came through',
    remedy: 'Look at the receipts of the step for the reasons, then retry it.',
  },
  ROLLOUT_LOST: {
    kind: 'terminal',
    effect: 'unknown',
    actor: 'operator',
    http: 500,
    message: 'the workflow of a rollout ended without a report',
    remedy: 'What it did is in the ledger; retry the step, it takes up what is left.',
  },
  STEP_UNKNOWN: refused(404, 'there is no such step', 'List the steps with `firebreak status ID`.'),
  STEP_NOT_WAITING: refused(
    409,
    'the step does not wait for that',
    'Look at `firebreak status ID`: what it waits for is said there.',
  ),
  AMENDMENT_UNKNOWN: refused(
    422,
    'the plan declares no such amendment',
    'See `firebreak playbook explain`: only declared amendments can run.',
  ),
  AMENDMENT_TOO_EARLY: refused(
    409,
    'the part to be run again has not begun',
    'Wait until it has begun, or widen the inputs.',
  ),
  AMENDMENT_TOO_LATE: refused(409, 'the step has started', 'Stop it, or decide on it once it has ended.'),
  ROLLOUT_CANARY_REFUTED: {
    kind: 'paused',
    effect: 'applied',
    actor: 'operator',
    http: 409,
    message: 'the first targets of a rollout are still alive after the act',
    remedy: 'Find out why before the rest is acted on, then decide: retry looks again, skip leaves the rest.',
  },
  ROLLOUT_ORDER_INVALID: refused(
    422,
    'a rollout cannot be steered like that',
    'Give a window of 1 to 16 pages, or targets a minute from 1 up (0 lifts the rate).',
  ),
  ROLLOUT_RATE_TOO_HIGH: refused(
    422,
    'the playbook allows less',
    'Ask for at most what its `limits` say; a rate can be lowered while a rollout runs, and raised again up to there.',
  ),
  ROLLOUT_LIST_UNSEEN: refused(
    409,
    'nobody can say what became of these targets, and the list of them was not seen as it is now',
    'Look at the list (`firebreak rollout retry` shows it) and retry with its digest: each may be acted on twice.',
  ),
  ROLLOUT_NOTHING_LEFT: refused(
    409,
    'the step left no target in such a state',
    'Nothing to do; `firebreak status ID` shows the counts, `--states` names other ones.',
  ),
  STEP_OUTPUTS_INVALID: refused(
    422,
    'these are no outputs that a person can give for the step',
    'Give only outputs that the action declares, of 4 KiB at most and no dataset; or retry or skip the step.',
  ),
  INCIDENT_OVER: refused(409, 'the incident is closed', 'Open a new incident, and refer to this one.'),
  INCIDENT_ROUND_OPEN: refused(409, 'a round is still open', 'Finish the round; the close waits for it.'),
  INCIDENT_STEP_OPEN: refused(
    409,
    'a step is still open',
    'Finish, skip or decide on the step; the close waits for it.',
  ),
} as const satisfies ErrorArea;
