import { checkExpressions } from './check-expressions.ts';
import { checkFlow } from './check-flow.ts';
import { checkHead } from './check-head.ts';
import { checkInputsSchema } from './check-inputs-schema.ts';
import { checkProof } from './check-proof.ts';
import { checkRuns } from './check-runs.ts';
import { checkSteps } from './check-step.ts';
import { checkTexts } from './check-texts.ts';
import { inOrder, type Diagnostic } from './diagnostic.ts';
import type { Library } from './library.ts';
import { loadPlaybook, type Loading } from './load.ts';
import type { LoadedPlaybook } from './model.ts';
import type { Surroundings } from './surroundings.ts';

/**
 * Finds everything that is wrong with one playbook, at once.
 *
 * @param library - where the playbooks that it runs and the texts that it uses lie.
 * @returns errors and warnings by place; a playbook without errors compiles.
 */
export function lintPlaybook(
  loaded: LoadedPlaybook,
  library: Pick<Library, 'playbooks' | 'texts'>,
  surroundings: Surroundings,
): readonly Diagnostic[] {
  const { playbooks } = library;
  const { catalogue } = surroundings;
  return inOrder([
    ...checkInputsSchema(loaded),
    ...checkFlow(loaded),
    ...checkSteps(loaded, surroundings),
    ...checkHead(loaded, surroundings),
    ...checkExpressions(loaded, { catalogue, playbooks }).diagnostics,
    ...checkRuns(loaded, playbooks),
    ...checkTexts(loaded, library),
    ...checkProof(loaded, library, catalogue),
  ]);
}

/** Lints what became of a file: also where its shape is not good, everything else is checked all the same. */
export function lintLoading(
  { loaded, salvaged, diagnostics }: Loading,
  library: Pick<Library, 'playbooks' | 'texts'>,
  surroundings: Surroundings,
): readonly Diagnostic[] {
  if (loaded) return inOrder([...diagnostics, ...lintPlaybook(loaded, library, surroundings)]);
  if (!salvaged) return inOrder(diagnostics);
  const isEcho = ({ file, line }: Diagnostic): boolean =>
    file === salvaged.loaded.source.file && salvaged.faulty.some(({ from, to }) => line >= from && line <= to);
  const others = lintPlaybook(salvaged.loaded, library, surroundings).filter((found) => !isEcho(found));
  return inOrder([...diagnostics, ...others]);
}

/** Lints the text of one playbook file. */
export function lintText(
  text: string,
  file: string,
  library: Pick<Library, 'playbooks' | 'texts'>,
  surroundings: Surroundings,
): readonly Diagnostic[] {
  return lintLoading(loadPlaybook(text, file), library, surroundings);
}
