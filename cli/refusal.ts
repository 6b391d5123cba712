import type { ProblemDocument } from '../contracts/api.ts';
import { errorEntry, type CodedError, type ErrorCode } from '../contracts/errors.ts';

/** What the gateway refused, as its problem document says. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly problem: ProblemDocument;

  constructor(problem: ProblemDocument) {
    super(`[${problem.code}] ${problem.detail}. ${problem.remedy}`);
    this.problem = problem;
  }
}

/** An error as the command line shows it. */
export interface ShownError {
  readonly code: string;
  readonly what: string;
  readonly remedy: string;
  readonly requestId?: string;
}

/** By name and not by class: a command is imported when it runs, and a loader may have given it a class of its own. */
function isRefusal(error: unknown): error is Refusal {
  return error instanceof Error && error.name === 'Refusal';
}

/** By name, for the same reason. */
function isCoded(error: unknown): error is CodedError {
  return error instanceof Error && error.name === 'CodedError';
}

/** Makes any error one that can be shown: `[CODE] what. What to do.` */
export function shownError(error: unknown): ShownError {
  if (isRefusal(error)) {
    const { code, detail: what, remedy, requestId } = error.problem;
    return { code, what, remedy, requestId };
  }
  if (isCoded(error)) {
    const { code, what, at } = error;
    const place = at ? `${at.file}:${at.line}:${at.column}: ` : '';
    return { code, what: `${place}${what}`, remedy: errorEntry(code).remedy };
  }
  const what = error instanceof Error ? error.message : String(error);
  const code: ErrorCode = 'CLI_INTERNAL';
  return { code, what, remedy: errorEntry(code).remedy };
}
