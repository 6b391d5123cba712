import type { EffectsView, IncidentView } from '../../contracts/api.ts';
import type { AskStatus, GateStatus, ObligationStatus, StepStatus } from '../../contracts/messages.ts';
import type { Session } from '../session.ts';
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
    `  firebreak approve ${incident} --gate ${gate.id}`,
  ];
}

function askLines(incident: string, { step, of, people, text, wants, dueAt, evidence }: AskStatus): readonly string[] {
  const set = wants.map((key) => ` --set ${key}=...`).join('');
  const proof = evidence === 'required' ? ' --set evidence=...' : '';
  return [
    `${step}: ${text}; asks ${of} (${people.join(', ') || 'nobody'})${dueAt === undefined ? '' : `; due ${shortTime(dueAt)}`}`,
    `  firebreak resolve ${incident} ${step}${set}${proof}`,
  ];
}

function clockLine({ id, title, state, dueAt, of }: ObligationStatus): string {
  return `${id}: ${title}; ${state}${dueAt === undefined ? '' : `, due ${shortTime(dueAt)}`}; ${of}`;
}

/** A status as people read it: what runs, what waits for whom, which clock ends when. */
export function statusLines(view: IncidentView, effects: EffectsView['effects']): readonly string[] {
  const { incident, playbook, mode, state, stopped, steps, gates, asks, obligations, openItems } = view;
  const counted = Object.entries(effects).map(([action, counts]) => {
    const parts = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
    return `${action}: ${parts.join(', ')}`;
  });
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
      asks.flatMap((ask) => askLines(incident, ask)),
    ),
    ...section('Effects', counted),
    ...section('Duties', obligations.map(clockLine)),
    ...section(
      'Open items',
      openItems.map(({ step, text }) => `${step}: ${text}`),
    ),
  ];
}

async function readBoth(session: Session, incident: string): Promise<{ view: IncidentView; lines: readonly string[] }> {
  const [view, { effects }] = await Promise.all([
    session.api.get<IncidentView>(`/incidents/${incident}`),
    session.api.get<EffectsView>(`/incidents/${incident}/effects`),
  ]);
  return { view, lines: statusLines(view, effects) };
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
