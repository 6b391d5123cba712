import { Environment } from '@marcbachmann/cel-js';
import { fromCel, toCel } from '../contracts/cel-values.ts';
import { isJsonObject, type Json, type JsonObject } from '../contracts/json.ts';
import { readsOf } from './expression-reads.ts';
import { hasExpression, partsOf, soleExpression } from './scan-expressions.ts';

const SOURCE_MAX_CHARS = 1_000;
const LIMITS = { maxAstNodes: 500, maxDepth: 32, maxListElements: 100, maxMapEntries: 100 } as const;
/** What is known of every event; `fields` has whatever its detector says. */
const EVENT = {
  id: 'string',
  kind: 'string',
  time: 'string',
  severity: 'string',
  sample: 'bool',
  fingerprint: 'string',
};
const MEMBERS = [...Object.keys(EVENT), 'fields'];

/** The one thing that expressions of a mapping read, as `event`. */
export type EventScope = JsonObject;

/** A value with expressions, ready to be filled. @throws Error where an expression reads what is not there. */
export type EventTemplate = (event: EventScope) => Json;

/** @throws Error saying what is wrong with the expression. */
function compileExpression(source: string): EventTemplate {
  const environment = new Environment({ unlistedVariablesAreDyn: false, limits: LIMITS });
  environment.registerVariable('event', { schema: { ...EVENT, fields: 'map' } } as never);
  if (source === '' || source.length > SOURCE_MAX_CHARS)
    throw new Error(`an expression has 1 to ${SOURCE_MAX_CHARS} characters`);
  const run = environment.parse(source);
  const { reads, forbidden } = readsOf(run.ast);
  if (forbidden !== undefined) throw new Error(forbidden);
  const strange = reads.find(({ path: [root, member] }) => root !== 'event' || !MEMBERS.includes(member ?? ''));
  if (strange)
    throw new Error(`there is no \`${strange.path.slice(0, 2).join('.')}\`; event has ${MEMBERS.join(', ')}`);
  const checked = environment.check(source);
  if (!checked.valid) throw new Error(checked.error?.message.split('\n')[0] ?? 'the types do not fit');
  return (event) => fromCel(run({ event: toCel(event) }) as unknown);
}

function compileText(text: string): EventTemplate {
  const sole = soleExpression(text);
  if (sole !== undefined) return compileExpression(sole);
  const parts = partsOf(text);
  if (!parts) throw new Error('an expression is not closed');
  const compiled = parts.map((part) => ('cel' in part ? compileExpression(part.cel) : (): Json => part.text));
  return (event) =>
    compiled
      .map((part) => part(event))
      .map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
      .join('');
}

/**
 * Compiles a value of a mapping: texts with `${{ }}` become expressions over `event`, in the closed language of playbooks;
 * everything else stays as it is.
 *
 * @throws Error naming the first expression that cannot be taken, and why.
 */
export function compileEventTemplate(value: Json): EventTemplate {
  if (typeof value === 'string') {
    if (!hasExpression(value)) return () => value;
    try {
      return compileText(value);
    } catch (error) {
      throw new Error(`${value.slice(0, 120)}: ${error instanceof Error ? error.message : 'it is no expression'}`, {
        cause: error,
      });
    }
  }
  if (Array.isArray(value)) {
    const entries = (value as readonly Json[]).map(compileEventTemplate);
    return (event) => entries.map((entry) => entry(event));
  }
  if (!isJsonObject(value)) return () => value;
  const members = Object.entries(value).map(([key, member]) => [key, compileEventTemplate(member)] as const);
  return (event) => Object.fromEntries(members.map(([key, member]) => [key, member(event)]));
}
