import type { ErrorArea } from '../coded-error.ts';

/** Codes of the launcher, the development stack and the worker's start. */
export const stackErrors = {
  STACK_POSTGRES_MISSING: {
    kind: 'terminal',
    effect: 'none',
    actor: 'operator',
    http: 500,
    message: 'the PostgreSQL binaries are not installed',
    remedy: 'Run `npm ci` again without `--omit=optional`, or set FIREBREAK_DATABASE_URL to a PostgreSQL of your own.',
  },
  STACK_POSTGRES_FAILED: {
    kind: 'terminal',
    effect: 'none',
    actor: 'operator',
    http: 500,
    message: 'PostgreSQL could not be started',
    remedy:
      'Read what it said; remove `.firebreak/postgres` to start afresh, or set FIREBREAK_DATABASE_URL to a PostgreSQL of your own.',
  },
} as const satisfies ErrorArea;
