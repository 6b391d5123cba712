import { dirname, normalize } from 'node:path';
import { inOrder, type Diagnostic } from './diagnostic.ts';
import { openPlaybook, readLibrary, standardLibrary } from './library.ts';
import { lintLoading } from './lint.ts';
import type { Surroundings } from './surroundings.ts';

/**
 * Lints playbook files as `firebreak playbook lint FILE...` does: each among the playbooks and texts of its own folder and
 * of the folders given.
 *
 * @param files - paths; a file may lie in none of the folders.
 * @param surroundings - without a configuration at hand leave `connectors` and `configured` out.
 * @param folders - of the configuration; what a file runs or uses is looked up there too.
 * @returns what is wrong, file by file, then line by line.
 * @throws PLAYBOOK_FOLDER_MISSING
 */
export async function lintFiles(
  files: readonly string[],
  surroundings: Surroundings,
  folders: readonly string[] = [standardLibrary],
): Promise<readonly Diagnostic[]> {
  const asked = files.map((file) => normalize(file));
  const library = await readLibrary([...asked.map((file) => dirname(file)), ...folders]);
  const found: Diagnostic[] = [];
  for (const file of new Set(asked)) {
    const loading = library.loadings.get(file) ?? (await openPlaybook(file));
    found.push(...lintLoading(loading, library, surroundings));
  }
  const isAsked = new Set(asked);
  const ofNames = library.diagnostics.filter(
    ({ file, code }) => isAsked.has(file) && ['PLAYBOOK_NAME_MISMATCH', 'PLAYBOOK_NAME_DUPLICATE'].includes(code),
  );
  return inOrder([...found, ...ofNames]);
}
