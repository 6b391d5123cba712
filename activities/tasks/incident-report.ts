import { instantPhrase, nameOfEvent, wordingNote } from '../../obligations/drafts/wording.ts';
import { scrubTokens } from '../../contracts/token-shapes.ts';
import { factCatalogue } from '../../contracts/facts.ts';
import { givenLines } from '../../contracts/given-lines.ts';
import { phrase, sourceOf } from '../../obligations/drafts/fields.ts';
import { openDuties, type Duties } from './open-duties.ts';
import type { DocumentMeta, IncidentRow } from '../../ledger/ports.ts';
import type { EffectCounts } from '../../contracts/effects.ts';
import type { FactKey } from '../../contracts/facts.ts';
import type { JournalHead, JournalRecord } from '../../contracts/journal.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { KnownFact, KnownFacts } from '../../obligations/known-facts.ts';

/** What a report is made from; everything comes from the ledger. */
export interface ReportInput extends Duties {
  readonly row: IncidentRow;
  readonly preparedAt: string;
  readonly facts: KnownFacts;
  /** By action, or by what of it: see `rotations.ts`. */
  readonly effects: Readonly<Record<string, EffectCounts>>;
  /** Records of the kinds that tell the story, oldest first. */
  readonly records: readonly JournalRecord[];
  readonly head: JournalHead | undefined;
  readonly documents: readonly DocumentMeta[];
  readonly tickets: readonly {
    readonly step: string;
    readonly connector: string;
    readonly id: string;
    readonly url: string;
  }[];
}

/** States of effects in the order a reader asks for them. */
const STATES = [
  'verified',
  'accepted',
  'refuted',
  'failed',
  'unknown',
  'bounced',
  'complained',
  'withheld',
  'planned',
  'claimed',
] as const;

const cell = (text: string): string =>
  scrubTokens(text)
    .replaceAll(/[\\`*{}[\]<>|]/g, '\\$&')
    .replaceAll(/\s*\n\s*/g, ' ');

const table = (head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] =>
  rows.length === 0
    ? ['None.']
    : [
        `| ${head.join(' | ')} |`,
        `|${'---|'.repeat(head.length)}`,
        ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`),
      ];

/**
 * Renders the report of an incident as Markdown: what the ledger shows, nothing else.
 *
 * Counts are claims of the engine; the word for the event is the one that the facts carry.
 */
export function renderReport(input: ReportInput): string {
  const { row, facts, preparedAt, head } = input;
  return [
    `# Report on ${row.incident}`,
    '',
    `- Event: ${nameOfEvent(facts)}. ${wordingNote(facts)}`,
    `- Mode: ${row.mode}. Playbook: ${row.playbook}, plan ${row.planHash}.`,
    `- Opened ${instantPhrase(row.openedAt)} at the request of ${row.requester}; report of ${instantPhrase(preparedAt)}. All times are UTC.`,
    `- Journal: ${head ? `${head.seq} records, head ${head.hash}` : 'empty'}.`,
    ...section('What was done (counts as claimed by the engine)', effectRows(input)),
    ...section('What is known', factRows(facts)),
    ...section('Decisions', decisionRows(input.records)),
    ...section('Duties under law', dutyRows(input)),
    ...section('Filings', filingRows(input)),
    ...section(
      'Tickets',
      table(
        ['ticket', 'step', 'address'],
        input.tickets.map(({ id, step, url }) => [id, step, url]),
      ),
    ),
    ...section('Follow-ups', followUpRows(input)),
    ...section('Open', openRows(input)),
    ...section('What happened when', timelineRows(input.records)),
    ...section(
      'Documents',
      table(
        ['name', 'SHA-256', 'bytes', 'at'],
        input.documents.map(({ name, digest, bytes, createdAt }) => [
          name,
          digest,
          String(bytes),
          instantPhrase(createdAt),
        ]),
      ),
    ),
    '',
  ].join('\n');
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return ['', `## ${title}`, '', ...lines];
}

function effectRows({ effects }: ReportInput): readonly string[] {
  const used = STATES.filter((state) => Object.values(effects).some((counts) => (counts[state] ?? 0) > 0));
  return table(
    ['action', ...used],
    Object.entries(effects).map(([action, counts]) => [action, ...used.map((state) => String(counts[state] ?? 0))]),
  );
}

function factRows(facts: KnownFacts): readonly string[] {
  const known = Object.entries(facts) as [FactKey, KnownFact][];
  return table(
    ['fact', 'value', 'source'],
    known.map(([key, fact]) => [factCatalogue[key].title, phrase(key, fact.value, facts), sourceOf(key, fact)]),
  );
}

function decisionRows(records: readonly JournalRecord[]): readonly string[] {
  const decisions = records.filter(
    ({ kind }) => kind === 'decision' || kind === 'ask.answered' || kind === 'amendment',
  );
  return table(
    ['at', 'by', 'what'],
    decisions.map(({ at, actor, kind, body }) => [instantPhrase(at), actor, decisionText(kind, body)]),
  );
}

/** A decision as a sentence; what was answered at length stands in the timeline. */
function decisionText(kind: string, body: JsonObject): string {
  const { gate, answer, role, breakGlass, comment } = body;
  if (kind !== 'decision' || typeof gate !== 'string') return `${kind}: ${summary(body)}`;
  return [
    `gate ${gate}: ${answer === 'approve' ? 'approved' : 'rejected'}${typeof role === 'string' ? ` as ${role}` : ''}`,
    ...(breakGlass === true ? ['alone, by break-glass'] : []),
    ...(typeof comment === 'string' ? [`"${comment}"`] : []),
  ].join(', ');
}

function dutyRows({ obligations }: ReportInput): readonly string[] {
  return table(
    ['duty', 'source', 'state', 'due', 'why'],
    obligations.map(({ title, source, state, dueAt, because }) => [
      title,
      source,
      state,
      dueAt ? instantPhrase(dueAt) : '-',
      because ?? '',
    ]),
  );
}

function filingRows({ filings }: ReportInput): readonly string[] {
  return table(
    ['filing', 'kind', 'state', 'due', 'by', 'at', 'reference'],
    filings.map(({ id, kind, state, dueAt, by, at, reference }) => [
      id,
      kind,
      state,
      dueAt ? instantPhrase(dueAt) : '-',
      by ?? '-',
      at ? instantPhrase(at) : '-',
      reference ?? '-',
    ]),
  );
}

function followUpRows({ followUps }: ReportInput): readonly string[] {
  return table(
    ['work', 'owner', 'due'],
    followUps.map(({ what, owner, dueAt }) => [what, owner ?? 'nobody', dueAt ? instantPhrase(dueAt) : 'no date']),
  );
}

function openRows(input: ReportInput): readonly string[] {
  const unsettled = Object.entries(input.effects).flatMap(([action, counts]) => {
    const doubtful = (['unknown', 'failed', 'refuted'] as const).filter((state) => (counts[state] ?? 0) > 0);
    return doubtful.map((state) => `${action}: ${counts[state] ?? 0} ${state}`);
  });
  const open = [...openDuties(input), ...unsettled];
  return open.length === 0 ? ['Nothing.'] : open.map((line) => `- ${cell(line)}`);
}

function timelineRows(records: readonly JournalRecord[]): readonly string[] {
  return table(
    ['seq', 'at', 'what', 'by', 'details'],
    records.map(({ seq, at, kind, actor, body }) => [String(seq), instantPhrase(at), kind, actor, summary(body)]),
  );
}

/** What a reader of paper does not need: hashes (the bundle has them) and what did not happen. */
const NOISE = /: (?:[0-9a-f]{64}|false|none)$/;

function summary(body: JsonObject): string {
  return givenLines(body)
    .filter((line) => !NOISE.test(line))
    .join(', ');
}
