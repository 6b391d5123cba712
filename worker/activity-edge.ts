import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { errorEntry, isCodedError } from '../contracts/errors.ts';
import { scrubTokens } from '../contracts/token-shapes.ts';
import type { IncidentId } from '../contracts/ids.ts';
import type { JournalDraft } from '../contracts/journal.ts';
import type { Ledger } from '../ledger/ports.ts';

/** Any activity: one call in, one answer out. */
export type Activity = (call: never) => Promise<unknown>;

const MESSAGE_MAX_CHARS = 1_000; // the server keeps 4 KiB of a pending activity's failure

/** What Temporal is told of an error: its code as type, retried or not as the registry says, no token in the text. */
export function toFailure(error: unknown): unknown {
  if (isCodedError(error)) {
    const { code, message, retryAfterMs, details } = error;
    return ApplicationFailure.create({
      type: code,
      message: scrubTokens(message).slice(0, MESSAGE_MAX_CHARS),
      nonRetryable: errorEntry(code).kind !== 'retryable',
      ...(details === undefined ? {} : { details: [details] }),
      ...(retryAfterMs === undefined ? {} : { nextRetryDelay: retryAfterMs }),
    });
  }
  if (error instanceof Error && error.name !== 'Error' && error.name !== 'TypeError') return error; // Temporal's own: cancellation, failures
  const message = error instanceof Error ? error.message : String(error);
  // A fault of ours: tried again, since a repaired worker may take it, and shown with its code meanwhile.
  return ApplicationFailure.create({
    type: 'ENGINE_INTERNAL',
    message: scrubTokens(message).slice(0, MESSAGE_MAX_CHARS),
  });
}

/**
 * Wraps an activity: appends the records that its call carries before anything else (no record, no effect), and turns what
 * it throws into a coded failure.
 */
export function atEdge(ledger: Ledger, activity: Activity, log: (line: object) => void): Activity {
  return async (call: never) => {
    const { incident, journal } = call as { readonly incident: IncidentId; readonly journal?: readonly JournalDraft[] };
    try {
      if (journal && journal.length > 0) await ledger.journal.append(incident, journal);
      return await activity(call);
    } catch (error) {
      const { activityType, activityId, attempt } = Context.current().info;
      const failure = toFailure(error);
      log({
        incident,
        activity: activityType,
        id: activityId,
        attempt,
        error: failure instanceof Error ? failure.message : String(failure),
        stack: isCodedError(error) || !(error instanceof Error) ? undefined : scrubTokens(error.stack ?? ''),
      });
      throw failure;
    }
  };
}
