import { createRequire } from 'node:module';
import { CodedError } from '../contracts/errors.ts';
import { isJsonObject, type JsonObject } from '../contracts/json.ts';
import { diagnostic, type Diagnostic } from './diagnostic.ts';
import { readSource, type Source } from './intake.ts';
import type { LoadedPlaybook, PlaybookSource } from './model.ts';
import { salvage, type Salvaged } from './salvage.ts';
import { pathOfPointer, schemaDiagnostics } from './schema-diagnostics.ts';
import { faultsOf, validatorOf } from './validator.ts';

const schema = createRequire(import.meta.url)('./schema/playbook.json') as JsonObject;
const STEPS_MAX = 500; // five times what a person can follow; the compiler's work grows with their square

const validate = validatorOf(schema);

/** What became of a file: a playbook whose shape is good, or what is wrong. */
export interface Loading {
  readonly loaded?: LoadedPlaybook;
  /** Where the shape is not good: the rest of it, so that lint finds everything at once. It never compiles. */
  readonly salvaged?: Salvaged;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads one playbook file: guarded YAML, then its shape. What it means is checked by {@link lintPlaybook}.
 *
 * @param file - name shown in diagnostics.
 */
export function loadPlaybook(text: string, file: string): Loading {
  const { source, diagnostics } = readSource(text, file);
  if (!source) return { diagnostics };
  if (source.value === null)
    return { diagnostics: [diagnostic('PLAYBOOK_SCHEMA', source.placeOf([]), 'the file is empty')] };
  const tooMany = tooManySteps(source);
  if (tooMany) return { diagnostics: [tooMany] };
  if (!validate(source.value)) {
    const faults = faultsOf(validate);
    const salvaged = salvage(
      source,
      faults.map(({ instancePath }) => pathOfPointer(instancePath)),
    );
    return {
      diagnostics: schemaDiagnostics(source, [], faults, 'PLAYBOOK_SCHEMA'),
      ...(salvaged ? { salvaged } : {}),
    };
  }
  const playbook = source.value as unknown as PlaybookSource;
  return { loaded: { name: playbook.metadata.name, source, playbook }, diagnostics: [] };
}

function tooManySteps(source: Source): Diagnostic | undefined {
  const steps = isJsonObject(source.value) ? source.value.steps : undefined;
  if (!Array.isArray(steps) || steps.length <= STEPS_MAX) return undefined;
  const message = `it has ${steps.length} steps; ${STEPS_MAX} at most`;
  return diagnostic('PLAYBOOK_TOO_MANY_STEPS', source.placeOf(['steps', STEPS_MAX]), message);
}

/** Throws for the first error among diagnostics. @throws PLAYBOOK_INVALID with all of them in its details. */
export function refuseErrors(diagnostics: readonly Diagnostic[]): void {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (!first) return;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  throw new CodedError('PLAYBOOK_INVALID', `${first.code}: ${first.message}${more}`, {
    at: first,
    details: errors as unknown as JsonObject[],
  });
}
