import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CodedError } from '../contracts/errors.ts';
import { diagnostic, type Diagnostic } from './diagnostic.ts';
import { FILE_MAX_BYTES } from './intake.ts';
import { loadPlaybook, type Loading } from './load.ts';
import type { LoadedPlaybook } from './model.ts';

/** A text that steps use: a notice, a ticket, an instruction. */
export interface LibraryText {
  readonly file: string;
  /** Template name, e.g. `exposed-secrets`. */
  readonly name: string;
  /** `en`, `de`; `default` for a text without one. */
  readonly locale: string;
  readonly body: string;
}

/** Playbooks and texts of a set of folders. */
export interface Library {
  readonly playbooks: ReadonlyMap<string, LoadedPlaybook>;
  readonly texts: readonly LibraryText[];
  /** What is wrong with files that could not be loaded. */
  readonly diagnostics: readonly Diagnostic[];
}

/** A library with what became of each file, for lint. */
export interface OpenedLibrary extends Library {
  readonly loadings: ReadonlyMap<string, Loading>;
}

const TEXT_FILE = /^([a-z][a-z0-9-]*?)(?:\.([a-z]{2}(?:-[A-Z]{2})?))?\.md$/;

/** Folder of the playbooks that come with Firebreak. */
export const standardLibrary = fileURLToPath(new URL('./library', import.meta.url));

/** Names of a folder's files, sorted. @throws PLAYBOOK_FOLDER_MISSING */
async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    throw new CodedError('PLAYBOOK_FOLDER_MISSING', `${folder} cannot be read (${codeOf(error)})`, { cause: error });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
}

function atStart(file: string): { readonly file: string; readonly line: number; readonly column: number } {
  return { file, line: 1, column: 1 };
}

/** Reads a text file of at most the language's size. @returns its text, or what is wrong. */
async function readBounded(file: string): Promise<string | Diagnostic> {
  try {
    const { size } = await stat(file);
    if (size > FILE_MAX_BYTES)
      return diagnostic('PLAYBOOK_FILE_TOO_LARGE', atStart(file), `it has ${size} bytes; ${FILE_MAX_BYTES} at most`);
    return await readFile(file, 'utf8');
  } catch (error) {
    return diagnostic('PLAYBOOK_FILE_UNREADABLE', atStart(file), codeOf(error));
  }
}

/** Reads one playbook file. */
export async function openPlaybook(file: string): Promise<Loading> {
  const text = await readBounded(file);
  return typeof text === 'string' ? loadPlaybook(text, file) : { diagnostics: [text] };
}

/** Texts of a folder's `texts/`, if it has one. */
async function readTexts(
  folder: string,
): Promise<{ readonly texts: readonly LibraryText[]; readonly diagnostics: readonly Diagnostic[] }> {
  const inside = join(folder, 'texts');
  const isThere = await stat(inside).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const texts: LibraryText[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const entry of isThere ? await namesIn(inside) : []) {
    const file = join(inside, entry);
    const [, name, locale = 'default'] = TEXT_FILE.exec(entry) ?? [];
    if (name === undefined) {
      if (entry !== 'README.md') diagnostics.push(ignored(file));
      continue;
    }
    const body = await readBounded(file);
    if (typeof body === 'string') texts.push({ file, name, locale, body });
    else diagnostics.push(body);
  }
  return { texts, diagnostics };
}

function ignored(file: string): Diagnostic {
  return diagnostic(
    'PLAYBOOK_FILE_IGNORED',
    atStart(file),
    `\`${basename(file)}\` is not named like a playbook or text`,
    'warning',
  );
}

/** What is wrong with a playbook's name, given those read before. */
function nameFaults(file: string, loaded: LoadedPlaybook, before: LoadedPlaybook | undefined): readonly Diagnostic[] {
  const place = loaded.source.placeOf(['metadata', 'name']);
  const found: Diagnostic[] = [];
  if (basename(file, '.yaml') !== loaded.name)
    found.push(diagnostic('PLAYBOOK_NAME_MISMATCH', place, `\`${loaded.name}\` lies in ${basename(file)}`, 'warning'));
  if (before)
    found.push(diagnostic('PLAYBOOK_NAME_DUPLICATE', place, `\`${loaded.name}\` lies in ${before.source.file} too`));
  return found;
}

/**
 * Reads every playbook and text of the folders.
 *
 * @param folders - `playbooks/library` and those of the configuration; each may have a `texts/` inside. A folder that is
 *   named twice is read once.
 * @returns playbooks whose shape is good, by name; of two with one name the first, and a diagnostic.
 * @throws PLAYBOOK_FOLDER_MISSING
 */
export async function readLibrary(folders: readonly string[]): Promise<OpenedLibrary> {
  const playbooks = new Map<string, LoadedPlaybook>();
  const loadings = new Map<string, Loading>();
  const diagnostics: Diagnostic[] = [];
  const texts: LibraryText[] = [];
  const once = new Map(folders.toReversed().map((folder) => [resolve(folder), folder]));
  for (const folder of [...once.values()].reverse()) {
    for (const entry of await namesIn(folder)) {
      const file = join(folder, entry);
      if (entry.endsWith('.yml')) diagnostics.push(ignored(file));
      if (!entry.endsWith('.yaml')) continue;
      const loading = await openPlaybook(file);
      loadings.set(file, loading);
      diagnostics.push(...loading.diagnostics);
      const { loaded } = loading;
      if (!loaded) continue;
      const before = playbooks.get(loaded.name);
      diagnostics.push(...nameFaults(file, loaded, before));
      if (!before) playbooks.set(loaded.name, loaded);
    }
    const read = await readTexts(folder);
    texts.push(...read.texts);
    diagnostics.push(...read.diagnostics);
  }
  return { playbooks, texts, diagnostics, loadings };
}

/** A playbook of the library. @throws PLAYBOOK_UNKNOWN; PLAYBOOK_INVALID where its file is there but has no good shape. */
export function findPlaybook(library: Library, name: string): LoadedPlaybook {
  const loaded = library.playbooks.get(name);
  if (loaded) return loaded;
  const broken = library.diagnostics.find(
    ({ file, severity }) => severity === 'error' && basename(file, '.yaml') === name,
  );
  if (broken) throw new CodedError('PLAYBOOK_INVALID', `${broken.code}: ${broken.message}`, { at: broken });
  throw new CodedError(
    'PLAYBOOK_UNKNOWN',
    `there is no playbook ${name.slice(0, 64)}; known: ${[...library.playbooks.keys()].join(', ') || 'none'}`,
  );
}
