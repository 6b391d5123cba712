import type { Diagnostic } from '../diagnostic.ts';

/** What a text is for; decides what it must and must not say. */
export type TextKind = 'notice' | 'ticket' | 'filing' | 'post';

/** Checks a text template. */
export function checkText(_source: string, _file: string, _options: { readonly kind: TextKind }): readonly Diagnostic[] {
  return [];
}
