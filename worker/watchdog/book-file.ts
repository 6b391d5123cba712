import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { CodedError } from '../../contracts/errors.ts';
import type { BookState } from './due-book.ts';

/** Reads the watchdog's file. @returns `undefined` where there is none. @throws WATCHDOG_FILE_UNREADABLE */
export function readBook(path: string): BookState | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const state = JSON.parse(readFileSync(path, 'utf8')) as Partial<BookState>;
    const { reportedAt, engineSeenAt, duties, raised } = state;
    if (typeof reportedAt !== 'string' || typeof engineSeenAt !== 'string' || !Array.isArray(duties) || !raised)
      throw new Error('it is no file of a watchdog');
    return { reportedAt, engineSeenAt, duties, raised };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CodedError('WATCHDOG_FILE_UNREADABLE', `${path}: ${why}`, { cause });
  }
}

/** Replaces the file as a whole: after a crash it holds the state before or the one after. */
export function writeBook(path: string, state: BookState): void {
  const draft = `${path}.new`;
  const file = openSync(draft, 'w', 0o600);
  try {
    writeSync(file, JSON.stringify(state));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
}
