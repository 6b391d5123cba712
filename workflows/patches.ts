import { ENGINE_VERSION } from '../contracts/messages.ts';

/**
 * The ledger of behaviour changes: name to the engine version that brought it, with date and reason.
 *
 * An incident keeps the `engineVersion` that it started with, over every continue-as-new. To change behaviour, that is: any
 * command that a running incident would be given in another order, with another id, or not at all: raise `ENGINE_VERSION`
 * in contracts/messages.ts, add an entry here, ask `engineVersion >= behaviours.<name>` where the two differ, and record
 * histories of the new version (test/replay). Entries go only when no incident of an older version can run any more.
 */
const behaviours = {
  /** The first engine. 2026-11-24. */
  first: 1,
  /**
   * A rollout that gets nowhere asks with one page at a time; its first notices are waited for; a retry reopens what
   * failed. 2026-11-24.
   */
  steadyRollouts: 2,
  /**
   * The end takes one call: the last anchor carries the last records, and a state reached at the end has no anchor of its
   * own. Two calls fewer an incident. 2026-11-24.
   */
  shortEnding: 2,
  /**
   * The decision that lets a holding rollout go on is in the ledger before the rollout hears of it: no call carried it, and
   * it was taken for carried. 2026-11-24.
   */
  recordedRelease: 2,
  /**
   * A step that people skip before its turn ends when its turn comes: what needs it does not overtake what it needed.
   * 2026-11-24.
   */
  skipInTurn: 2,
  /**
   * A state and the anchor that follows it are one call, and the state reached at the end goes with the last records. What
   * people say while the incident ends is recorded before it has ended. One call fewer an incident, and one for each state
   * on the way. 2026-11-24.
   */
  stateWithAnchor: 3,
  /** The door anchors the head at the start, and enters the incident in the list of workflows. 2026-11-24. */
  startAtDoor: 3,
  /** The permit of a rollout that ended with targets left, or was lost, is shut when its visit ends. 2026-11-24. */
  closedPermits: 3,
  /**
   * Decisions are signed at the door, and proven where they open a permit; a rollout that holds has its permit held until
   * proven decisions lift it. What does not hold is asked again. 2026-11-24.
   */
  signedDecisions: 4,
  /**
   * A rollout is told what people want of it once the permit is flipped, not what they wanted when they said it: a stop whose
   * call was lost with its worker arrived after the resume, and the rollout stood still for ever. 2026-11-24.
   */
  wordByNow: 4,
} as const;

/** Whether this code can run an incident of that version: a newer engine's incident must not be taken up by an older one. */
export function isRunnable(engineVersion: number): boolean {
  return Number.isInteger(engineVersion) && engineVersion >= behaviours.first && engineVersion <= ENGINE_VERSION;
}

/** Whether an incident or rollout of that engine version behaves in the way of that name. */
export function behaves(name: keyof typeof behaviours, engineVersion: number): boolean {
  return engineVersion >= behaviours[name];
}
