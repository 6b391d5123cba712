import type { ErrorObject } from 'ajv/dist/2020.js';
import { isJsonObject } from '../contracts/json.ts';
import { diagnostic, type Diagnostic } from './diagnostic.ts';
import type { Path, Source } from './intake.ts';
import { faultText } from './validator.ts';

const FAULTS_MAX = 100; // of one value; whoever has mended these asks again

/** Path of a JSON Pointer: digits are positions of lists. @source RFC 6901 section 4 */
export function pathOfPointer(pointer: string): Path {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part.replaceAll('~1', '/').replaceAll('~0', '~')));
}

/** Diagnostics of schema faults, each at the value, or the key, that it is about. */
export function schemaDiagnostics(
  source: Source,
  base: Path,
  faults: readonly ErrorObject[],
  code: 'PLAYBOOK_SCHEMA' | 'PLAYBOOK_WITH_INVALID',
): readonly Diagnostic[] {
  return faults.slice(0, FAULTS_MAX).map((fault) => {
    const path = [...base, ...pathOfPointer(fault.instancePath)];
    const params = fault.params as Readonly<Record<string, unknown>>;
    const key = params['additionalProperty'] ?? fault.propertyName;
    const place = typeof key === 'string' ? source.placeOfKey(path, key) : source.placeOf(path);
    return diagnostic(code, place, messageOf(source, base, fault));
  });
}

/** What is wrong, said of the step by its id and not by its position. */
function messageOf(source: Source, base: Path, fault: ErrorObject): string {
  const [section, index, ...within] = base.length > 0 ? base : pathOfPointer(fault.instancePath).slice(0, 2);
  const steps = isJsonObject(source.value) ? source.value.steps : undefined;
  const step: unknown = section === 'steps' && Array.isArray(steps) ? steps[Number(index)] : undefined;
  if (!isJsonObject(step)) return faultText(fault);
  const instancePath = base.length > 0 ? fault.instancePath : fault.instancePath.replace(/^\/steps\/\d+/, '');
  const inside = within.length === 0 ? '' : `, \`${within.join('.')}\``;
  const holder = `${typeof step.id === 'string' ? `step \`${step.id.slice(0, 60)}\`` : 'the step'}${inside}`;
  return `${holder}: ${faultText({ ...fault, instancePath })}`;
}
