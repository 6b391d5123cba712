import { checkExpressions } from './check-expressions.ts';
import { checkFlow } from './check-flow.ts';
import { checkRuns } from './check-runs.ts';
import { checkSteps, type Surroundings } from './check-step.ts';
import { checkTexts } from './check-texts.ts';
import { createValidator } from './validator.ts';
import { diagnostic, inOrder, type Diagnostic } from './diagnostic.ts';
import type { Library } from './library.ts';
import type { LoadedPlaybook } from './model.ts';

/** The inputs' schema has to be one itself, and closed: what nobody declared is refused at the door. */
function checkInputsSchema({ playbook, source }: LoadedPlaybook): readonly Diagnostic[] {
  const { inputs } = playbook;
  if (!inputs) return [];
  const refuse = (message: string): readonly Diagnostic[] => [
    diagnostic('PLAYBOOK_INPUTS_SCHEMA_INVALID', source.placeOf(['inputs']), message),
  ];
  if (inputs.type !== 'object' || inputs.additionalProperties !== false)
    return refuse('`inputs` is an object schema with `additionalProperties: false`');
  try {
    createValidator().compile(inputs);
    return [];
  } catch (error) {
    return refuse(error instanceof Error ? error.message.split('\n')[0]! : 'it cannot be compiled');
  }
}

/**
 * Finds everything that is wrong with one playbook, at once.
 *
 * @returns errors and warnings by place; a playbook without errors compiles.
 */
export function lintPlaybook(
  loaded: LoadedPlaybook,
  library: Library,
  surroundings: Surroundings,
): readonly Diagnostic[] {
  return inOrder([
    ...checkInputsSchema(loaded),
    ...checkFlow(loaded),
    ...checkSteps(loaded, surroundings),
    ...checkExpressions(loaded, surroundings.catalogue).diagnostics,
    ...checkRuns(loaded, library.playbooks),
    ...checkTexts(loaded, library),
  ]);
}
