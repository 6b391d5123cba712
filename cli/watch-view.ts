import { askCommand, gateCommand } from '../contracts/answer-commands.ts';
import type { IncidentView } from '../contracts/api.ts';
import type { JournalRecord } from '../contracts/journal.ts';
import type { AskStatus, GateStatus, ObligationStatus } from '../contracts/messages.ts';
import type { RolloutView } from '../contracts/rollout-api.ts';
import type { Paints } from './paint.ts';
import { readableLines } from './record-line.ts';
import { errorText, fitted, shortTime } from './table.ts';
import type { Screen } from './terminal.ts';

const CLOCKS_MAX = 4;

/** What the live view shows. */
export interface Watched {
  readonly view: IncidentView;
  readonly rollouts: readonly RolloutView[];
  /** The newest records, oldest first. */
  readonly records: readonly JournalRecord[];
  /** Why the gateway does not answer now; `undefined` while it does. */
  readonly trouble?: string | undefined;
}

/** A line that may be cut at the screen's edge, or a command that may not: it is there to be copied. */
interface Line {
  readonly text: string;
  readonly isCommand?: boolean;
  readonly paint?: keyof Paints;
}

function head({ incident, playbook, mode, state, stopped, source }: IncidentView, trouble?: string): readonly Line[] {
  return [
    { text: `${incident}  ${playbook}  ${mode}  ${state}${stopped ? ' (stopped)' : ''}`, paint: 'bold' },
    ...(trouble === undefined ? [] : [{ text: `${trouble}; asking again`, paint: 'red' } as const]),
    ...(trouble === undefined && source === 'ledger'
      ? [{ text: 'the engine does not answer: this is what the ledger knows', paint: 'red' } as const]
      : []),
  ];
}

function steps({ steps: all }: IncidentView, rollouts: readonly RolloutView[]): readonly Line[] {
  if (all.length === 0) return [];
  const counts = new Map<string, number>();
  for (const { state } of all) counts.set(state, (counts.get(state) ?? 0) + 1);
  const running = all.filter(({ state }) => state === 'running');
  const failed = all.filter(({ error }) => error !== undefined);
  return [
    { text: `steps: ${[...counts].map(([state, count]) => `${count} ${state}`).join(', ')}` },
    ...running.map(({ id, title }) => {
      const rollout = rollouts.find(({ step, state }) => step === id && state !== 'ended');
      const far = rollout ? `: ${rollout.done} of ${rollout.targets}, ${rollout.perMinute} a minute` : '';
      return { text: `  ${id}  ${title}${far}` };
    }),
    ...failed.map(({ id, error }) => ({ text: `  ${id}  ${errorText(error!)}`, paint: 'red' as const })),
  ];
}

function gateLines(incident: string, { id, question, roles, rule, expiresAt }: GateStatus): readonly Line[] {
  const asked = roles.join(rule === 'all' ? ' and ' : ' or ');
  return [
    { text: `  ${id}: ${question} asks ${asked} until ${shortTime(expiresAt)}`, paint: 'yellow' },
    { text: `    ${gateCommand(incident, id)}`, isCommand: true },
  ];
}

function askLines({ incident, steps: all }: IncidentView, ask: AskStatus): readonly Line[] {
  const uses = all.find(({ id }) => id === ask.step)?.uses ?? '';
  return [
    { text: `  ${ask.step}: ${ask.text}; asks ${ask.of} (${ask.people.join(', ') || 'nobody'})`, paint: 'yellow' },
    { text: `    ${askCommand(incident, ask, uses)}`, isCommand: true },
  ];
}

function clocks(obligations: readonly ObligationStatus[]): readonly Line[] {
  const running = obligations
    .filter(({ state, dueAt }) => dueAt !== undefined && ['provisional', 'running', 'overdue'].includes(state))
    .sort((left, right) => left.dueAt!.localeCompare(right.dueAt!));
  return running.slice(0, CLOCKS_MAX).map(({ title, state, dueAt, of }) => ({
    text: `  ${shortTime(dueAt!)}  ${title} (${of}, ${state})`,
    ...(state === 'overdue' ? { paint: 'red' as const } : {}),
  }));
}

function part(title: string, lines: readonly Line[]): readonly Line[] {
  return lines.length === 0 ? [] : [{ text: '' }, { text: title, paint: 'bold' }, ...lines];
}

/** An incident on one screen: what runs, what waits for whom, which clocks run, what happened last. */
export function watchLines(watched: Watched, { columns, rows }: Screen, paints: Paints): readonly string[] {
  const { view, rollouts, records, trouble } = watched;
  const waiting = [
    ...view.gates.filter(({ state }) => state === 'open').flatMap((gate) => gateLines(view.incident, gate)),
    ...view.asks.flatMap((ask) => askLines(view, ask)),
  ];
  const above = [
    ...head(view, trouble),
    ...steps(view, rollouts),
    ...part('Waits for people', waiting),
    ...part('Clocks', clocks(view.obligations)),
  ];
  const room = Math.max(rows - above.length - 3, 0); // two lines of its head, one for the cursor
  const last = records.slice(records.length - Math.min(room, records.length)).map(({ at, kind, actor, body }) => ({
    text: `  ${at.slice(11, 19)}  ${kind}  ${actor}  ${readableLines(body).join('; ')}`,
    paint: 'dim' as const,
  }));
  return [...above, ...part('Last', last)].map(({ text, isCommand, paint }) => {
    const shown = isCommand ? text : fitted(text, columns);
    return paint === undefined ? shown : paints[paint](shown);
  });
}
