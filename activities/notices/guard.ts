import { scrubTokens } from '../../contracts/token-shapes.ts';
import { weightyWords } from '../../contracts/notice-wording.ts';
import { secretsOf } from './view.ts';
import type { DatasetRow } from '../../contracts/dataset.ts';
import type { NoticeView } from './notice-view.ts';
import type { RenderedNotice } from './render.ts';

/** Looks at each rendered notice before it may leave; the last thing between a fault of ours and a reader. */
export interface Guard {
  /** @returns why a notice must not leave, without quoting it; `undefined` where it may. */
  refuse(notice: RenderedNotice, row: DatasetRow, view: NoticeView): string | undefined;
}

const SEPARATORS = /[\s()<>[\]{},;:"'`|]+/;

/** A guard that knows the hints of every reader of the page. */
export function guardOf(rows: readonly DatasetRow[]): Guard {
  const hints = new Set(rows.flatMap((row) => secretsOf(row).map(({ hint }) => hint)));
  return {
    refuse: ({ subject, text, html }, row, view) => {
      const own = new Set(secretsOf(row).map(({ hint }) => hint));
      for (const part of [subject, text, html]) {
        if (scrubTokens(part) !== part) return 'it holds something shaped like a credential';
        if (wordsOf(part).some((word) => hints.has(word) && !own.has(word)))
          return 'it holds the hint of another reader';
      }
      const unproven = weightyWords.find(({ pattern, needs }) => !isKnown(view, needs) && text.search(pattern) >= 0);
      return unproven && `it holds a word that needs ${unproven.needs}`;
    },
  };
}

/** Words as a hint would stand among them: `hf_...c3f9`, with or without a full stop behind it. */
function wordsOf(text: string): readonly string[] {
  return text.split(SEPARATORS).flatMap((word) => (word.endsWith('.') ? [word, word.slice(0, -1)] : [word]));
}

function isKnown(view: NoticeView, path: string): boolean {
  let value: unknown = view;
  for (const key of path.split('.'))
    value = typeof value === 'object' && value !== null ? (value as never)[key] : undefined;
  return value === true;
}
