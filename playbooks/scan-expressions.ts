import { isJsonObject, type Json } from '../contracts/json.ts';
import type { Template } from '../contracts/plan.ts';

/** A stretch of a text: as written, or the CEL source between `${{` and `}}`. */
export type TextPart = { readonly text: string } | { readonly cel: string };

const OPEN = '${{';

/** Whether a text holds an expression. */
export function hasExpression(text: string): boolean {
  return text.includes(OPEN);
}

/** Offset behind the `}}` that closes an expression begun before `from`; -1 where none does. Quotes and braces inside are CEL's own. */
function endOf(text: string, from: number): number {
  let quote: string | undefined;
  let braces = 0;
  for (let at = from; at < text.length; at += 1) {
    const character = text[at]!;
    if (quote !== undefined) {
      if (character === '\\') at += 1;
      else if (character === quote) quote = undefined;
    } else if (character === '"' || character === "'") quote = character;
    else if (character === '{') braces += 1;
    else if (character === '}' && braces > 0) braces -= 1;
    else if (character === '}' && text[at + 1] === '}') return at + 2;
  }
  return -1;
}

/** Takes a text apart. @returns its stretches in order, or `undefined` where an expression is not closed. */
export function partsOf(text: string): readonly TextPart[] | undefined {
  const parts: TextPart[] = [];
  let at = 0;
  for (let open = text.indexOf(OPEN); open >= 0; open = text.indexOf(OPEN, at)) {
    const end = endOf(text, open + OPEN.length);
    if (end < 0) return undefined;
    if (open > at) parts.push({ text: text.slice(at, open) });
    parts.push({ cel: text.slice(open + OPEN.length, end - 2).trim() });
    at = end;
  }
  if (at < text.length) parts.push({ text: text.slice(at) });
  return parts;
}

/** CEL source of a text that is one expression and nothing else. */
export function soleExpression(text: string): string | undefined {
  const parts = partsOf(text.trim());
  return parts?.length === 1 && 'cel' in parts[0]! ? parts[0].cel : undefined;
}

/** The template form of a value: expressions marked, everything else as it is. */
export function templateOf(value: Json): Template {
  if (typeof value === 'string') return hasExpression(value) ? textTemplate(value) : value;
  if (Array.isArray(value)) return (value as readonly Json[]).map(templateOf);
  if (isJsonObject(value))
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, templateOf(member)]));
  return value;
}

function textTemplate(text: string): Template {
  const sole = soleExpression(text);
  if (sole !== undefined) return { $cel: sole };
  return { $text: (partsOf(text) ?? []).map((part) => ('cel' in part ? { $cel: part.cel } : part.text)) };
}
