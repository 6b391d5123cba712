import type { Plan } from '../contracts/plan.ts';
import { explainTree, type ExplainedAsk, type ExplainedStep } from './explain-tree.ts';

/** Text in a column of a width. */
function padded(text: string, width: number): string {
  return text.padEnd(width, ' ');
}

function askLines(asks: readonly ExplainedAsk[]): readonly string[] {
  const width = Math.max(0, ...asks.map(({ who }) => who.length));
  return asks.map(
    ({ stage, who, what, step, when }) =>
      `  ${padded(String(stage), 3)} ${padded(who, width)}  ${what} [${step}]${when === '' ? '' : `; ${when}`}`,
  );
}

function stepLines(step: ExplainedStep, indent: string): readonly string[] {
  const beside = step.id.split('/').slice(0, -1).join('/');
  const needed = step.after.map((id) => (beside === '' ? id : id.replace(`${beside}/`, '')));
  const order = needed.length === 0 ? 'starts at once' : `after ${needed.join(', ')}`;
  const details = [
    order,
    ...step.notes,
    ...step.asks.map(({ who, when }) => `asks ${who}${when === '' ? '' : ` ${when}`}`),
  ];
  const local = step.id.split('/').at(-1)!;
  return [
    `${indent}${padded(String(step.stage), 3)} ${local}: ${step.title} [${step.uses}]`,
    `${indent}      ${details.join('; ')}`,
    ...step.steps.flatMap((inner) => stepLines(inner, `${indent}    `)),
  ];
}

/**
 * A plan as a tree that a person reads at 3 a.m.: who is asked what and when; what happens, in which order; limits.
 *
 * The number before a step is its stage: steps of one stage do not wait for each other.
 *
 * @returns plain text, without a line break at the end.
 */
export function explainPlan(plan: Plan): string {
  const { title, name, version, tlp, roles, limits, asks, steps, amendments } = explainTree(plan);
  const section = (head: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : ['', head, ...lines];
  return [
    `${title} (${name}, version ${version}, TLP:${tlp})`,
    ...section(
      'Roles',
      roles.map(
        ({ role, title: what, required, from }) =>
          `  ${role}: ${what}${from === undefined ? '' : `, from ${from}`}${required ? ' (required)' : ''}`,
      ),
    ),
    ...section(
      'Limits',
      limits.map(({ action, limit }) => `  ${action}: ${limit}`),
    ),
    ...section('Who is asked, by stage', askLines(asks)),
    ...section(
      'What happens, by stage',
      steps.flatMap((step) => stepLines(step, '  ')),
    ),
    ...section(
      'Amendments',
      amendments.map(({ name: amendment, of, asks: whom }) => `  ${amendment}: runs ${of} again; asks ${whom}`),
    ),
  ].join('\n');
}
