import { sleep } from '@temporalio/workflow';
import { incident as sound } from '../../workflows/incident.ts';
import type { IncidentInput, IncidentResult } from '../../contracts/messages.ts';

/** The real incident behind one timer that yesterday's did not have: what a careless change looks like in a history. */
export async function incident(input: IncidentInput): Promise<IncidentResult> {
  await sleep('1 second');
  return sound(input);
}
