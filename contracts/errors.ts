import type { ErrorEntry, SourcePlace } from './coded-error.ts';
import type { Json } from './json.ts';
import { connectorErrors } from './errors/connector.ts';
import { detectorErrors } from './errors/detector.ts';
import { effectErrors } from './errors/effect.ts';
import { engineErrors } from './errors/engine.ts';
import { gatewayErrors } from './errors/gateway.ts';
import { lawErrors } from './errors/law.ts';
import { ledgerErrors } from './errors/ledger.ts';
import { noticeErrors } from './errors/notice.ts';
import { obligationErrors } from './errors/obligation.ts';
import { playbookErrors } from './errors/playbook.ts';
import { singleActionErrors } from './errors/single-action.ts';
import { slackErrors } from './errors/slack.ts';
import { stackErrors } from './errors/stack.ts';
import { textErrors } from './errors/text.ts';

/** Every error code of the product. Codes are `AREA_REASON`; none is ever reused or renamed. `docs/errors.md` is generated from it. */
export const errorRegistry = {
  ...playbookErrors,
  ...engineErrors,
  ...effectErrors,
  ...connectorErrors,
  ...lawErrors,
  ...ledgerErrors,
  ...noticeErrors,
  ...obligationErrors,
  ...singleActionErrors,
  ...gatewayErrors,
  ...slackErrors,
  ...detectorErrors,
  ...stackErrors,
  ...textErrors,
} as const;

/** A registered error code. */
export type ErrorCode = keyof typeof errorRegistry;

/** Whether a text is a registered code. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorRegistry, text);
}

/** The registry's entry of a code. */
export function errorEntry(code: ErrorCode): ErrorEntry {
  return errorRegistry[code];
}

/** What an error says beyond its code. */
export interface CodedErrorOptions {
  /** Where in a file. */
  readonly at?: SourcePlace;
  /** Facts for machines; never a secret, an address or a raw answer. */
  readonly details?: Json;
  /** For retryable codes: how long to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/**
 * The one error class that Firebreak throws on purpose.
 *
 * Its text is `[CODE] what failed. What to do.`; callers branch on {@link CodedError.code}, never on the text. At the
 * activity edge it becomes an `ApplicationFailure` of type `code`, non-retryable unless its kind is `retryable`.
 */
export class CodedError extends Error {
  override readonly name = 'CodedError';
  readonly code: ErrorCode;
  /** What failed, which id or file, why: the sentence without code and remedy. */
  readonly what: string;
  readonly at: SourcePlace | undefined;
  readonly details: Json | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, what: string, options: CodedErrorOptions = {}) {
    const place = options.at ? `${options.at.file}:${options.at.line}:${options.at.column}: ` : '';
    super(
      `[${code}] ${place}${what}. ${errorRegistry[code].remedy}`,
      options.cause === undefined ? {} : { cause: options.cause },
    );
    this.code = code;
    this.what = what;
    this.at = options.at;
    this.details = options.details;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Whether a value is a {@link CodedError}, optionally of one code. */
export function isCodedError(error: unknown, code?: ErrorCode): error is CodedError {
  return error instanceof CodedError && (code === undefined || error.code === code);
}
