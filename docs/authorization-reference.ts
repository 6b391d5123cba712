import { operations, rights, ways, type Door, type MatrixRow } from '../test/doors/matrix.ts';

/** What each operation is, as people read it. */
const MEANING: Readonly<Record<(typeof operations)[number], string>> = {
  start: 'start a playbook',
  read: 'see incidents, plans, receipts, documents (counsel’s only as counsel)',
  decide: 'approve or reject at a gate',
  fact: 'say what is known; some facts only privacy and counsel decide',
  resolve: 'answer a question, or say what becomes of a failed step',
  amend: 'run a declared amendment, skip a step that has not started',
  undo: 'take back what steps did',
  stop: 'stop everything, or one step',
  resume: 'lift a stop; release an incident that waits for a person',
  pause: 'pause a rollout',
  steer: 'let a rollout go on, change its rate, retry what failed',
  export: 'export the bundle',
  decode: 'open payloads for Temporal’s own UI',
  hold: 'say who must not be told, and see who was',
  reconcile: 'settle what ended runs left claimed',
  audit: 'see which requests were refused',
  bounce: 'bring in reports on notices',
};

function table(rows: readonly MatrixRow<string>[], shown: (mark: string) => string): string {
  const head = `| | ${operations.join(' | ')} |`;
  const line = `|---|${operations.map(() => ':-:').join('|')}|`;
  const body = rows.map(
    ({ name, marks }) => `| ${name} | ${operations.map((operation) => shown(marks[operation])).join(' | ')} |`,
  );
  return [head, line, ...body].join('\n');
}

const mark = (sign: string): string => (sign === '.' ? '' : sign === 'o' ? "others'" : 'yes');

/** `docs/authorization.md`: the declared table of who may do what, as people read it. */
export function authorizationReference(): string {
  return `# Who may do what

<!-- generated from test/doors/matrix.ts by \`npm run generate\` -->

The table below is written by hand, apart from the code that decides (\`gateway/auth/authorize.ts\`), and \`npm run test:doors\` asserts every cell of it through the HTTP API, through Slack with signed deliveries, and through the command line: what may be done is done and its effect arrives; what may not is refused for that very reason, changes nothing, and is done right afterwards by somebody who may, in the same words.

- **yes**: in every incident. **others'**: in live incidents that somebody else asked for; in their own it is refused with \`GATE_REQUESTER\`. Empty: refused with \`GATEWAY_FORBIDDEN\`.
- Who holds several roles may do what any of them may, and speaks in one that may do it: first the one that the gate or question asks.
- In an incident the engine asks again: at a gate its roles decide, a question is answered by the role that it asks, and what a playbook leaves open is decided by its first required role or an admin.
- \`nobody\` holds no role; \`works-council\` stands for any role that only a playbook knows.

| operation | what it is |
|---|---|
${operations.map((operation) => `| ${operation} | ${MEANING[operation]} |`).join('\n')}

## People

${table(rights.person, mark)}

## Machines

A machine is an API key that speaks for no person. It never decides, and stops and pauses only as a responder: the engine knows it in no other role. A key can be limited further: to playbooks, to modes, and to how grave a live start may be (\`severity\`; a start without an input \`severity\` counts as critical).

${table(rights.machine, mark)}

## Doors

What a door has no way for, nobody can ask for there. Machines have no account in Slack; detectors (\`POST /v1/detectors/:name\`) may start what their entry lists, and nothing else.

${table(
  ways.map((row) => ({
    ...row,
    name: { http: 'HTTP', slack: 'Slack', cli: 'command line' }[row.name as Door],
  })),
  mark,
)}
`;
}
