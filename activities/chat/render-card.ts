import { scrubTokens } from '../../contracts/token-shapes.ts';
import type { ChatMessage } from './port.ts';
import type { IncidentId } from '../../contracts/ids.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { Mode } from '../../contracts/effects.ts';

/** What the status card shows; what is absent is not shown. */
export interface CardSummary {
  readonly state?: string;
  readonly playbook?: string;
  /** Step state to count. */
  readonly steps?: Readonly<Record<string, number>>;
  /** Who is asked what: `commander: approve contain`. */
  readonly waiting?: readonly string[];
  /** Duties with their due times, e.g. `GDPR Art. 33, due 2026-10-26 12:20 UTC`. */
  readonly clocks?: readonly string[];
  readonly openItems?: readonly string[];
}

const LINES_MAX = 12; // a card is read at a glance; the rest is in `firebreak status`

/**
 * Draws the status card: pure, so the same summary gives the same message.
 *
 * A drill says so in its first words. What looks like a credential is taken out.
 */
export function renderCard(incident: IncidentId, mode: Mode, summary: JsonObject): ChatMessage {
  const { state, playbook, steps, waiting, clocks, openItems } = summary as CardSummary;
  const drill = mode === 'drill' ? 'DRILL ' : '';
  const head = `*${drill}${incident}* ${state ?? 'declared'}${playbook === undefined ? '' : ` (${playbook})`}`;
  const counted = Object.entries(steps ?? {}).filter(([, count]) => count > 0);
  const sections = [
    head,
    ...(counted.length > 0 ? [`Steps: ${counted.map(([name, count]) => `${count} ${name}`).join(', ')}`] : []),
    ...list('Waits for', waiting),
    ...list('Clocks', clocks),
    ...list('Open', openItems),
    `Details: \`firebreak status ${incident}\``,
  ].map(scrubTokens);
  return { text: sections.join('\n'), sections };
}

function list(title: string, lines: readonly string[] = []): readonly string[] {
  if (lines.length === 0) return [];
  const shown = lines.slice(0, LINES_MAX).map((line) => `- ${line}`);
  const more = lines.length > LINES_MAX ? [`- and ${lines.length - LINES_MAX} more`] : [];
  return [[`*${title}*`, ...shown, ...more].join('\n')];
}
