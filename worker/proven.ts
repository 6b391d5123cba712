import { proveGate } from '../activities/engine/gate.ts';
import type { ActionCall } from '../contracts/effects.ts';
import type { Activity } from './activity-edge.ts';
import type { CapabilitySet } from './capability-set.ts';

/**
 * Wraps an action: before it does anything it proves that, as this process is set up, it is what the gate of its step showed.
 *
 * @throws GATE_STALE (see {@link proveGate})
 */
export function proven(action: Activity, set: Pick<CapabilitySet, 'traits' | 'settings'>): Activity {
  return async (call: never) => {
    const { uses } = call as ActionCall;
    proveGate(call, { traits: set.traits(uses), settings: set.settings(uses) });
    return action(call);
  };
}
