import { createRequire } from 'node:module';
import type { ErrorObject } from 'ajv/dist/2020.js';
import { CodedError } from '../contracts/errors.ts';
import { isJsonObject, type JsonObject } from '../contracts/json.ts';
import { diagnostic, type Diagnostic } from './diagnostic.ts';
import { readSource, type Source } from './intake.ts';
import type { LoadedPlaybook, PlaybookSource } from './model.ts';
import { createValidator, faultsOf, faultText } from './validator.ts';

const schema = createRequire(import.meta.url)('./schema/playbook.json') as JsonObject;
const STEPS_MAX = 500;

const validate = createValidator().compile(schema);

function pathOf(error: ErrorObject): readonly (string | number)[] {
  return error.instancePath
    .split('/')
    .slice(1)
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part.replaceAll('~1', '/').replaceAll('~0', '~')));
}

/** Diagnostics of schema faults, each at the value, or the key, that it is about. */
export function schemaDiagnostics(
  source: Source,
  base: readonly (string | number)[],
  faults: readonly ErrorObject[],
  code: 'PLAYBOOK_SCHEMA' | 'PLAYBOOK_WITH_INVALID',
): readonly Diagnostic[] {
  return faults.map((fault) => {
    const path = [...base, ...pathOf(fault)];
    const unknown = fault.keyword === 'additionalProperties' ? String(fault.params.additionalProperty) : undefined;
    return diagnostic(
      code,
      unknown === undefined ? source.placeOf(path) : source.placeOfKey(path, unknown),
      faultText(fault),
    );
  });
}

/**
 * Reads one playbook file: guarded YAML, then its shape. What it means is checked by `check.ts`.
 *
 * @param file - name shown in diagnostics.
 */
export function loadPlaybook(
  text: string,
  file: string,
): { readonly loaded?: LoadedPlaybook; readonly diagnostics: readonly Diagnostic[] } {
  const { source, diagnostics } = readSource(text, file);
  if (!source) return { diagnostics };
  const steps = isJsonObject(source.value) ? source.value.steps : undefined;
  if (Array.isArray(steps) && steps.length > STEPS_MAX) {
    return {
      diagnostics: [
        diagnostic(
          'PLAYBOOK_TOO_MANY_STEPS',
          source.placeOf(['steps']),
          `it has ${steps.length} steps; ${STEPS_MAX} at most`,
        ),
      ],
    };
  }
  if (!validate(source.value))
    return { diagnostics: schemaDiagnostics(source, [], faultsOf(validate), 'PLAYBOOK_SCHEMA') };
  const playbook = source.value as unknown as PlaybookSource;
  return { loaded: { name: playbook.metadata.name, source, playbook }, diagnostics: [] };
}

/** Throws for the first error among diagnostics. @throws PLAYBOOK_INVALID */
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
