import { CodedError, errorEntry } from '../../contracts/errors.ts';
import { asCoded } from '../http/problem.ts';

/** Slack waits three seconds for an acknowledgement; what is not stored by then is not acknowledged as done. */
const STORED_WITHIN_MS = 2_400;

/** A repeat of the same press, form or command has the same key, so it is never done twice. */
const LATE = 'it is not sure yet that it was taken; the same again is safe and never done twice';

/**
 * Waits for an act, as long as Slack waits for us.
 *
 * @throws GATEWAY_ANSWER_LATE where it is not stored in time; it may still come to be, and a repeat finds it.
 */
export async function inTime<Done>(act: Promise<Done>, withinMs = STORED_WITHIN_MS): Promise<Done> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new CodedError('GATEWAY_ANSWER_LATE', LATE)), withinMs);
  });
  act.catch(() => undefined); // what fails after we gave up was said to be unsure
  try {
    return await Promise.race([act, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What a person is told of a failure: what it was, what to do, and its code. */
export function refusalText(error: unknown): string {
  const { code, what } = asCoded(error);
  const { message, remedy } = errorEntry(code);
  const head = `${message.charAt(0).toUpperCase()}${message.slice(1)}`;
  return `${head}: ${what}. ${remedy} [${code}]`;
}

/** Whether nothing is lost and the same again may work: the engine, the database or Slack was away. */
export function isPassing(error: unknown): boolean {
  return errorEntry(asCoded(error).code).kind === 'retryable';
}
