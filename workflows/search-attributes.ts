import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { searchAttributes } from '../contracts/search-attributes.ts';
import type { IncidentInput, IncidentStatus } from '../contracts/messages.ts';

/**
 * Shows phase and what the incident waits for in the list of workflows; writes only what changed, since each write is an
 * event. Search attributes are not encrypted: only neutral words go in.
 */
export function showIncident({ plan }: IncidentInput, status: IncidentStatus): void {
  const waiting = [
    ...new Set([
      ...status.gates.filter(({ state }) => state === 'open').flatMap(({ roles }) => roles),
      ...status.asks.map(({ of }) => of),
    ]),
  ].sort();
  const nextDueAt = status.obligations.flatMap(({ dueAt }) => dueAt ?? []).sort()[0];
  const known = workflowInfo().typedSearchAttributes;
  if (known.get(searchAttributes.playbook) === undefined) {
    upsertSearchAttributes([
      { key: searchAttributes.playbook, value: plan.playbook.name },
      { key: searchAttributes.incident, value: status.incident },
      { key: searchAttributes.mode, value: status.mode },
    ]);
  }
  if (known.get(searchAttributes.phase) !== status.state)
    upsertSearchAttributes([{ key: searchAttributes.phase, value: status.state }]);
  if ((known.get(searchAttributes.waitingOn) ?? []).join() !== waiting.join())
    upsertSearchAttributes([{ key: searchAttributes.waitingOn, value: waiting }]);
  if (
    nextDueAt !== undefined &&
    known.get(searchAttributes.nextDeadline)?.toISOString() !== new Date(nextDueAt).toISOString()
  ) {
    upsertSearchAttributes([{ key: searchAttributes.nextDeadline, value: new Date(nextDueAt) }]);
  }
}
