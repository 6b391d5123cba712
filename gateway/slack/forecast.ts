import type { IncidentView } from '../../contracts/api.ts';
import { isJsonObject } from '../../contracts/json.ts';
import type { IncidentId } from '../../contracts/ids.ts';
import type { StepStatus } from '../../contracts/messages.ts';
import type { Plan } from '../../contracts/plan.ts';
import type { IncidentRow } from '../../ledger/ports.ts';
import type { GatewayDeps } from '../deps.ts';
import { readStatus } from '../incident-view.ts';
import { context, modal, section, type Block } from './blocks.ts';
import { gateShows, instant, whoDecides } from './cards.ts';
import { declarations } from './declare-views.ts';

const LOOK_EVERY_MS = 400;
const LOOK_FOR_MS = 60_000; // a source that lists a million credentials takes longer; the preview says so
const GATES_MAX = 8;

/** What a preview is shown with. */
export interface Previewed {
  readonly row: IncidentRow;
  readonly plan: Plan;
  readonly mode: 'live' | 'drill';
  readonly requester: string;
}

/** Id by which the view of a preview is found again. */
export function externalIdOf({ incident }: Pick<IncidentRow, 'incident'>): string {
  return `fb-${incident}`;
}

/** A step that will not move any further without people or effects. */
function hasSettled({ state, waitsFor }: StepStatus): boolean {
  return !['running', 'pending'].includes(state) || ['person', 'time', 'needs', 'gate'].includes(waitsFor ?? '');
}

function isSettled({ steps, state }: IncidentView): boolean {
  return state === 'closed' || (steps.length > 0 && steps.every(hasSettled));
}

/** Waits until a preview does not move any more. @returns how it stands then, or after a minute. */
export async function forecast(deps: GatewayDeps, preview: IncidentId): Promise<IncidentView> {
  const deadline = performance.now() + LOOK_FOR_MS;
  for (let quiet = 0; ;) {
    const view = await readStatus(deps, preview);
    quiet = isSettled(view) ? quiet + 1 : 0;
    if (quiet >= 2 || performance.now() > deadline) return view;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** Datasets that were read, by their size. */
function counted({ steps }: IncidentView): readonly string[] {
  return steps.flatMap(({ title, outputs = {} }) =>
    Object.entries(outputs).flatMap(([name, value]) => {
      if (!isJsonObject(value)) return [];
      const { count, kind } = value;
      if (typeof count !== 'number' || typeof kind !== 'string') return [];
      return [`- ${title}${name === 'dataset' ? '' : ` (${name})`}: *${count}* ${kind}`];
    }),
  );
}

function forecastBlocks(view: IncidentView): readonly Block[] {
  const gates = view.gates.filter(({ kind }) => kind === 'approval');
  const asking = gates.filter(({ roles }) => roles.length > 0);
  const unasked = gates.filter(({ roles }) => roles.length === 0);
  const trouble = view.steps.flatMap(({ title, error }) => (error ? [`- ${title}: ${error.message}`] : []));
  const reads = counted(view);
  const left = asking.length - GATES_MAX;
  return [
    ...(reads.length > 0 ? [section(['*What was read*', ...reads].join('\n'))] : []),
    ...asking
      .slice(0, GATES_MAX)
      .flatMap((gate) => [section(`*${gate.question}* asks ${whoDecides(gate)}`), ...gateShows(gate)]),
    ...(left > 0 ? [context(`and ${left} more gates`)] : []),
    ...(unasked.length > 0
      ? [
          section(
            [
              '*What would be done without asking*',
              ...unasked.map(({ question, shows }) => `- ${question.replace(/\?$/, '')}: ${shows.targets} targets`),
            ].join('\n'),
          ),
        ]
      : []),
    ...(view.obligations.length > 0
      ? [
          section(
            [
              '*Clocks*',
              ...view.obligations.map(
                ({ title, state, dueAt }) =>
                  `- ${title}: ${state}${dueAt === undefined ? '' : `, due ${instant(dueAt)}`}`,
              ),
            ].join('\n'),
          ),
        ]
      : []),
    ...(trouble.length > 0 ? [section(['*Trouble*', ...trouble].join('\n'))] : []),
  ];
}

/**
 * What a start would do, with a button to start it: who is who, who is asked, and once the preview has read them, exact
 * counts and texts.
 *
 * @param view - how the preview stands; `undefined` while it still reads.
 */
export function previewView({ row, plan, mode, requester }: Previewed, view: IncidentView | undefined): Block {
  const { incident, planHash, roles } = row;
  const who = Object.keys(plan.roles).map((role) => `- ${role}: ${roles[role]?.join(', ') ?? 'nobody'}`);
  const asked = plan.steps
    .filter(({ approval }) => approval !== undefined)
    .map(({ title, approval }) => `- ${title}: ${approval!.roles.join(approval!.rule === 'all' ? ' and ' : ' or ')}`);
  return modal(
    declarations.preview,
    mode === 'drill' ? 'Start the drill?' : 'Start it live?',
    [
      section(`*${plan.playbook.title}*, ${mode === 'drill' ? 'as a drill: every effect is fenced off' : 'live'}`),
      section(['*Who is who*', ...who].join('\n')),
      ...(asked.length > 0 ? [section(['*Who is asked before it acts*', ...asked].join('\n'))] : []),
      ...(view ? forecastBlocks(view) : [section('Counting what it would touch ...')]),
      context(
        `preview ${incident} of plan \`${planHash}\`; nothing was done. You (${requester}) cannot approve what you start.`,
      ),
    ],
    {
      submit: mode === 'drill' ? 'Start drill' : 'Start live',
      state: { p: incident, m: mode },
      externalId: externalIdOf(row),
    },
  );
}
