import { CodedError } from '../../../contracts/errors.ts';
import { currentAttempt } from '../../effects/attempt.ts';
import { durationMs } from '../../../contracts/duration.ts';
import { readActivity } from './read-activity.ts';
import { text } from '../connectors/answers.ts';
import type { ActionCall, ActionResult } from '../../../contracts/effects.ts';
import type { ActivityOptions } from './activity.ts';
import type { Attempt } from '../../effects/attempt.ts';
import type { DatasetRef } from '../../../contracts/dataset.ts';

/** Between two looks: soon enough to act on reuse, seldom enough for a month of looks. */
const LOOK_EVERY_MS = 15 * 60_000;
const STATES_BATCH = 500;

/**
 * `credentials.watch`: looks whether a dead credential was used after it died.
 *
 * One attempt is one look. It ends at reuse, or when `for` is over; until then it throws a retryable code that says when
 * to look again, so that Temporal carries the month of waiting and no worker does. It needs no raw value.
 *
 * @effect none.
 * @throws CREDENTIALS_WATCHING until it ends.
 */
export async function watchCredentials(
  call: ActionCall,
  options: ActivityOptions,
  attempt: Attempt = currentAttempt(),
): Promise<ActionResult> {
  const forMs = durationMs(text(call.with['for']));
  const reused = await countReused(call, options);
  const remainingMs = attempt.firstScheduledMs + forMs - Date.parse(options.now());
  if (reused === 0 && remainingMs > 0) {
    throw new CodedError('CREDENTIALS_WATCHING', `${call.step} has seen no reuse`, {
      retryAfterMs: Math.min(LOOK_EVERY_MS, remainingMs),
    });
  }
  return {
    outputs: { reused },
    ...(reused > 0 ? { openItems: [`${reused} dead credentials were used after they died`] } : {}),
  };
}

async function countReused(call: ActionCall, { ledger, issuers }: ActivityOptions): Promise<number> {
  const dataset = call.with['of'] as unknown as DatasetRef; // checked against `firebreak:dataset` when the step started
  const { known } = await readActivity(ledger, issuers, call.incident, dataset);
  const used = known.filter(({ activity }) => activity.lastUsedAt !== undefined);
  let reused = 0;
  for (let from = 0; from < used.length; from += STATES_BATCH) {
    const batch = used.slice(from, from + STATES_BATCH);
    const subjects = batch.map(({ row }) => row.subject);
    const states = await ledger.effects.states(call.incident, 'credentials.revoke', subjects);
    const diedAt = new Map(states.flatMap(({ subject, settledAt }) => (settledAt ? [[subject, settledAt]] : [])));
    reused += batch.filter(({ row, activity }) => {
      const died = diedAt.get(row.subject);
      return died !== undefined && Date.parse(activity.lastUsedAt ?? '') > Date.parse(died);
    }).length;
  }
  return reused;
}
