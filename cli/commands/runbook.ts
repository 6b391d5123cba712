import { actionCatalogue } from '../../contracts/catalogue.ts';
import { givenLines } from '../../contracts/given-lines.ts';
import { isJsonObject } from '../../contracts/json.ts';
import type { StepState } from '../../contracts/messages.ts';
import type { Plan, PlanStep } from '../../contracts/plan.ts';
import { findPlan } from '../runbook-sources.ts';
import type { StepsOnRecord } from '../runbook-records.ts';
import type { Session } from '../session.ts';

const DONE: readonly StepState[] = ['succeeded', 'skipped'];

function minutes(ms: number): string {
  return ms % 3_600_000 === 0 ? `${ms / 3_600_000} h` : `${Math.round(ms / 60_000)} min`;
}

function stepLines(
  step: PlanStep,
  state: StepState | undefined,
  { instruction = '', byHand = [] }: { readonly instruction?: string; readonly byHand?: readonly string[] },
): readonly string[] {
  const { approval, needs, with: given, forEach, when } = step;
  const title = actionCatalogue.get(step.uses)?.title ?? step.uses;
  const notes = [
    `by hand: ${title} (${step.uses})`,
    ...givenLines(isJsonObject(given) ? given : {}).map((line) => `  ${line}`),
    ...(instruction === '' ? [] : instruction.split('\n').map((line) => `  ${line}`.trimEnd())),
    ...(forEach === undefined ? [] : [`for each of ${forEach}`]),
    ...(when === undefined ? [] : [`only if ${when}`]),
    ...(needs.length === 0 ? [] : [`after ${needs.map(({ step: id }) => id).join(', ')}`]),
    ...(approval
      ? [
          `first get the yes of ${approval.roles.join(approval.rule === 'all' ? ' and ' : ' or ')} within ${minutes(approval.withinMs)}`,
        ]
      : []),
    ...(state === undefined ? [] : [`the engine last said: ${state}`]),
    ...byHand.map((line) => `done by hand: ${line}`),
    'done by ____________ at ____________ (UTC), reference ____________',
  ];
  const isDone = state !== undefined && DONE.includes(state);
  if (state === 'partial') notes.splice(-1, 0, 'NOT DONE WITH: some targets are left; see `firebreak status`');
  return [`- [${isDone ? 'x' : ' '}] **${step.id}** ${step.title}`, ...notes.map((note) => `      ${note}`)];
}

/** What was done by hand and stands for no step. */
function others(byHand: readonly string[]): readonly string[] {
  return byHand.length === 0 ? [] : ['', '## Done by hand beside the plan', '', ...byHand.map((line) => `- ${line}`)];
}

/**
 * A plan as a checklist in Markdown that people can work through without the engine.
 *
 * @param instructions - what people are to do at manual steps, by step.
 */
export function runbookLines(
  plan: Plan,
  planHash: string,
  { states, byHand }: StepsOnRecord,
  instructions: Readonly<Record<string, string>> = {},
): readonly string[] {
  const roles = Object.entries(plan.roles).map(([role, { title }]) => `- ${role} (${title}): ____________`);
  return [
    `# Runbook: ${plan.playbook.title}`,
    '',
    `${plan.playbook.name}, version ${plan.playbook.version}, plan ${planHash}. TLP:${plan.playbook.tlp}`,
    '',
    '## Who',
    '',
    ...roles,
    '',
    '## Steps',
    '',
    ...plan.steps.flatMap((step) =>
      stepLines(step, states.get(step.id), {
        instruction: instructions[step.id] ?? '',
        byHand: byHand.get(step.id) ?? [],
      }),
    ),
    ...others(byHand.get('') ?? []),
  ];
}

/**
 * `firebreak runbook`: a plan as a checklist for people.
 *
 * @param what - an incident, a bundle, a saved plan, a playbook file, or a playbook of the library.
 */
export async function runbook(
  session: Session,
  what: string,
  { database }: { readonly database?: string } = {},
): Promise<void> {
  const { plan, planHash, states, byHand, instructions = {}, from } = await findPlan(session, what, database);
  const onRecord = { states: Object.fromEntries(states), byHand: Object.fromEntries(byHand) };
  session.show({ planHash, plan, instructions, from, ...onRecord }, () => [
    ...runbookLines(plan, planHash, { states, byHand }, instructions),
    '',
    `Read from ${from}.`,
  ]);
}
