import { errorRegistry, type ErrorCode } from '../contracts/errors.ts';

/** One thing that is wrong, or doubtful, with a playbook or text. */
export interface Diagnostic {
  readonly code: ErrorCode;
  readonly severity: 'error' | 'warning';
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** What is wrong, with the names in question. */
  readonly message: string;
  /** What to do. */
  readonly remedy: string;
}

/** Makes a diagnostic; the remedy is the registry's. */
export function diagnostic(
  code: ErrorCode,
  place: { readonly file: string; readonly line: number; readonly column: number },
  message: string,
  severity: Diagnostic['severity'] = 'error',
): Diagnostic {
  const { file, line, column } = place;
  return { code, severity, file, line, column, message, remedy: errorRegistry[code].remedy };
}

/** Diagnostics by place, errors before warnings at the same one. */
export function inOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return [...diagnostics].sort(
    (left, right) =>
      left.file.localeCompare(right.file) ||
      left.line - right.line ||
      left.column - right.column ||
      left.severity.localeCompare(right.severity) ||
      left.code.localeCompare(right.code),
  );
}
