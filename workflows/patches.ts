import { ENGINE_VERSION } from '../contracts/messages.ts';

/**
 * The ledger of behaviour changes. An incident keeps the `engineVersion` that it started with, over every continue-as-new;
 * code whose commands would differ for a running incident asks {@link hasBehaviour} first.
 *
 * To change behaviour: add an entry, raise `ENGINE_VERSION` in contracts/messages.ts, gate the new code, record histories
 * of the new version (test/replay). Entries are never removed while an incident of an older version may run.
 */
export const behaviours = {
  /** The first engine. 2026-11-24. */
  first: 1,
} as const;

/** Whether an incident that started with this version has a behaviour. */
export function hasBehaviour(engineVersion: number, behaviour: keyof typeof behaviours): boolean {
  return engineVersion >= behaviours[behaviour];
}

/** Whether this code can run an incident of that version: a newer engine's incident must not be taken up by an older one. */
export function isRunnable(engineVersion: number): boolean {
  return Number.isInteger(engineVersion) && engineVersion >= behaviours.first && engineVersion <= ENGINE_VERSION;
}
