import { givenLines } from '../../contracts/given-lines.ts';
import { scrubTokens } from '../../contracts/token-shapes.ts';
import type { GateOpening } from '../../contracts/engine-activities.ts';
import type { GateVariant } from '../../contracts/messages.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { Ledger } from '../../ledger/ports.ts';

const VALUE_CHARS = 2_000; // a chat message of a playbook is shorter; the rest is counted
const TEXT_CHARS = 8_000; // about three pages of a ticket; the rest is counted
const LINES_MAX = 100; // as many as a person reads through

/**
 * What a gate shows of an action that has no preview of its own: what it is given, line by line, and every text of its
 * template. Whatever looks like a credential is taken out.
 */
export async function shownAsGiven(
  opening: GateOpening,
  documents: Pick<Ledger['documents'], 'text'>,
): Promise<readonly GateVariant[]> {
  const { plan, with: given, dataset } = opening;
  const count = dataset?.count ?? 1;
  const texts = await Promise.all(
    Object.entries(plan.texts).map(async ([name, hash]): Promise<GateVariant> => {
      const text = await documents.text(hash);
      return { name: `text ${name}`, count, sample: bounded(scrubTokens(text)) };
    }),
  );
  return [{ name: plan.uses, count, sample: linesOf(given) }, ...texts];
}

/** What a step asks beside what its preview shows, one sentence; nothing where it asks for nothing. */
export function givenNote(given: JsonObject): readonly string[] {
  const lines = givenLines(given, 200).map(scrubTokens);
  return lines.length === 0 ? [] : [`Asked for: ${lines.slice(0, LINES_MAX).join('; ')}`];
}

function linesOf(given: JsonObject): string {
  const lines = givenLines(given, VALUE_CHARS).map(scrubTokens);
  if (lines.length === 0) return 'nothing is given to it';
  const more = lines.length - LINES_MAX;
  return [...lines.slice(0, LINES_MAX), ...(more > 0 ? [`... and ${more} more values`] : [])].join('\n');
}

function bounded(text: string): string {
  const more = text.length - TEXT_CHARS;
  return more > 0 ? `${text.slice(0, TEXT_CHARS)}\n... (${more} more characters)` : text.trim();
}
