import type { GateStatus, IncidentStatus, StepStatus } from '../contracts/messages.ts';

/** What a step over targets would do, or what a reading step found. */
function stepLine({ id, title, uses, state, outputs, error }: StepStatus): string {
  const counts = Object.entries(outputs ?? {}).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number',
  );
  const found = counts.map(([name, count]) => `${count} ${name}`).join(', ');
  const outcome = error
    ? `${state}: [${error.code}] ${error.message}`
    : state === 'skipped'
      ? 'would act; nothing was done'
      : state;
  return `  ${id}: ${title} [${uses}] ${outcome}${found === '' ? '' : ` (${found})`}`;
}

function gateLines(gate: GateStatus): readonly string[] {
  const { step, question, shows, roles, rule, quorum, digest } = gate;
  const who =
    rule === 'all' ? roles.join(' and ') : quorum === 1 ? roles.join(' or ') : `${quorum} out of ${roles.join(', ')}`;
  const by = shows.connector === undefined ? '' : ` by ${shows.connector}`;
  return [
    `  ${step}: ${question}`,
    `    asks ${who}; ${shows.targets} targets${by}; digest ${digest.slice(0, 16)} (a forecast, it binds nothing)`,
    ...shows.notes.map((note) => `    ${note}`),
    ...shows.variants.flatMap(({ name, count, sample }) => [
      `    text "${name}" for ${count}:`,
      ...sample.split('\n').map((line) => `      ${line}`),
    ]),
  ];
}

/**
 * What a preview found, for `firebreak playbook preview`: what would be done to how many targets by which connector, who
 * would be asked, with which texts, and which clocks would run. A preview has read and done nothing.
 *
 * @param status - of an incident in mode `preview`.
 * @returns plain text, without a line break at the end.
 */
export function describePreview(status: IncidentStatus): string {
  const { incident, playbook, planHash, steps, gates, asks, obligations, openItems } = status;
  const section = (head: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : ['', head, ...lines];
  return [
    `Preview ${incident} of ${playbook}, plan ${planHash.slice(0, 16)}: nothing was done`,
    ...section('Steps', steps.map(stepLine)),
    ...section('Gates that would open', gates.flatMap(gateLines)),
    ...section(
      'People who would be asked',
      asks.map(
        ({ step, of, text, dueAt }) => `  ${step}: ${of}: ${text}${dueAt === undefined ? '' : `; due ${dueAt}`}`,
      ),
    ),
    ...section(
      'Clocks that would run',
      obligations.map(
        ({ title, dueAt, of, source }) =>
          `  ${title}: ${dueAt === undefined ? 'not started' : `due ${dueAt}`}, ${of} (${source})`,
      ),
    ),
    ...section(
      'Open',
      openItems.map(({ step, text }) => `  ${step}: ${text}`),
    ),
  ].join('\n');
}
