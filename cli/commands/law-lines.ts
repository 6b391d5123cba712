import type { LawAssessment } from '../../obligations/law/assess.ts';
import type { OpenQuestion } from '../../obligations/law/ask.ts';
import type { Answer, Law } from '../../obligations/law/law.ts';
import { isReviewed, markOfRecord, sourceId, sourcesOf } from '../../obligations/law/marks.ts';
import type { LawRecord } from '../../obligations/law/record.ts';
import { limitWords, predicateLines } from '../../obligations/law/words.ts';
import { section, shortTime, table } from '../table.ts';

const INDENT = '  ';

/** What `law clock` shows. */
export interface ShownClock {
  readonly id: string;
  readonly version: string | null;
  readonly from: string;
  readonly reviewed: boolean;
  readonly mark: string;
  readonly phases: readonly {
    readonly id: string;
    readonly dueAt: string | null;
    readonly qualifier: string | null;
    readonly provisional: boolean;
    readonly arithmetic: readonly string[];
    readonly missingFacts: readonly string[];
    readonly problems: readonly { readonly code: string; readonly what: string }[];
  }[];
}

/** An assessment of the whole catalogue for people: what is due first, then what is open, then what the facts rule out. */
export function assessmentLines({ assessments, problems, notYet }: Answer, at: string): readonly string[] {
  const byDue = [...assessments].sort((left, right) => (left.dueAt ?? '9').localeCompare(right.dueAt ?? '9'));
  const of = (result: LawAssessment['ifReviewed']): readonly LawAssessment[] =>
    byDue.filter(({ ifReviewed }) => ifReviewed === result);
  const ruledOut = of('not_required');
  return [
    `Judged at ${shortTime(at)}. Not legal advice; a person files and concludes.`,
    ...section('REQUIRED', dutyLines(of('required'))),
    ...section('A NAMED PERSON HAS TO DECIDE', dutyLines(of('needs_decision'))),
    ...section('OPEN: FACTS ARE MISSING', dutyLines(of('undetermined'))),
    ...section(
      'THE FACTS SAY NO',
      ruledOut.map(({ id, reasons, unreviewed }) => `${id}: ${reasons[0] ?? ''}${unreviewed ? ' (unreviewed)' : ''}`),
    ),
    ...section(
      'NOT IN FORCE YET',
      notYet.map(({ id, from }) => `${id}: from ${from}`),
    ),
    ...section(
      'WRONG IN THE FACTS',
      problems.map(({ code, what, ask, remedy }) => `[${code}] ${what}; ask ${ask}. ${remedy}`),
    ),
  ];
}

function dutyLines(duties: readonly LawAssessment[]): readonly string[] {
  return duties.flatMap((duty) => {
    const { id, dueAt, provisional, unreviewed, qualifier, missingFacts, forbidden, mark, recipient } = duty;
    const due =
      dueAt === null ? (qualifier ?? 'no number') : `due ${shortTime(dueAt)}${provisional ? ' (provisional)' : ''}`;
    return [
      `${id}: ${duty.title}; to ${recipient}`,
      `${INDENT}${due}; ${mark}${unreviewed ? ', unreviewed' : ''}${forbidden ? '; PEOPLE MUST NOT BE TOLD NOW' : ''}`,
      ...duty.reasons.map((reason) => `${INDENT}- ${reason}`),
      ...(missingFacts.length === 0 ? [] : [`${INDENT}missing: ${missingFacts.join(', ')}`]),
    ];
  });
}

/** Open questions, in order. */
export function questionLines(questions: readonly OpenQuestion[]): readonly string[] {
  if (questions.length === 0) return ['no question is open'];
  return questions.flatMap(({ fact, question, ask, decidedBy, holdsUp, earliestDueAt }, index) => [
    `${index + 1}. ${question}`,
    `   ${fact}; ask ${ask}${decidedBy ? `; decided by ${decidedBy.join(' or ')}` : ''}; ${holdsUp.length} duties wait${
      earliestDueAt === null ? '' : `, the first due ${shortTime(earliestDueAt)}`
    }`,
  ]);
}

/** One version of a record, with the source of everything. */
export function recordLines(record: LawRecord, { vocabulary, sources }: Law): readonly string[] {
  const { effective, verified } = record;
  return [
    `${record.id}: ${record.title}`,
    `${record.citation.text}; ${record.status}, ${effective.from ?? 'no date'} to ${effective.to ?? 'now'}`,
    `${markOfRecord(record)}, checked ${verified.asOf}, ${
      isReviewed(record)
        ? `reviewed by ${verified.by ?? ''} on ${verified.on ?? ''}`
        : 'unreviewed: may warn, never reassure'
    }`,
    `to ${record.recipient.who}${record.recipient.channel === undefined ? '' : `, by ${record.recipient.channel}`}`,
    ...section('APPLIES TO', predicateLines(record.appliesTo, vocabulary)),
    ...section('TRIGGER', predicateLines(record.trigger, vocabulary)),
    ...section(
      'PHASES',
      record.phases.flatMap(({ id, title, start, limits, qualifier, content = [] }) => [
        `${id}: ${title}, from ${start}${qualifier === undefined ? '' : `; ${qualifier}`}`,
        ...limits.map((limit) => `${INDENT}${limitWords(limit)}`),
        ...content.map((field) => `${INDENT}says: ${field}`),
      ]),
    ),
    ...section(
      'RELIEVED BY',
      (record.exemptions ?? []).flatMap(({ id, when, source }) => [
        `${id} [${source}]`,
        ...predicateLines(when, vocabulary, INDENT),
      ]),
    ),
    ...section(
      'DELAY',
      record.delay ? [`${record.delay.forms.join(' or ')}: ${record.delay.effect} [${record.delay.source}]`] : [],
    ),
    ...section('KEEP', record.keep ? [`${record.keep.text} [${record.keep.source}]`] : []),
    ...section('BY HAND', record.manual ?? []),
    ...section(
      'SOURCES',
      sourcesOf(record).map((source) => `${source}: ${sources.get(sourceId(source) ?? '') ?? ''}`),
    ),
    '',
  ];
}

/** The clocks of a record from one instant. */
export function clockLines({ id, version, from, reviewed, mark, phases }: ShownClock): readonly string[] {
  return [
    `${id} (version of ${version ?? 'no date'}) from ${shortTime(from)}; ${mark}${reviewed ? '' : ', unreviewed'}`,
    '',
    ...table(
      ['PHASE', 'DUE', 'HOW'],
      phases.map(({ id: phase, dueAt, qualifier, provisional, arithmetic }) => [
        phase,
        dueAt === null ? (qualifier ?? 'no number') : `${shortTime(dueAt)}${provisional ? ' (provisional)' : ''}`,
        arithmetic[0] ?? '',
      ]),
    ),
    ...phases.flatMap(({ problems }) => problems.map(({ code, what }) => `[${code}] ${what}`)),
  ];
}
