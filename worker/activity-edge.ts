import { CompleteAsyncError, Context } from '@temporalio/activity';
import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import { errorEntry, isCodedError } from '../contracts/errors.ts';
import type { IncidentId } from '../contracts/ids.ts';
import type { JournalDraft } from '../contracts/journal.ts';
import type { JournalStore } from '../ledger/ports.ts';

/** Any activity: one call in, one answer out. */
export type Activity = (call: never) => Promise<unknown>;

/** What the edge needs: where records go, how texts are cleaned, where failures are logged. */
export interface EdgeDeps {
  readonly journal: Pick<JournalStore, 'append'>;
  readonly scrub: (text: string) => string;
  readonly log: (line: object) => void;
  /** Counts an attempt: type, seconds, error code of a failed one. */
  readonly observe: (activity: string, seconds: number, code: string | undefined) => void;
}

const MESSAGE_MAX_CHARS = 1_000; // the server keeps 4 KiB of a pending activity's failure

/** Temporal's own words pass unchanged: failures, cancellation (also as an aborted request), completion from elsewhere. */
function isTemporals(error: unknown): boolean {
  return (
    error instanceof TemporalFailure ||
    error instanceof CompleteAsyncError ||
    (error instanceof Error && error.name === 'AbortError')
  );
}

/**
 * What Temporal is told of an error: its code as type, retried or not as the registry says, no credential in the text. What
 * nobody foresaw is tried again, since a repaired worker may take it, and shown as `ENGINE_INTERNAL` meanwhile.
 *
 * @param scrub - takes credentials out of a text.
 */
export function toFailure(error: unknown, scrub: (text: string) => string): unknown {
  if (isTemporals(error)) return error;
  const said = error instanceof Error ? error.message : String(error);
  const message = scrub(said).slice(0, MESSAGE_MAX_CHARS);
  if (!isCodedError(error)) return ApplicationFailure.create({ type: 'ENGINE_INTERNAL', message });
  const { code, retryAfterMs, details } = error;
  return ApplicationFailure.create({
    type: code,
    message,
    nonRetryable: errorEntry(code).kind !== 'retryable',
    ...(details === undefined ? {} : { details: [details] }),
    ...(retryAfterMs === undefined ? {} : { nextRetryDelay: retryAfterMs }),
  });
}

/**
 * Wraps an activity: appends the records that its call carries before anything else (no record, no effect), and turns what
 * it throws into a coded failure.
 */
export function atEdge({ journal, scrub, log, observe }: EdgeDeps, activity: Activity): Activity {
  return async (call: never) => {
    const { incident, journal: records } = call as {
      readonly incident: IncidentId;
      readonly journal?: readonly JournalDraft[];
    };
    const { activityType, activityId, attempt } = Context.current().info;
    const begunAt = performance.now();
    const ended = (code?: string): void => observe(activityType, (performance.now() - begunAt) / 1_000, code);
    try {
      if (records && records.length > 0) await journal.append(incident, records);
      const answer = await activity(call);
      ended();
      return answer;
    } catch (error) {
      const failure = toFailure(error, scrub);
      const code = failure instanceof ApplicationFailure ? (failure.type ?? 'UNTYPED') : 'CANCELLED';
      ended(code);
      const isForeseen = isCodedError(error) || failure === error || !(error instanceof Error);
      log({
        ...{ incident, activity: activityType, id: activityId, attempt, code },
        error: failure instanceof Error ? failure.message : String(failure),
        stack: isForeseen ? undefined : error.stack,
      });
      throw failure;
    }
  };
}
