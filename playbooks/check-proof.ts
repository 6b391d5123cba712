import type { ActionDeclaration } from '../contracts/action.ts';
import type { Json } from '../contracts/json.ts';
import { isJsonObject } from '../contracts/json.ts';
import { ancestors } from './check-flow.ts';
import { textsOf } from './check-texts.ts';
import { diagnostic, type Diagnostic } from './diagnostic.ts';
import type { Library } from './library.ts';
import { runsPlaybook, type LoadedPlaybook, type StepSource } from './model.ts';
import { soleExpression } from './scan-expressions.ts';

/** A text that says of some secrets that they are dead. */
const SAYS_DEAD = /\{%-?\s*(?:els)?if\s+[\w.]+\.dead\s*-?%\}/;
/** What an expression takes its targets from: an output of a step, or an input. */
const ORIGIN = /\b(steps|inputs)(?:\.([\w-]+)|\[\s*['"]([^'"]+)['"]\s*\])/g;
/** Readers of whom any share may be told that nothing is proven yet. */
const EVERYONE = 1;

/**
 * Warns of each notice that says what is dead and does not wait for the steps that look whether it is: its readers would be
 * told that their secrets still work. Where that is meant, `expect: 1` says so.
 */
export function checkProof(
  loaded: LoadedPlaybook,
  { playbooks, texts }: Pick<Library, 'playbooks' | 'texts'>,
  catalogue: ReadonlyMap<string, ActionDeclaration>,
): readonly Diagnostic[] {
  const { playbook, source } = loaded;
  const verifiers = new Set([...catalogue.values()].flatMap(({ verifiedBy }) => verifiedBy ?? []));
  const looks = playbook.steps.filter((step) => isLook(step, verifiers, playbooks));
  if (looks.length === 0) return [];
  return playbook.steps.flatMap((step, index) => {
    const isTold = step.uses === 'notices.send' && step.with?.expect !== EVERYONE;
    if (!isTold || !textsOf(step, { texts }).some(({ body }) => SAYS_DEAD.test(body))) return [];
    const waitsFor = ancestors(loaded, step.id);
    const origins = originsOf(loaded, step);
    const early = looks.filter(
      (look) => !waitsFor.has(look.id) && [...originsOf(loaded, look)].some((origin) => origins.has(origin)),
    );
    if (early.length === 0) return [];
    const names = early.map(({ id }) => `\`${id}\``).join(', ');
    const message = `\`${step.id}\` says what is dead, and does not wait for ${names}, which looks`;
    const place = source.placeOf(['steps', index, step.needs === undefined ? 'uses' : 'needs']);
    return [diagnostic('PLAYBOOK_NOTICE_EARLY', place, message, 'warning')];
  });
}

/** Whether a step looks at what was acted on: by itself, or in the playbook that it runs. */
function isLook(
  step: StepSource,
  verifiers: ReadonlySet<string>,
  playbooks: ReadonlyMap<string, LoadedPlaybook>,
  before: readonly string[] = [],
): boolean {
  if (verifiers.has(step.uses)) return true;
  const name = runsPlaybook(step);
  const child = name === undefined || before.includes(name) ? undefined : playbooks.get(name);
  return child?.playbook.steps.some((inner) => isLook(inner, verifiers, playbooks, [...before, name!])) ?? false;
}

/** Where a step's targets come from: steps and inputs, also through the steps that made one dataset of another. */
function originsOf({ playbook }: LoadedPlaybook, step: StepSource): ReadonlySet<string> {
  const found = new Set<string>();
  const open: StepSource[] = [step];
  for (let next = open.pop(); next; next = open.pop()) {
    for (const expression of targetsOf(next)) {
      for (const [, kind, plain, quoted] of expression.matchAll(ORIGIN)) {
        const name = plain ?? quoted ?? '';
        const origin = `${kind}.${name}`;
        if (found.has(origin)) continue;
        found.add(origin);
        const maker = kind === 'steps' ? playbook.steps.find(({ id }) => id === name) : undefined;
        if (maker) open.push(maker);
      }
    }
  }
  return found;
}

/** What a step takes whole: `forEach`, what it is given by one expression, and what a child playbook is given so. */
function targetsOf({ forEach, with: given = {} }: StepSource): readonly string[] {
  const { inputs, ...others } = given;
  const values: readonly (Json | undefined)[] = [
    forEach,
    ...Object.values(others),
    ...(isJsonObject(inputs) ? Object.values(inputs) : []),
  ];
  return values.flatMap((value) => (typeof value === 'string' ? (soleExpression(value) ?? []) : []));
}
