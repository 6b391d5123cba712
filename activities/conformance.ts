import assert from 'node:assert/strict';
import type { ApplyContext, ApplyTarget, Connector } from './port.ts';
import type { DatasetRow } from '../contracts/dataset.ts';
import type { IncidentId } from '../contracts/ids.ts';
import type { Outcome } from '../contracts/effects.ts';

/**
 * What a case makes the outside world do to the next acting request.
 *
 * Without effect: `rate-limit`, `wrong-key`, `unreachable`, `nonsense`, `error-inside`, `endless`. With the effect done:
 * `silence` (no answer in time), `cut` (the connection breaks before the answer), `error-after` (an error is answered).
 */
export type Fault =
  | 'rate-limit'
  | 'wrong-key'
  | 'unreachable'
  | 'nonsense'
  | 'error-inside'
  | 'endless'
  | 'silence'
  | 'cut'
  | 'error-after';

/** One thing that every connector of a port must do; runs under any test runner. */
export interface ConformanceCase<Bench> {
  /** Third person, for a test's title: `revokes each target`. */
  readonly name: string;
  /** Fault it needs; skip the case where the bench cannot make it. */
  readonly fault?: Fault;
  /** Resolves when the connector conforms. @throws AssertionError */
  readonly run: (bench: Bench) => Promise<void>;
}

/** Rows as the runner would send them, first generation. */
export function targetsOf(rows: readonly DatasetRow[]): readonly ApplyTarget[] {
  return rows.map((row) => ({ row, key: `key-of-${row.subject}`, generation: 1 }));
}

/** A context as the runner would give it. */
export function contextOf(connector: Connector): ApplyContext {
  return {
    incident: 'INC-2026-0001' as IncidentId,
    mode: 'live',
    step: 'conformance',
    round: 1,
    with: {},
    signal: new AbortController().signal,
    requestTimeoutMs: connector.longestRequestMs,
  };
}

/** Applies and makes sure of what the port promises whatever happens: one outcome a target, no raw value in it. */
export async function applyChecked(connector: Connector, rows: readonly DatasetRow[]): Promise<readonly Outcome[]> {
  const outcomes = await connector.apply(targetsOf(rows), contextOf(connector));
  const subjects = outcomes.map(({ subject }) => subject);
  assert.deepEqual([...subjects].sort(), rows.map(({ subject }) => subject).sort(), 'one outcome a target');
  const said = JSON.stringify(outcomes);
  for (const { sealed } of rows) {
    const value = typeof sealed === 'object' && sealed !== null && 'value' in sealed ? sealed.value : undefined;
    if (typeof value === 'string' && value !== '') assert.ok(!said.includes(value), 'no raw value in an outcome');
  }
  for (const { state, code } of outcomes) {
    if (state !== 'accepted') assert.ok(code !== undefined, `an outcome that is ${state} says why`);
  }
  return outcomes;
}

/** States of outcomes, sorted and each once. */
export function statesOf(outcomes: readonly Outcome[]): readonly Outcome['state'][] {
  return [...new Set(outcomes.map(({ state }) => state))].sort();
}
