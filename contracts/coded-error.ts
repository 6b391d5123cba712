/** What kind of failure a code is, which decides what happens next. */
export interface ErrorEntry {
  /** `rejected`: refused before anything was done. `terminal`: retrying cannot help. `retryable`: retried by policy. `paused`: waits for a person. */
  readonly kind: 'rejected' | 'terminal' | 'retryable' | 'paused';
  /** What the outside world has seen when this code is raised. */
  readonly effect: 'none' | 'applied' | 'unknown';
  /** Who can do something about it. */
  readonly actor: 'caller' | 'author' | 'operator' | 'provider' | 'developer';
  /** HTTP status of the problem document. */
  readonly http: number;
  /** What it means, one sentence without a full stop. */
  readonly message: string;
  /** What to do, one or two sentences. */
  readonly remedy: string;
}

/** Where in a file something is wrong; line and column count from 1. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A fragment of the registry: one area's codes. */
export type ErrorArea = Readonly<Record<Uppercase<string>, ErrorEntry>>;
