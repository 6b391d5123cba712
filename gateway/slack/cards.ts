import { askCommand, gateCommand } from '../../contracts/answer-commands.ts';
import type { IncidentView } from '../../contracts/api.ts';
import type { AskStatus, GateStatus, ObligationStatus } from '../../contracts/messages.ts';
import type { Mode } from '../../contracts/effects.ts';
import { button, buttons, context, header, message, quoted, section, type Block, type SlackMessage } from './blocks.ts';

const VARIANTS_MAX = 10; // shown in full; the rest is in `firebreak gate`
const SAMPLE_MAX = 1_200; // characters of a sample text
const LINES_MAX = 15;

/** Actions of our buttons; what they do is in `presses.ts`. */
export const actions = {
  approve: 'fb_approve',
  reject: 'fb_reject',
  answer: 'fb_answer',
  sayFact: 'fb_say_fact',
  pickPlaybook: 'fb_pick_playbook',
  pickFact: 'fb_pick_fact',
} as const;

/** What stands first wherever an incident is named: nobody may take a drill for the real thing. */
export function named(incident: string, mode: Mode): string {
  return mode === 'live' ? `*${incident}*` : `*${mode.toUpperCase()} ${incident}*`;
}

/** An instant as Slack shows it in the reader's time zone would be `<!date^...>`; ours is UTC, the same for everybody. */
export function instant(text: string): string {
  return `${text.slice(0, 16).replace('T', ' ')} UTC`;
}

/** Who has to answer a gate. */
export function whoDecides({ rule, roles, quorum }: GateStatus): string {
  if (rule === 'all') return `one ${roles.join(' and one ')}`;
  return quorum === 1 ? roles.join(' or ') : `${quorum} of ${roles.join(', ')}`;
}

function answersOf({ answers }: GateStatus): readonly Block[] {
  return answers.map(({ by, role, answer, at }) => context(`${instant(at)}: ${by} (${role}) ${answer}s`));
}

/** What a gate would let through: exact counts, a sample of each text, what people must know. */
export function gateShows({ shows }: GateStatus): readonly Block[] {
  const { targets, connector, variants, notes } = shows;
  const more = variants.length - VARIANTS_MAX;
  return [
    section(`*${targets}* targets${connector === undefined ? '' : ` by \`${connector}\``}`),
    ...variants
      .slice(0, VARIANTS_MAX)
      .map(({ name, count, sample }) =>
        section(`*${count}* x ${name}${sample === '' ? '' : `\n${quoted(sample, SAMPLE_MAX)}`}`),
      ),
    ...(more > 0 ? [context(`and ${more} more variants: see the command below`)] : []),
    ...(notes.length > 0 ? [section(notes.map((note) => `- ${note}`).join('\n'))] : []),
  ];
}

const ENDED: Readonly<Record<GateStatus['state'], string>> = {
  open: '',
  approved: 'Approved.',
  rejected: 'Rejected.',
  voided: 'Void: what it showed has changed, or nobody is asked any more.',
  expired: 'Expired.',
};

/**
 * The card of a gate. Its buttons carry incident, gate and digest; who may press them is checked when they are pressed,
 * and a digest that is not the gate's any more decides nothing.
 */
export function gateCard(incident: string, mode: Mode, gate: GateStatus): SlackMessage {
  const { id, question, digest, expiresAt, state } = gate;
  const title = `${named(incident, mode)}: ${question}`;
  const value = { i: incident, g: id, d: digest };
  const seen = `${gate.shows.targets} targets, digest ${digest.slice(0, 12)}`;
  const isOpen = state === 'open';
  return message(`${title} Asks ${whoDecides(gate)}.`, [
    section(title),
    ...(isOpen
      ? [section(`Asks *${whoDecides(gate)}*, until *${instant(expiresAt)}*. Silence escalates; it never approves.`)]
      : [section(ENDED[state])]),
    ...(isOpen ? gateShows(gate) : []),
    ...answersOf(gate),
    ...(isOpen && gate.secondFactor === true
      ? [section(`Approving asks for a *signature by your own key*: \`${gateCommand(incident, id)}\``)]
      : []),
    ...(isOpen
      ? [
          buttons(
            ...(gate.secondFactor === true
              ? []
              : [
                  button(actions.approve, 'Approve', value, {
                    style: 'primary' as const,
                    ask: `You approve exactly this: ${seen}.`,
                  }),
                ]),
            button(actions.reject, 'Reject', value, { style: 'danger', ask: `You reject this: ${seen}.` }),
          ),
          context(`digest \`${digest}\`, or \`${gateCommand(incident, id)}\``),
        ]
      : []),
  ]);
}

/** What a card of a question reads of its incident. */
export type Asking = Pick<IncidentView, 'incident' | 'mode' | 'steps' | 'instructions'>;

/** The card of a question to people, with the playbook's instructions where the step has some. */
export function askCard({ incident, mode, steps, instructions }: Asking, ask: AskStatus): SlackMessage {
  const { step, of, people, text, dueAt } = ask;
  const title = `${named(incident, mode)}: ${text}`;
  const due = dueAt === undefined ? '' : `, due *${instant(dueAt)}*`;
  const uses = steps.find(({ id }) => id === step)?.uses ?? '';
  const todo = instructions?.[step];
  return message(`${title} Asks ${of}.`, [
    section(title),
    section(`Asks *${of}* (${people.join(', ') || 'nobody'})${due}.`),
    ...(todo === undefined ? [] : [section(quoted(todo, SAMPLE_MAX))]),
    buttons(button(actions.answer, 'Answer', { i: incident, s: step }, { style: 'primary' })),
    context(`\`${askCommand(incident, ask, uses)}\``),
  ]);
}

function clockLine({ title, state, dueAt, of }: ObligationStatus): string {
  return `- ${title}: ${state}${dueAt === undefined ? '' : `, due ${instant(dueAt)}`}; ${of}`;
}

function list(title: string, lines: readonly string[]): readonly Block[] {
  if (lines.length === 0) return [];
  const more = lines.length > LINES_MAX ? [`- and ${lines.length - LINES_MAX} more`] : [];
  return [section([`*${title}*`, ...lines.slice(0, LINES_MAX), ...more].join('\n'))];
}

/** How an incident stands, at a glance. */
export function statusMessage(view: IncidentView): SlackMessage {
  const { incident, mode, state, stopped, playbook, requester, openedAt, steps, gates, asks } = view;
  const title = `${named(incident, mode)} ${state}${stopped ? ' (stopped)' : ''}: ${playbook}`;
  const counted = new Map<string, number>();
  for (const step of steps) counted.set(step.state, (counted.get(step.state) ?? 0) + 1);
  const open = gates.filter((gate) => gate.state === 'open');
  return message(title, [
    section(title),
    context(`opened ${instant(openedAt)} by ${requester}`),
    ...(view.source === 'ledger'
      ? [section('The engine does not answer: this is what the ledger knows. See also `firebreak runbook`.')]
      : []),
    ...(counted.size > 0 ? [section(`Steps: ${[...counted].map(([name, n]) => `${n} ${name}`).join(', ')}`)] : []),
    ...list(
      'Gates',
      open.map((gate) => `- ${gate.question} ${gate.shows.targets} targets; asks ${whoDecides(gate)}`),
    ),
    ...list(
      'Questions to people',
      asks.map(({ text, of }) => `- ${text}; asks ${of}`),
    ),
    ...list('Clocks', view.obligations.map(clockLine)),
    ...list(
      'Open items',
      view.openItems.map(({ step, text }) => `- ${step}: ${text}`),
    ),
    context(`\`firebreak status ${incident}\``),
  ]);
}

/** Heading of a modal or page about an incident. */
export function incidentHeader(incident: string, mode: Mode): Block {
  return header(mode === 'live' ? incident : `${mode.toUpperCase()} ${incident}`);
}
