import type { ActionDeclaration, ActionShape } from '../contracts/action.ts';
import { actionCatalogue } from '../contracts/catalogue.ts';
import { taskQueues } from '../contracts/queues.ts';
import { isJsonObject, type Json, type JsonObject } from '../contracts/json.ts';
import { cell } from './error-reference.ts';

const HEAD = `<!-- Generated from contracts/catalogue.ts by docs/generate.ts. Do not edit: run \`npm run generate\`. -->

# Actions

What a step may \`use\`. Inputs go under \`with\`; each may also be an expression of its type. Outputs are what other steps read as \`steps.<id>.<name>\`. The language itself is in [playbooks.md](playbooks.md).`;

const SHAPES: Readonly<Record<ActionShape, string>> = {
  single: 'one call',
  page: 'a rollout: needs `forEach`, runs page by page',
  people: 'asks people and waits for them',
  wait: 'waits for a fact or a time',
  scope: 'a playbook inside the playbook',
  clock: 'runs again at every fact; its clocks go on by themselves',
};

/** A JSON Schema in a few words. */
function typeOf(schema: Json | undefined): string {
  if (!isJsonObject(schema)) return 'any value';
  const { $ref, type, items, pattern, oneOf, additionalProperties } = schema;
  if (typeof $ref === 'string') return $ref.replace('firebreak:', '');
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (Array.isArray(oneOf)) return oneOf.map((branch) => typeOf(branch as Json)).join(' or ');
  if (type === 'array') return `list of ${typeOf(items)}`;
  if (type === 'object')
    return isJsonObject(additionalProperties) ? `map to ${typeOf(additionalProperties)}` : 'object';
  if (type === 'string') return pattern === undefined ? 'text' : 'name';
  return typeof type === 'string' ? type : 'any value';
}

function members(schema: JsonObject): readonly string[] {
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? (schema.required as readonly Json[]) : [];
  const named = Object.entries(properties).map(
    ([name, property]) => `\`${name}\`${required.includes(name) ? '' : '?'}: ${typeOf(property)}`,
  );
  const rest = isJsonObject(schema.additionalProperties)
    ? [`any other name: ${typeOf(schema.additionalProperties)}`]
    : [];
  return [...named, ...rest];
}

function effectOf({ effect, subject, reversible, drill }: ActionDeclaration): string {
  if (effect === 'none') return 'none outside';
  const kind = effect === 'connector' ? 'as its connector says' : effect;
  const back = reversible === 'connector' ? 'as its connector says' : reversible ? 'yes' : 'no';
  return `${kind}; keyed by ${subject ?? 'the step'}; can be taken back: ${back}; in a drill: ${drill}`;
}

function seconds(ms: number): string {
  return `${ms / 1_000} s`;
}

function retryOf({ timeoutMs, retry: { max, firstMs, factor, capMs } }: ActionDeclaration): string {
  const tries = max === 0 ? 'until the step’s `within` is over' : `${max} times at most`;
  return `${seconds(timeoutMs)} a call; tried ${tries}, first after ${seconds(firstMs)}, then ${factor} times as long, up to ${seconds(capMs)}`;
}

function describe(action: ActionDeclaration): string {
  const { name, title, shape, input, outputs, capability, queue, keyClass, setsFacts, verifiedBy, settles, cacao } =
    action;
  const rows: readonly (readonly [string, string])[] = [
    ['runs as', SHAPES[shape]],
    ['takes', members(input).join('; ') || 'nothing'],
    ['gives', members(outputs).join('; ') || 'nothing'],
    ['effect', effectOf(action)],
    ...(capability === undefined ? [] : [['connector', `connectors.${capability}`] as const]),
    ...(verifiedBy === undefined ? [] : [['verified by', `\`${verifiedBy}\``] as const]),
    ...(settles === undefined ? [] : [['settles', settles.map((one) => `\`${one}\``).join(', ')] as const]),
    ...(setsFacts.length === 0 ? [] : [['sets facts', setsFacts.join(', ')] as const]),
    ['time', retryOf(action)],
    ['queue', `${taskQueues[queue]}${keyClass === undefined ? '' : `, opens ${keyClass}`}`],
    ['CACAO', cacao],
  ];
  return [
    `## ${name}`,
    '',
    `${title}.`,
    '',
    '| | |',
    '|---|---|',
    ...rows.map(([key, text]) => `| ${key} | ${cell(text)} |`),
  ].join('\n');
}

/** \`docs/actions.md\`: every action of the catalogue by name. */
export function actionReference(): string {
  const actions = [...actionCatalogue.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
  return `${[HEAD, ...actions.map(describe)].join('\n\n')}\n`;
}
