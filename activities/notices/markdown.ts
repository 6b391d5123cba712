/**
 * The small Markdown of notices: paragraphs, `## ` headings, `- ` lists and `**emphasis**`, parted by blank lines.
 *
 * It is translated before anything is filled in, so what is filled in can never become structure. A line that holds only
 * Liquid tags prints nothing itself.
 */

const TAG = /(\{%[\s\S]*?%\}|\{\{[\s\S]*?\}\})/;
const ONLY_TAGS = /^\s*(?:\{%[^%]*%\}\s*)+$/;
/** Names the part of a notice that a heading or paragraph is; for lint, not for readers. */
const PART_MARK = /[ \t]*\{#[a-z-]+\}/g;

interface Block {
  readonly kind: 'heading' | 'list' | 'paragraph' | 'tags';
  readonly lines: readonly string[];
}

/** Liquid source of the plain text. */
export function toTextTemplate(body: string): string {
  return blocksOf(body)
    .map(({ kind, lines }) =>
      lines
        .map((line) => (ONLY_TAGS.test(line) ? line.trim() : `${plain(line, kind)}\n`))
        .join('')
        .concat(kind === 'tags' ? '' : '\n'),
    )
    .join('');
}

/** Liquid source of the HTML; everything printed by tags must be escaped by the engine. */
export function toHtmlTemplate(body: string): string {
  return blocksOf(body).map(htmlOf).join('\n');
}

function blocksOf(body: string): readonly Block[] {
  return body
    .replace(/\r\n?/g, '\n')
    .replace(PART_MARK, '')
    .split(/\n[ \t]*\n+/)
    .map((block) => block.split('\n').filter((line) => line.trim() !== ''))
    .filter((lines) => lines.length > 0)
    .map((lines) => ({ kind: kindOf(lines), lines }));
}

function kindOf(lines: readonly string[]): Block['kind'] {
  const prose = lines.filter((line) => !ONLY_TAGS.test(line));
  if (prose.length === 0) return 'tags';
  if (prose.some((line) => line.startsWith('- '))) return 'list';
  return prose[0]?.startsWith('## ') === true ? 'heading' : 'paragraph';
}

function plain(line: string, kind: Block['kind']): string {
  const unmarked = line.replaceAll('**', '');
  return kind === 'heading' ? unmarked.replace(/^## /, '') : unmarked;
}

/** A line of tags parts a paragraph in two, so that whatever a condition leaves out, every element is closed. */
function htmlOf({ kind, lines }: Block): string {
  if (kind === 'list') return `<ul>${lines.map(listLine).join('')}</ul>`;
  const [open, close] = kind === 'heading' ? ['<h2>', '</h2>'] : ['<p>', '</p>'];
  let html = '';
  let isInside = false;
  for (const line of lines) {
    if (ONLY_TAGS.test(line)) {
      html += `${isInside ? close : ''}${line.trim()}`;
      isInside = false;
    } else {
      html += `${isInside ? '\n' : open}${inline(kind === 'heading' ? line.replace(/^## /, '') : line)}`;
      isInside = true;
    }
  }
  return isInside ? html + close : html;
}

function listLine(line: string): string {
  if (ONLY_TAGS.test(line)) return line.trim();
  return line.startsWith('- ') ? `<li>${inline(line.slice(2))}</li>` : ` ${inline(line.trim())}`;
}

/** Escapes what the author wrote and leaves tags alone. */
function inline(line: string): string {
  const escaped = line
    .split(TAG)
    .map((part, index) => (index % 2 === 1 ? part : escapeHtml(part)))
    .join('');
  return escaped.replace(/\*\*(.+?)\*\*/g, '<strong>$1</strong>');
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
