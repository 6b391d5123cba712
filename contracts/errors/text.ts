import type { ErrorArea } from '../coded-error.ts';

/** Codes of the language of texts: all are found when a text is loaded. */
export const textErrors = {
  TEXT_TAG_FORBIDDEN: {
    kind: 'rejected',
    effect: 'none',
    actor: 'author',
    http: 422,
    message: 'the text uses what the language of texts leaves out',
    remedy:
      'Use output, `if` on presence with `elsif` and `else`, and `for` over a list; no filters, comparisons or other tags. Tickets and filings have no tags at all.',
  },
  TEXT_VARIABLE_UNKNOWN: {
    kind: 'rejected',
    effect: 'none',
    actor: 'author',
    http: 422,
    message: 'the text reads a value that is not there',
    remedy: 'Read only what `playbooks/texts/variables.ts` lists.',
  },
} as const satisfies ErrorArea;
