import { askCommand, gateCommand } from '../../contracts/answer-commands.ts';
import type { EffectsView, IncidentView } from '../../contracts/api.ts';
import type { RolloutView } from '../../contracts/rollout-api.ts';
import {
  retryStates,
  type AskStatus,
  type GateStatus,
  type ObligationStatus,
  type StepStatus,
} from '../../contracts/messages.ts';
import type { Session } from '../session.ts';
import { rolloutLines } from './rollouts.ts';
import { errorText, section, shortTime, table } from '../table.ts';

const WATCH_EVERY_MS = 1_000;
const CLEAR = '\u001b[2J\u001b[H';

function stepRow({ id, state, waitsFor = '', uses, error, title }: StepStatus): readonly string[] {
  return [id, state, waitsFor, uses, error ? errorText(error) : title];
}

function whoDecides({ rule, roles, quorum, answers }: GateStatus): string {
  const asked = rule === 'all' ? roles.join(' and ') : `${quorum} of ${roles.join(', ')}`;
  const given = answers.map(({ by, role, answer }) => `${by} (${role}) ${answer}s`);
  return [asked, ...given].join('; ');
}

function gateLines(incident: string, gate: GateStatus): readonly string[] {
  return [
    `${gate.id}: ${gate.question} ${gate.shows.targets} targets; asks ${whoDecides(gate)}; until ${shortTime(gate.expiresAt)}`,
    `  ${gateCommand(incident, gate.id)}`,
  ];
}

function askLines(
  { incident, steps, instructions = {} }: Pick<IncidentView, 'incident' | 'steps' | 'instructions'>,
  ask: AskStatus,
): readonly string[] {
  const { step, of, people, text, dueAt } = ask;
  const uses = steps.find(({ id }) => id === step)?.uses ?? '';
  return [
    `${step}: ${text}; asks ${of} (${people.join(', ') || 'nobody'})${dueAt === undefined ? '' : `; due ${shortTime(dueAt)}`}`,
    ...(instructions[step]?.split('\n').map((line) => `    ${line}`) ?? []),
    `  ${askCommand(incident, ask, uses)}`,
  ];
}

function clockLine({ id, title, state, dueAt, of }: ObligationStatus): string {
  return `${id}: ${title}; ${state}${dueAt === undefined ? '' : `, due ${shortTime(dueAt)}`}; ${of}`;
}

/** A status as people read it: what runs, what waits for whom, which clock ends when. */
export function statusLines(
  view: IncidentView,
  effects: EffectsView['effects'],
  rollouts: readonly RolloutView[] = [],
): readonly string[] {
  const { incident, playbook, mode, state, stopped, steps, gates, asks, obligations, openItems } = view;
  const counted = Object.entries(effects).map(([action, counts]) => {
    const parts = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
    return `${action}: ${parts.join(', ')}`;
  });
  const atWork = rollouts.filter(({ state }) => state !== 'ended');
  const open = gates.filter((gate) => gate.state === 'open');
  return [
    `${incident}  ${playbook}  ${mode}  ${state}${stopped ? ' (stopped)' : ''}`,
    `opened ${shortTime(view.openedAt)} by ${view.requester}, plan ${view.planHash.slice(0, 16)}`,
    ...(view.source === 'ledger'
      ? ['the engine does not answer: this is what the ledger knows; see also `firebreak runbook`']
      : []),
    ...(steps.length === 0 ? [] : ['', ...table(['STEP', 'STATE', 'WAITS FOR', 'USES', ''], steps.map(stepRow))]),
    ...section(
      'Gates',
      open.flatMap((gate) => gateLines(incident, gate)),
    ),
    ...section(
      'Questions to people',
      asks.flatMap((ask) => askLines(view, ask)),
    ),
    ...section('Rollouts', atWork.length === 0 ? [] : rolloutLines(atWork)),
    ...section('Effects', counted),
    ...section('To be retried', retryLines(incident, steps)),
    ...section('Duties', obligations.map(clockLine)),
    ...section(
      'Open items',
      openItems.map(({ step, text }) => `${step}: ${text}`),
    ),
  ];
}

/** Ended rollouts that left something which a person may have taken up again. */
function retryLines(incident: string, steps: readonly StepStatus[]): readonly string[] {
  return steps.flatMap(({ id, state, outputs }) => {
    const counts = (outputs?.['counts'] ?? {}) as Readonly<Record<string, number>>;
    const left = retryStates.filter((name) => (counts[name] ?? 0) > 0);
    if (left.length === 0 || (state !== 'partial' && state !== 'failed')) return [];
    const said = left.map((name) => `${counts[name]} ${name}`).join(', ');
    return [`${id}: ${said}`, `  firebreak rollout retry ${incident} ${id} --states ${left.join(',')} --reason ...`];
  });
}

async function readBoth(session: Session, incident: string): Promise<{ view: IncidentView; lines: readonly string[] }> {
  const [view, { effects }, { rollouts }] = await Promise.all([
    session.api.get<IncidentView>(`/incidents/${incident}`),
    session.api.get<EffectsView>(`/incidents/${incident}/effects`),
    session.api.get<{ rollouts: readonly RolloutView[] }>(`/incidents/${incident}/rollouts`),
  ]);
  return { view, lines: statusLines(view, effects, rollouts) };
}

/** Shows the status whenever it changes, until the incident is closed. */
export async function watchStatus(session: Session, incident: string): Promise<void> {
  const { terminal } = session;
  let last = '';
  for (;;) {
    const { view, lines } = await readBoth(session, incident);
    const text = session.isJson ? JSON.stringify(view) : lines.join('\n');
    if (text !== last) terminal.write(`${terminal.isTerminal && !session.isJson ? CLEAR : ''}${text}\n`);
    last = text;
    if (view.state === 'closed') return;
    await terminal.pause(WATCH_EVERY_MS);
  }
}

/** `firebreak status`. */
export async function status(
  session: Session,
  incident: string,
  { watch = false }: { readonly watch?: boolean },
): Promise<void> {
  if (watch) return watchStatus(session, incident);
  const { view, lines } = await readBoth(session, incident);
  session.show(view, () => lines);
}
