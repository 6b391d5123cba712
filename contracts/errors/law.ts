import type { ErrorArea } from '../coded-error.ts';

/** A fault in what was said about an incident: the answer names the fact and who can mend it. */
const said = { kind: 'rejected', effect: 'none', actor: 'caller', http: 422 } as const;

/** Codes of the catalogue of the law and of the facts it is asked with. */
export const lawErrors = {
  LAW_FACT_UNKNOWN: {
    ...said,
    message: 'a fact is not in the vocabulary',
    remedy: 'Use a key of obligations/facts.yaml; `firebreak law ask` lists those that are wanted.',
  },
  LAW_FACT_TYPE: {
    ...said,
    message: 'a fact has a value of the wrong type',
    remedy: 'Write it as its type in obligations/facts.yaml says; until then it counts as unknown.',
  },
  LAW_FACT_CONTRADICTION: {
    ...said,
    message: 'facts contradict each other',
    remedy: 'The people who are named correct one of them; until then those facts count as unknown.',
  },
  LAW_INSTANT_ORDER: {
    ...said,
    message: 'an instant lies before what it must follow, or in the future',
    remedy:
      'The role that is named corrects it; until then clocks run provisionally from the earliest plausible instant.',
  },
  LAW_ZONE_MISSING: {
    ...said,
    message: 'a time has no time zone, or none of the IANA database',
    remedy: 'Add `zone: Europe/Berlin` or an offset; days are reckoned in `entityZone`.',
  },
  LAW_JURISDICTION_UNKNOWN: {
    ...said,
    message: 'a country or state is not known',
    remedy: 'Use ISO 3166 codes such as DE, US-CA or CA-QC.',
  },
  LAW_DECISION_INCOMPLETE: {
    ...said,
    message: 'a legal conclusion lacks the person, the role or the time of its decision',
    remedy: 'Say `by`, `role` and `at`; until then it counts as undecided.',
  },
  LAW_DECIDER_ROLE: {
    ...said,
    message: 'a legal conclusion was decided by somebody without the role for it',
    remedy: 'Have it decided by one of the roles that are named; until then it counts as undecided.',
  },
  LAW_CALENDAR_RANGE: {
    kind: 'rejected',
    effect: 'none',
    actor: 'operator',
    http: 422,
    message: 'a day lies outside what a calendar knows',
    remedy: 'Extend obligations/calendars/ from its source; a day is never guessed.',
  },
  LAW_RECORD_EXPIRED: {
    kind: 'rejected',
    effect: 'none',
    actor: 'operator',
    http: 422,
    message: 'no version of a record is in force at the time',
    remedy: 'Check the law of that day and add a version to obligations/catalogue/ with its source.',
  },
  LAW_RECORD_UNKNOWN: {
    kind: 'rejected',
    effect: 'none',
    actor: 'caller',
    http: 404,
    message: 'there is no such record',
    remedy: 'See `firebreak law catalogue`.',
  },
  LAW_RECORD_INVALID: {
    kind: 'rejected',
    effect: 'none',
    actor: 'author',
    http: 422,
    message: 'a record, calendar or vocabulary of the law is malformed',
    remedy: 'Mend the place that the message names; docs/law.md shows a whole record.',
  },
} as const satisfies ErrorArea;
