import { claimStems, deathClaims, weightyWords } from '../../contracts/notice-wording.ts';
import { scrubTokens } from '../../contracts/token-shapes.ts';
import { secretsOf } from './view.ts';
import type { DatasetRow } from '../../contracts/dataset.ts';
import type { NoticeView } from './notice-view.ts';
import type { RenderedNotice } from './render.ts';

/** Looks at each rendered notice before it may leave; the last thing between a fault of ours and a reader. */
export interface Guard {
  /**
   * @param text - how `notice` came from `view`: asked again with names left out, since what people call themselves and
   *   their secrets is not for us to judge.
   * @returns why a notice must not leave, without quoting it; `undefined` where it may.
   */
  refuse(
    notice: RenderedNotice,
    row: DatasetRow,
    view: NoticeView,
    text: { readonly locale: string; readonly render: (view: NoticeView) => RenderedNotice },
  ): string | undefined;
}

const SEPARATORS = /[\s()<>[\]{},;:"'`|]+/;
/** Ends of what belongs together: a paragraph, or one entry of a list. */
const PASSAGES = /\n\n|\n(?=- )/;
/** Stands in every hint: `hf_...c3f9`. */
const HINT_MARK = '...';

/** A guard that knows the hints of every reader of the page. */
export function guardOf(rows: readonly DatasetRow[]): Guard {
  const hints = new Set(rows.flatMap((row) => secretsOf(row).map(({ hint }) => hint)));
  /** By what decides which sentences a reader gets: all who meet the same branches read the same words of ours. */
  const verdicts = new Map<string, string | undefined>();
  return {
    refuse: ({ subject, text }, row, view, { locale, render }) => {
      const said = `${subject}\n${text}`; // the HTML is the same words in other clothes
      if (scrubTokens(said) !== said) return 'it holds something shaped like a credential';
      const own = new Set(secretsOf(row).map(({ hint }) => hint));
      if (hintsIn(said).some((word) => hints.has(word) && !own.has(word))) return 'it holds the hint of another reader';
      if (!isWeighty(said)) return undefined;
      const bare = withoutNames(view);
      const branch = JSON.stringify([locale, bare.item]);
      if (!verdicts.has(branch)) verdicts.set(branch, verdictOn(render(bare), bare));
      return verdicts.get(branch);
    },
  };
}

/** Words as a hint would stand among them, with or without a full stop behind it. */
function hintsIn(text: string): readonly string[] {
  if (!text.includes(HINT_MARK)) return [];
  return text
    .split('\n')
    .filter((line) => line.includes(HINT_MARK))
    .flatMap((line) => line.split(SEPARATORS))
    .flatMap((word) => (word.endsWith('.') ? [word, word.slice(0, -1)] : [word]));
}

const STEMS = [...new Set([...claimStems, ...weightyWords.flatMap(({ stems }) => stems)])];

/** Whether a closer look is due: most of a notice's words weigh nothing. */
function isWeighty(text: string): boolean {
  return holdsAny(text, STEMS);
}

function holdsAny(text: string, stems: readonly string[]): boolean {
  const lower = text.toLowerCase();
  return stems.some((stem) => lower.includes(stem));
}

function withoutNames(view: NoticeView): NoticeView {
  const secrets = view.item.secrets.map((secret, index) => ({ ...secret, name: null, hint: `#${index}#` }));
  return { ...view, item: { ...view.item, name: null, secrets } };
}

function verdictOn({ subject, text }: RenderedNotice, view: NoticeView): string | undefined {
  const said = `${subject}\n\n${text}`;
  return unsupportedWord(said, view) ?? untrueClaim(said, view);
}

function unsupportedWord(said: string, view: NoticeView): string | undefined {
  const lower = said.toLowerCase();
  const found = weightyWords.find(
    ({ pattern, stems, needs }) =>
      stems.some((stem) => lower.includes(stem)) && !isKnown(view, needs) && said.search(pattern) >= 0,
  );
  return found && `it holds a word that needs ${found.needs}`;
}

/** A passage that calls something dead must name a secret of the reader that is dead, and none that is not. */
function untrueClaim(said: string, { item }: NoticeView): string | undefined {
  const dead = new Set(item.secrets.filter((secret) => secret.dead).map(({ hint }) => hint));
  const isUntrue = said.split(PASSAGES).some((passage) => {
    if (!holdsAny(passage, claimStems) || !deathClaims.some((claim) => passage.search(claim) >= 0)) return false;
    const named = item.secrets.filter(({ hint }) => passage.includes(hint)).map(({ hint }) => hint);
    return named.length === 0 || named.some((hint) => !dead.has(hint));
  });
  return isUntrue ? 'it claims that something is dead that was not seen dead' : undefined;
}

function isKnown(view: NoticeView, path: string): boolean {
  let value: unknown = view;
  for (const key of path.split('.'))
    value = typeof value === 'object' && value !== null ? (value as never)[key] : undefined;
  return value === true;
}
