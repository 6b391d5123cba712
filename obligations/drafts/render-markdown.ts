import { scrubTokens } from '../../contracts/token-shapes.ts';
import type { Draft, DraftField } from './draft.ts';

/** Characters that Markdown would read as markup inside a table's cell. */
const MARKUP = /[\\`*_{}[\]<>#|~]/g;

/** A text as one cell: data is shown as data, and what looks like a credential is taken out. */
function cell(text: string): string {
  return scrubTokens(text)
    .replaceAll(MARKUP, '\\$&')
    .replaceAll(/\s*\n\s*/g, ' ')
    .trim();
}

function row({ ref, label, value }: DraftField): string {
  const [content, source] =
    'unknown' in value ? [`**unknown: ask ${cell(value.ask)}**`, ''] : [cell(value.text), cell(value.source)];
  return `| ${cell(ref)} | ${cell(label)} | ${content} | ${source} |`;
}

/** Renders a draft as Markdown, headed so that nobody takes it for a filing. */
export function renderMarkdown(draft: Draft): string {
  const fields = draft.sections.reduce((sum, section) => sum + section.fields.length, 0);
  return [
    '# DRAFT, not filed',
    '',
    `## ${cell(draft.title)}`,
    '',
    ...draft.notes.map((note) => `- ${cell(note)}`),
    `- All times are UTC. ${draft.unknown} of ${fields} fields are unknown.`,
    ...draft.sections.flatMap(({ title, fields: entries }) => [
      '',
      `### ${cell(title)}`,
      '',
      '| ref | field | content | source |',
      '|---|---|---|---|',
      ...entries.map(row),
    ]),
    '',
  ].join('\n');
}
