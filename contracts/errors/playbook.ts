import type { ErrorArea } from '../coded-error.ts';

/** Codes of the playbook language: all are found when a file is loaded. */
export const playbookErrors = {
  PLAYBOOK_INVALID: {
    kind: 'rejected',
    effect: 'none',
    actor: 'author',
    http: 422,
    message: 'the playbook cannot be compiled',
    remedy: 'Run `firebreak playbook lint FILE` and mend each problem it lists.',
  },
} as const satisfies ErrorArea;
