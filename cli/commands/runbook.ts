import { actionCatalogue } from '../../contracts/catalogue.ts';
import { givenLines } from '../../contracts/given-lines.ts';
import type { ExplainedPlan, IncidentView } from '../../contracts/api.ts';
import { CodedError } from '../../contracts/errors.ts';
import { isIncidentId } from '../../contracts/ids.ts';
import { isJsonObject } from '../../contracts/json.ts';
import type { StepState } from '../../contracts/messages.ts';
import type { Plan, PlanStep } from '../../contracts/plan.ts';
import { readGiven, typedValue } from '../given-values.ts';
import type { Session } from '../session.ts';
import { explained } from './playbooks.ts';

type States = ReadonlyMap<string, StepState>;

const DONE: readonly StepState[] = ['succeeded', 'skipped'];

function minutes(ms: number): string {
  return ms % 3_600_000 === 0 ? `${ms / 3_600_000} h` : `${Math.round(ms / 60_000)} min`;
}

function stepLines(step: PlanStep, state: StepState | undefined, instruction = ''): readonly string[] {
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
    'done by ____________ at ____________ (UTC), reference ____________',
  ];
  const isDone = state !== undefined && DONE.includes(state);
  if (state === 'partial') notes.splice(-1, 0, 'NOT DONE WITH: some targets are left; see `firebreak status`');
  return [`- [${isDone ? 'x' : ' '}] **${step.id}** ${step.title}`, ...notes.map((note) => `      ${note}`)];
}

/**
 * A plan as a checklist in Markdown that people can work through without the engine.
 *
 * @param instructions - what people are to do at manual steps, by step.
 */
export function runbookLines(
  plan: Plan,
  planHash: string,
  states: States,
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
    ...plan.steps.flatMap((step) => stepLines(step, states.get(step.id), instructions[step.id])),
  ];
}

interface Pinned {
  readonly plan: Plan;
  readonly planHash: string;
  readonly states: States;
  readonly instructions?: Readonly<Record<string, string>> | undefined;
}

/** Of an incident: the plan it is pinned to and what is known of its steps. The engine may be dead, the ledger not. */
async function ofIncident({ api }: Session, incident: string): Promise<Pinned> {
  const [{ plan, planHash, instructions }, view] = await Promise.all([
    api.get<ExplainedPlan>(`/incidents/${incident}/plan`),
    api.get<IncidentView>(`/incidents/${incident}`),
  ]);
  return { plan, planHash, instructions, states: new Map(view.steps.map(({ id, state }) => [id, state])) };
}

/** Of a file that `playbook explain --json` wrote: needs nothing else. */
async function ofFile({ terminal }: Session, path: string): Promise<Pinned> {
  const value = typedValue(await readGiven(path, terminal));
  if (!isJsonObject(value) || !isJsonObject(value['plan']) || typeof value['planHash'] !== 'string')
    throw new CodedError('CLI_USAGE', `${path} does not hold a plan as \`playbook explain --json\` writes it`);
  const { plan, planHash, instructions } = value as unknown as ExplainedPlan;
  return { plan, planHash, instructions, states: new Map() };
}

/**
 * `firebreak runbook`: a plan as a checklist for people.
 *
 * @param what - an incident, a playbook of the library, a playbook file, or a saved plan (`*.json`).
 */
export async function runbook(session: Session, what: string): Promise<void> {
  const pinned = isIncidentId(what)
    ? await ofIncident(session, what)
    : what.endsWith('.json')
      ? await ofFile(session, what)
      : { ...(await explained(session, what)), states: new Map() };
  const { plan, planHash, states, instructions } = pinned;
  session.show({ planHash, plan, instructions: instructions ?? {} }, () =>
    runbookLines(plan, planHash, states, instructions),
  );
}
