import type { ErrorArea } from '../coded-error.ts';

/** Codes of legal duties, their clocks, and the closing of an incident. */
export const obligationErrors = {
  OBLIGATION_CATALOGUE_INVALID: {
    kind: 'rejected',
    effect: 'none',
    actor: 'author',
    http: 422,
    message: 'a record of the catalogue of obligations is malformed',
    remedy: 'Mend the place that the message names; obligations/README.md shows a whole record.',
  },
  OBLIGATION_INSTANT_INVALID: {
    kind: 'rejected',
    effect: 'none',
    actor: 'caller',
    http: 422,
    message: 'an instant is not ISO 8601 with a time zone',
    remedy: 'Write it as 2026-10-23T12:20:00Z.',
  },
  INCIDENT_DUTY_OPEN: {
    kind: 'paused',
    effect: 'none',
    actor: 'operator',
    http: 409,
    message: 'the incident cannot close while a duty is open or a follow-up lacks owner or date',
    remedy:
      'File each duty that the message lists, or have it decided not required, and give follow-ups owner and date.',
  },
} as const satisfies ErrorArea;
