import { deathClaims, noticeParts, unsafeInNotices, weightyWords } from '../../contracts/notice-wording.ts';
import { parseText } from '../../contracts/text-source.ts';
import { diagnostic, inOrder, type Diagnostic } from '../diagnostic.ts';
import { readTemplate, type ReadTemplate } from './read-template.ts';
import { textVariables } from './variables.ts';

/** What a text is for; decides what it must and must not say. */
export type TextKind = 'notice' | 'ticket' | 'filing' | 'post' | 'instruction';

/** One thing that is wrong with a text. */
export type TextDiagnostic = Diagnostic;

/** Kinds that are filled from data; the others stand as they are. */
const FILLED: ReadonlySet<TextKind> = new Set(['notice', 'post']);
/** Values that every notice prints somewhere outside all conditions. */
const PRINTED: Readonly<Record<string, string>> = {
  'incident.id': 'the id of the incident',
  'site.page': 'the page on our site with the same text',
  'site.contact': 'whom to ask',
};
const SECRET_IS_DEAD = 'item.secrets[].dead';

/**
 * Checks a text: that it can be read, says nothing that is not proven, and, for a notice, has every part and nothing that
 * looks like phishing.
 *
 * @param source - the whole file, front matter included.
 * @param file - name for places.
 * @returns everything found, by place; a text without errors may be used.
 */
export function checkText(
  source: string,
  file: string,
  options: { readonly kind: TextKind },
): readonly TextDiagnostic[] {
  const template = readTemplate(source, file);
  const { kind } = options;
  if (template.diagnostics.some(({ code }) => code === 'NOTICE_TEMPLATE_INVALID')) return template.diagnostics;
  return inOrder([
    ...template.diagnostics,
    ...(FILLED.has(kind) ? checkVariables(template) : checkUnfilled(template)),
    ...(FILLED.has(kind) ? checkClaims(template) : []),
    ...checkWording(template),
    ...(kind === 'notice' ? [...checkSafety(template), ...checkParts(source, template)] : []),
  ]);
}

function checkVariables(template: ReadTemplate): readonly Diagnostic[] {
  return template.reads
    .filter(({ path }) => path !== '' && !textVariables.has(path))
    .map(({ path, offset }) => diagnostic('TEXT_VARIABLE_UNKNOWN', template.placeOf(offset), `\`${path}\``));
}

/** Tickets and filings are not filled: a tag would be shown as it stands. */
function checkUnfilled(template: ReadTemplate): readonly Diagnostic[] {
  return template.reads.map(({ path, offset }) =>
    diagnostic('TEXT_TAG_FORBIDDEN', template.placeOf(offset), `\`${path}\`: a text of this kind is not filled`),
  );
}

function checkClaims(template: ReadTemplate): readonly Diagnostic[] {
  return deathClaims.flatMap((pattern) =>
    hits(template, pattern)
      .filter(({ end }) => !isShownOnlyIf(template, end - 1, SECRET_IS_DEAD))
      .map(({ begin, text }) =>
        diagnostic('NOTICE_CLAIM_UNPROVEN', template.placeOf(begin), `"${text}" stands outside \`if s.dead\``),
      ),
  );
}

function checkWording(template: ReadTemplate): readonly Diagnostic[] {
  return weightyWords.flatMap(({ pattern, needs }) =>
    hits(template, pattern)
      .filter(({ begin }) => !isShownOnlyIf(template, begin, needs))
      .map(({ begin, text }) =>
        diagnostic('WORDING_UNSUPPORTED', template.placeOf(begin), `"${text}" stands outside \`if ${needs}\``),
      ),
  );
}

function checkSafety(template: ReadTemplate): readonly Diagnostic[] {
  return unsafeInNotices.flatMap(({ pattern, why }) =>
    hits(template, pattern).map(({ begin, text }) =>
      diagnostic('NOTICE_UNSAFE', template.placeOf(begin), `"${text}": ${why}`),
    ),
  );
}

function checkParts(source: string, template: ReadTemplate): readonly Diagnostic[] {
  const missing: string[] = [];
  for (const [part, what] of Object.entries(noticeParts)) {
    const at = template.prose.indexOf(`{#${part}}`);
    if (at < 0 || template.conditionsAt(at).length > 0) missing.push(`${what} (\`{#${part}}\`)`);
  }
  for (const [path, what] of Object.entries(PRINTED)) {
    const isPrinted = template.reads.some(
      (read) => read.path === path && read.use === 'output' && template.conditionsAt(read.offset).length === 0,
    );
    if (!isPrinted) missing.push(`${what} (\`{{ ${path} }}\`)`);
  }
  if (!template.reads.some(({ path, use }) => path === 'item.secrets' && use === 'loop'))
    missing.push('each secret of the reader (`for s in item.secrets`)');
  const { meta, bodyAt } = parseText(source);
  const found = missing.map((what) =>
    diagnostic('NOTICE_ELEMENT_MISSING', template.placeOf(bodyAt), `it lacks, outside every condition: ${what}`),
  );
  return meta['subject'] === undefined || meta['subject'] === ''
    ? [diagnostic('NOTICE_TEMPLATE_INVALID', template.placeOf(0), 'a notice needs a `subject`'), ...found]
    : found;
}

/** Whether a place is shown only where the value at a path is there. */
function isShownOnlyIf(template: ReadTemplate, offset: number, path: string): boolean {
  return template.conditionsAt(offset).some((condition) => condition.isMet && condition.path === path);
}

function hits(
  { prose }: ReadTemplate,
  pattern: RegExp,
): readonly { readonly begin: number; readonly end: number; readonly text: string }[] {
  return [...prose.matchAll(pattern)].map((match) => ({
    begin: match.index,
    end: match.index + match[0].length,
    text: match[0].replace(/\s+/g, ' ').slice(0, 60),
  }));
}
