import { defineSearchAttributeKey } from '@temporalio/common/lib/search-attributes.js';
import { searchAttributes } from '../contracts/search-attributes.ts';
import { upsertSearchAttributes } from '@temporalio/workflow';
import type { Glance } from './interpreter/status.ts';
import type { IncidentInput } from '../contracts/messages.ts';
import type { SearchAttributePair, TypedSearchAttributes } from '@temporalio/common/lib/search-attributes.js';

const { incident, playbook, playbookHash, phase, mode, waitingOn, nextDeadline } = searchAttributes;

const keys = {
  incident: defineSearchAttributeKey(incident.name, incident.type),
  playbook: defineSearchAttributeKey(playbook.name, playbook.type),
  playbookHash: defineSearchAttributeKey(playbookHash.name, playbookHash.type),
  phase: defineSearchAttributeKey(phase.name, phase.type),
  mode: defineSearchAttributeKey(mode.name, mode.type),
  waitingOn: defineSearchAttributeKey(waitingOn.name, waitingOn.type),
  nextDeadline: defineSearchAttributeKey(nextDeadline.name, nextDeadline.type),
};

/**
 * Shows an incident in the list of workflows: phase, who is waited for, the next deadline. Only what has changed is
 * written, since each write is an event of the history. Search attributes are not encrypted: only neutral words go in.
 */
export class ListEntry {
  readonly #written = new Map<string, string>();

  /** @param known - what the workflow was started with; where nothing is said of waiting, nobody is waited for. */
  constructor(known?: TypedSearchAttributes) {
    if (!known) return;
    this.#written.set(keys.waitingOn.name, '[]');
    for (const { key, value } of known.getAll()) this.#written.set(key.name, JSON.stringify(value));
  }

  /** Writes what has changed since the last call. */
  show(input: IncidentInput, glance: Glance): void {
    const changed = pairsOf(input, glance).filter(({ key, value }) => {
      const text = JSON.stringify(value);
      if (this.#written.get(key.name) === text) return false;
      this.#written.set(key.name, text);
      return true;
    });
    if (changed.length > 0) upsertSearchAttributes(changed);
  }
}

function pairsOf({ plan, planHash }: IncidentInput, glance: Glance): SearchAttributePair[] {
  const asked = glance.openGates.flatMap(({ roles }) => roles);
  const roles = [...new Set([...asked, ...glance.asks.map(({ of }) => of)])].sort();
  const { nextDueAt } = glance;
  return [
    { key: keys.incident, value: glance.incident },
    { key: keys.playbook, value: plan.playbook.name },
    { key: keys.playbookHash, value: planHash },
    { key: keys.phase, value: glance.state },
    { key: keys.mode, value: glance.mode },
    { key: keys.waitingOn, value: roles },
    ...(nextDueAt === undefined ? [] : [{ key: keys.nextDeadline, value: new Date(nextDueAt) }]),
  ];
}
