import { scrubTokens } from '../../contracts/token-shapes.ts';
import type { IncidentId } from '../../contracts/ids.ts';

/** A document of the incident that a ticket refers to: never its content. */
export interface TicketReference {
  readonly id: string;
  readonly name: string;
  /** SHA-256, hex. */
  readonly digest: string;
  readonly bytes: number;
}

/** What a ticket is made of. */
export interface TicketContent {
  readonly incident: IncidentId;
  /** Neutral name of the template, e.g. `engagement`. */
  readonly template: string;
  /** Text of the template, Markdown. */
  readonly text: string;
  readonly references: readonly TicketReference[];
  /** What is asked of the queue, as neutral names: `root-cause`, `policy-review`. */
  readonly asks: readonly string[];
  /** Role or person who answers questions; `undefined` where none is named. */
  readonly contact?: string;
}

const sentence = (name: string): string => name.replaceAll('-', ' ');

/**
 * Renders title and body of a ticket; whatever looks like a credential is taken out.
 *
 * @returns the title without secret or personal data, and the body as Markdown.
 */
export function renderTicket(content: TicketContent): { readonly title: string; readonly body: string } {
  const { incident, template, text, references, asks, contact } = content;
  const lines = [
    text.trim(),
    '',
    `Incident: \`${incident}\``,
    ...(contact === undefined ? [] : [`Contact: ${contact}`]),
    ...(asks.length === 0 ? [] : ['', '**Asked for**', '', ...asks.map((ask) => `- [ ] ${sentence(ask)}`)]),
    ...(references.length === 0 ? [] : ['', '**References** (the documents stay in the incident)', '']),
    ...references.map(
      ({ id, name, digest, bytes }) => `- \`${name}\` (document \`${id}\`, ${bytes} bytes, SHA-256 \`${digest}\`)`,
    ),
  ];
  return { title: `[${incident}] ${sentence(template)}`, body: scrubTokens(lines.join('\n')) };
}
