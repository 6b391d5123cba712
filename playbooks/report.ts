import type { Diagnostic } from './diagnostic.ts';
import type { Path } from './intake.ts';
import type { LoadedPlaybook } from './model.ts';
import { nearest } from './nearest.ts';
import { references } from './validator.ts';

/** Notes one thing that is wrong at a path below a step or a part of the head. */
export type Report = (code: Diagnostic['code'], path: Path, message: string, severity?: Diagnostic['severity']) => void;

const DURATION = new RegExp(references['firebreak:duration']!.pattern as string);

/** Whether a text is a duration of the language: ISO 8601, longer than nothing. */
export function isDuration(text: string): boolean {
  return DURATION.test(text);
}

/** What is wrong with a text that is no duration. */
export function durationFault(text: string): string {
  return `\`${text.slice(0, 40)}\` is no duration longer than nothing`;
}

/** What is wrong with a role's name; `undefined` where the playbook declares it. */
export function roleFault({ playbook: { roles = {} } }: LoadedPlaybook, role: string): string | undefined {
  if (Object.hasOwn(roles, role)) return undefined;
  const known = Object.keys(roles);
  const hint = nearest(role, known) || (known.length === 0 ? ', nor any other' : '');
  return `no role \`${role.slice(0, 60)}\` is declared${hint}`;
}
