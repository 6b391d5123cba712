import { diagnostic, type Diagnostic } from './diagnostic.ts';
import type { Library, LibraryText } from './library.ts';
import { nearest } from './nearest.ts';
import type { LoadedPlaybook, StepSource } from './model.ts';
import { checkText, type TextKind } from './texts/check-text.ts';

/** Kind of text that an action names. Filings are drafted from the obligations' own templates. */
const KIND_OF: Readonly<Record<string, TextKind>> = {
  'notices.send': 'notice',
  'notices.preview': 'notice',
  'tickets.open': 'ticket',
  manual: 'instruction',
};

/** Key of `with` that names the text. */
function keyOf({ uses }: StepSource): 'template' | 'text' {
  return uses === 'manual' ? 'text' : 'template';
}

/** Texts that a step uses, by locale. */
export function textsOf(step: StepSource, library: Pick<Library, 'texts'>): readonly LibraryText[] {
  const template = step.with?.[keyOf(step)];
  return KIND_OF[step.uses] === undefined || typeof template !== 'string'
    ? []
    : library.texts.filter(({ name }) => name === template);
}

/** Name under which a step finds a text: `exposed-secrets/en`; a text without locale by its name alone. */
export function textKey({ name, locale }: LibraryText): string {
  return locale === 'default' ? name : `${name}/${locale}`;
}

/** Checks that the texts that steps use exist and say only what is true. */
export function checkTexts(
  { playbook, source }: LoadedPlaybook,
  library: Pick<Library, 'texts'>,
): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const seen = new Set<string>();
  playbook.steps.forEach((step, index) => {
    const kind = KIND_OF[step.uses];
    const template = step.with?.[keyOf(step)];
    if (kind === undefined || typeof template !== 'string' || template.includes('${{')) return;
    const texts = textsOf(step, library);
    if (texts.length === 0)
      found.push(
        diagnostic(
          'PLAYBOOK_TEXT_MISSING',
          source.placeOf(['steps', index, 'with', keyOf(step)]),
          `there is no text \`${template.slice(0, 60)}\`${nearest(template, new Set(library.texts.map(({ name }) => name)))}`,
          kind === 'instruction' ? 'warning' : 'error', // a person can still do what the step's title says
        ),
      );
    for (const text of texts) {
      if (seen.has(text.file)) continue;
      seen.add(text.file);
      found.push(...checkText(text.body, text.file, { kind }));
    }
  });
  return found;
}
