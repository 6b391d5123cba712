import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import type { WorkflowStartOptions } from '@temporalio/client';
import { incidentWorkflowId } from '../contracts/ids.ts';
import { searchAttributes } from '../contracts/search-attributes.ts';
import { taskQueues } from '../contracts/queues.ts';
import type { IncidentInput } from '../contracts/messages.ts';

/** The incident as the list of workflows shows it from its first moment; the workflow writes only what changes. */
function listEntry({ incident, plan, planHash, mode }: IncidentInput): SearchAttributePair[] {
  const values = {
    ...{ incident, playbook: plan.playbook.name, playbookHash: planHash, phase: 'declared', mode },
  } satisfies Partial<Record<keyof typeof searchAttributes, string>>;
  return Object.entries(values).map(([name, value]) => {
    const { name: key, type } = searchAttributes[name as keyof typeof values];
    return { key: defineSearchAttributeKey(key, type), value };
  });
}

/** How the workflow of an incident is started: under its id, once, and in the list of workflows at once. */
export function workflowOptions(
  input: IncidentInput,
): WorkflowStartOptions<(input: IncidentInput) => Promise<unknown>> {
  const { incident, plan } = input;
  return {
    workflowId: incidentWorkflowId(incident),
    taskQueue: taskQueues.engine,
    args: [input],
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    staticSummary: `${incident}: ${plan.playbook.title}`,
    typedSearchAttributes: listEntry(input),
  };
}
