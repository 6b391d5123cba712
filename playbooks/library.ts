import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CodedError } from '../contracts/errors.ts';
import { diagnostic, type Diagnostic } from './diagnostic.ts';
import { loadPlaybook } from './load.ts';
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

const TEXT_FILE = /^([a-z][a-z0-9-]*?)(?:\.([a-z]{2}(?:-[A-Z]{2})?))?\.md$/;

async function filesOf(folder: string, ending: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(folder, name));
}

/** Texts of a folder's `texts/`. */
async function readTexts(folder: string): Promise<readonly LibraryText[]> {
  const files = await filesOf(join(folder, 'texts'), '.md');
  const texts = await Promise.all(
    files.map(async (file) => {
      const [, name, locale = 'default'] = TEXT_FILE.exec(basename(file)) ?? [];
      return name === undefined ? undefined : { file, name, locale, body: await readFile(file, 'utf8') };
    }),
  );
  return texts.filter((text) => text !== undefined);
}

/**
 * Reads every playbook and text of the folders.
 *
 * @param folders - `playbooks/library` and those of the configuration; each may have a `texts/` inside.
 */
export async function readLibrary(folders: readonly string[]): Promise<Library> {
  const playbooks = new Map<string, LoadedPlaybook>();
  const diagnostics: Diagnostic[] = [];
  for (const file of (await Promise.all(folders.map((folder) => filesOf(folder, '.yaml')))).flat()) {
    const { loaded, diagnostics: found } = loadPlaybook(await readFile(file, 'utf8'), file);
    diagnostics.push(...found);
    if (!loaded) continue;
    if (basename(file, '.yaml') !== loaded.name)
      diagnostics.push(
        diagnostic(
          'PLAYBOOK_NAME_MISMATCH',
          loaded.source.placeOf(['metadata', 'name']),
          `\`${loaded.name}\` lies in ${basename(file)}`,
          'warning',
        ),
      );
    playbooks.set(loaded.name, loaded);
  }
  const texts = (await Promise.all(folders.map(readTexts))).flat();
  return { playbooks, texts, diagnostics };
}

/** A playbook of the library. @throws PLAYBOOK_UNKNOWN */
export function findPlaybook(library: Library, name: string): LoadedPlaybook {
  const loaded = library.playbooks.get(name);
  if (!loaded)
    throw new CodedError(
      'PLAYBOOK_UNKNOWN',
      `there is no playbook ${name}; known: ${[...library.playbooks.keys()].join(', ') || 'none'}`,
    );
  return loaded;
}
