import { incidentId, permitId } from '../../contracts/ids.ts';
import type { MemoryEffects } from './memory-effects.ts';
import type { Attempt } from '../../activities/effects/attempt.ts';
import type { DatasetRef } from '../../contracts/dataset.ts';
import type { Digest, StepId } from '../../contracts/ids.ts';
import type { ActionCall, PageCall } from '../../contracts/effects.ts';
import type { Ledger, NewRow } from '../../ledger/ports.ts';

/** The incident that tests act in, unless they open one of their own. */
export const testIncident = incidentId('INC', 2026, 42);

/** A call of an action without gate. */
export function actionCall(uses: string, changes: Partial<ActionCall> = {}): ActionCall {
  return {
    incident: testIncident,
    mode: 'live',
    planHash: '0'.repeat(64) as Digest,
    step: 'contain' as StepId,
    visit: 1,
    round: 1,
    journal: [],
    uses,
    with: {},
    texts: {},
    facts: {},
    roles: {},
    ...changes,
  };
}

/** A call of page 0 over a whole dataset. */
export function pageCall(uses: string, dataset: DatasetRef, changes: Partial<PageCall> = {}): PageCall {
  return {
    ...actionCall(uses),
    dataset,
    page: 0,
    from: 0,
    to: dataset.count,
    first: [],
    onUnknown: 'report',
    ...changes,
  };
}

/** An activity attempt outside Temporal. Each has a newer epoch than those made before it. */
export function attempt(changes: Partial<Attempt> = {}): Attempt {
  epoch += 1;
  return {
    epoch,
    firstScheduledMs: epoch,
    signal: new AbortController().signal,
    heartbeat: () => undefined,
    ...changes,
  };
}
let epoch = Date.parse('2026-05-01T00:00:00Z');

/** Opens the permit of a call's step visit. */
export async function openPermit(ledger: Ledger, call: ActionCall): Promise<void> {
  await ledger.effects.setPermit(permitId(call.incident, call.step, call.visit), call.incident, 'open', call.gate);
}

/** Rows of credentials, one a subject. */
export function credentialRows(count: number, attributes: NewRow['attributes'] = {}): NewRow[] {
  return Array.from({ length: count }, (_, index) => ({
    subject: `subject-${String(index).padStart(5, '0')}`,
    attributes: { issuer: 'own', kind: 'user', issuerId: `t-${index}`, hint: '...', ...attributes },
    sealed: { value: ['fb', String(index).padStart(34, 'x')].join('_') },
  }));
}

/** Lets the time of a memory store run on. */
export function later(effects: MemoryEffects, ms: number): void {
  effects.clockMs += ms;
}
