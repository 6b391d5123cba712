import type { DemoOutcome } from './outcome.ts';

type Row = readonly [what: string, claimed: string | number, observed: string | number];

/** Where a person can look afterwards. */
export interface ClosingPlaces {
  /** Folder with the world's record: every mail as taken. */
  readonly record: string;
  readonly drafts: string;
  /** Heads that left the house, and the public key that signs: what a verifier compares with. */
  readonly anchors: string;
  readonly publicKey: string;
  /** Pages that live as long as the stack; absent when it ends with the run. */
  readonly live?: { readonly mailbox: string; readonly ui: string | undefined };
}

function placeLines({ record, drafts, anchors, publicKey, live }: ClosingPlaces, bundle: string): readonly string[] {
  return [
    ...(live ? [`  mailbox      ${live.mailbox}`] : []),
    ...(live?.ui === undefined ? [] : [`  Temporal UI  ${live.ui}`]),
    `  mails        ${record}/mail`,
    `  drafts       ${drafts}`,
    `  judge it     npm run check:run -- --bundle ${bundle} --record ${record} --anchor ${anchors}`,
    `  bundle       ./firebreak bundle verify ${bundle} --anchor ${anchors} --key ${publicKey}`,
    ...(live ? [] : ['  With --keep everything stays up: mailbox page, Temporal UI, command line.']),
  ];
}

/** How to go on: only a stack that stays up can be answered. */
function answerLines(answers: readonly string[], stays: boolean): readonly string[] {
  if (!stays)
    return ['It rests on people. `./firebreak demo --keep` leaves it up to be answered; `--yes` answers for them.'];
  return ['To go on, answer from another terminal:', ...answers.map((line) => `  ${line}`)];
}

const DOORS = { api: 'the HTTP API', slack: 'Slack', detector: 'a signed alert' } as const;

/** Which door started it, and how long its acknowledgement took. */
function startedRow({ trigger: { door, by, ackMs }, observed: { slack } }: DemoOutcome): Row {
  const inSlack = `; ${slack.cards} cards, ${slack.acts} acts, the slowest acknowledged in ${slack.slowestAckMs} ms`;
  return ['started by', `${by}, over ${DOORS[door]}`, `acknowledged in ${ackMs} ms${door === 'slack' ? inSlack : ''}`];
}

/** What the engine claims beside what the outside world observed, and where to look next. */
export function closingTable(outcome: DemoOutcome, places: ClosingPlaces): string {
  const { credentials, notices, observed, tickets, filings, journal } = outcome;
  const rows: readonly Row[] = [
    startedRow(outcome),
    [
      'tokens dead',
      credentials.targets === 0 ? 'none was tried yet' : `${credentials.verified} verified of ${credentials.targets}`,
      `${observed.issuer.revoked} revoked, ${observed.issuer.active} active`,
    ],
    [
      'service tokens rotated',
      credentials.rotated,
      `${observed.issuer.replacements} replaced, ${observed.issuer.serviceDeadBeforeHandover} died too early`,
    ],
    ['secrets of other issuers', credentials.foreign, 'named to their owners, not ours to revoke'],
    [
      'people told',
      `${notices.accepted} accepted, ${notices.unknown} unknown`,
      `${observed.mail.recipients} of the affected, ${observed.mail.customers} customers`,
    ],
    [
      'dead mailboxes',
      `${notices.unreachable} refused, ${notices.bounced} came back`,
      `${observed.mail.refused} refused, ${observed.mail.bounced} sent back`,
    ],
    ['told twice', 'never unasked', observed.mail.duplicates],
    ['tickets', tickets.length, observed.tickets],
    ['filings', filings.map(({ kind, state }) => `${kind} ${state}`).join(', '), 'drafts below'],
    [
      'journal',
      `${journal.records} records`,
      journal.verified ? 'bundle verifies against the anchor' : 'BUNDLE DOES NOT VERIFY',
    ],
    ['worker crashes', outcome.crashes, ''],
  ];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => String(row[column]).length), 8));
  const line = (row: readonly (string | number)[]): string =>
    `  ${String(row[0]).padEnd(widths[0]!)}  ${String(row[1]).padEnd(widths[1]!)}  ${row[2] ?? ''}`;
  return [
    `${outcome.incident} is ${outcome.status}`,
    line(['', 'claimed', 'observed from outside']),
    ...rows.map(line),
    ...(outcome.open.length === 0 ? [] : ['', 'Open:', ...outcome.open.map((item) => `  - ${item}`)]),
    ...(outcome.answers.length === 0 ? [] : ['', ...answerLines(outcome.answers, places.live !== undefined)]),
    '',
    'Where to look next',
    ...placeLines(places, outcome.bundle),
  ].join('\n');
}
