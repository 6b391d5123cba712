import { readLawFiles } from '../cli/commands/law-files.ts';
import { loadLaw } from '../obligations/law/load.ts';
import { isReviewed, markOfRecord } from '../obligations/law/marks.ts';
import type { LawRecord } from '../obligations/law/record.ts';
import { cell } from './error-reference.ts';

const HEAD = `<!-- Generated from obligations/catalogue/ by docs/law-coverage.ts. Do not edit: run \`npm run generate\`. -->

# Coverage of the law

What the catalogue holds, how sure each regime is, and when it was last checked. [law.md](law.md) explains the marks. A record
that no named person reviewed may warn, never reassure; an organisation reviews records itself (\`firebreak law assess --reviews\`).
`;

/** \`docs/law-coverage.md\`: one row a regime, one a calendar. */
export function lawCoverage(): string {
  const { records, calendars } = loadLaw(readLawFiles());
  const regimes = new Map<string, LawRecord[]>();
  for (const record of records) regimes.set(record.regime, [...(regimes.get(record.regime) ?? []), record]);
  const rows = [...regimes]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([regime, list]) => row([regime, ...columns(list)]));
  const days = [...calendars.values()].map(({ id, title, source, from, to }) =>
    row([`\`${id}\``, title, source, from, to]),
  );
  return [
    HEAD,
    `${records.length} records of ${regimes.size} regimes, ${records.filter(isReviewed).length} reviewed by a named person.`,
    '',
    row(['regime', 'duties', 'marks', 'vectors', 'last checked', 'not evaluated']),
    row(['---', '---', '---', '---', '---', '---']),
    ...rows,
    '',
    '## Calendars',
    '',
    row(['calendar', 'days', 'source', 'from', 'to']),
    row(['---', '---', '---', '---', '---']),
    ...days,
    '',
  ].join('\n');
}

function columns(records: readonly LawRecord[]): readonly string[] {
  const law = records.filter(({ status }) => status === 'in_force' || status === 'superseded');
  const beside = records.filter((record) => !law.includes(record)).map(({ id, status }) => `\`${id}\` (${status})`);
  const marks = [...new Set(law.map(markOfRecord))].sort();
  return [
    [...new Set(law.map(({ id }) => `\`${id}\``))].join(', '),
    marks.join(', '),
    String(law.reduce((sum, { tests }) => sum + tests.length, 0)),
    records.map(({ verified }) => verified.asOf).sort()[0] ?? '',
    beside.join(', '),
  ];
}

function row(cells: readonly string[]): string {
  return `| ${cells.map(cell).join(' | ')} |`;
}
