import { givenLines } from '../contracts/given-lines.ts';
import type { JournalRecord } from '../contracts/journal.ts';

/** A hash says nothing to a reader; `--json` and the bundle have it. */
const HASH = /: [0-9a-f]{64}$/;

/** Lines of an object as people read them, without hashes. */
export function readableLines(body: JournalRecord['body']): readonly string[] {
  return givenLines(body).filter((line) => !HASH.test(line));
}

/** Head of a table of records. */
export const RECORD_HEAD = ['SEQ', 'AT (UTC)', 'KIND', 'ACTOR', 'WHAT'] as const;

/** A journal record as a row under {@link RECORD_HEAD}. */
export function recordRow({ seq, at, kind, actor, body }: JournalRecord): readonly string[] {
  return [String(seq), at.slice(0, 19), kind, actor, readableLines(body).join('; ')];
}
