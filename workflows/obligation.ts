import { condition, setHandler } from '@temporalio/workflow';
import type { CallContext } from '../contracts/effects.ts';
import type { Digest, StepId } from '../contracts/ids.ts';
import type { JournalDraft } from '../contracts/journal.ts';
import type { ObligationInput } from '../contracts/messages.ts';
import { engineActivities } from './activities.ts';
import { movedSignal, settledSignal } from './definitions.ts';

const LATE_EVERY_MS = 24 * 3_600_000; // an overdue duty is named again each day until it is settled

/**
 * The clock of one legal duty: reminds at each instant, says when the time has passed, and says so again every day until
 * the duty is settled. A late duty never stops the incident, and never passes in silence.
 */
export async function obligation(input: ObligationInput): Promise<void> {
  let { dueAt } = input;
  let remindAt = [...input.remindAt];
  let isSettled = false;
  let isMoved = false;
  let reminders = 0;
  setHandler(settledSignal, () => {
    isSettled = true;
  });
  setHandler(movedSignal, (to) => {
    ({ dueAt } = to);
    remindAt = [...to.remindAt];
    isMoved = true;
  });

  while (!isSettled) {
    isMoved = false;
    const nextMs = nextAtMs(dueAt, remindAt);
    const isEarly = await condition(() => isSettled || isMoved, Math.max(1, nextMs - Date.now()));
    if (isEarly) continue;
    reminders += 1;
    await say(input, dueAt, reminders, Date.parse(dueAt) <= Date.now());
  }
}

function nextAtMs(dueAt: string, remindAt: readonly string[]): number {
  const now = Date.now();
  const times = [...remindAt, dueAt].map((at) => Date.parse(at)).filter((at) => at > now);
  return times.length > 0 ? Math.min(...times) : now + LATE_EVERY_MS;
}

async function say(input: ObligationInput, dueAt: string, number: number, isLate: boolean): Promise<void> {
  const journal: readonly JournalDraft[] = [
    {
      key: `clock:${input.obligation}:${number}`,
      kind: 'clock',
      actor: 'engine',
      body: { obligation: input.obligation, dueAt, isLate, at: new Date(Date.now()).toISOString() },
    },
  ];
  const context: CallContext = {
    incident: input.incident,
    mode: input.mode ?? 'live',
    planHash: '' as Digest,
    step: `clock-${input.obligation}` as StepId,
    visit: number,
    round: 1,
    journal,
  };
  const text = isLate ? `OVERDUE since ${dueAt}: ${input.title}` : `Due ${dueAt}: ${input.title}`;
  await engineActivities(text)['engine.page']({ ...context, people: input.people ?? [], text, level: isLate ? 2 : 0 });
}
