import { parseArgs } from 'node:util';
import { CodedError } from '../contracts/errors.ts';
import type { StorySize } from './world/story.ts';

/** What `firebreak demo --help` prints. */
export const HELP = `firebreak demo: a company's worst day on loopback, start to close.

  --tokens N             own tokens that were exposed (default 200)
  --people M             people affected, at most N (default 150)
  --seed S               the same seed gives the same world (default 1)
  --yes                  the demo's people answer, sign and record; without it the run rests and lists what is open
  --kill-worker-at K     SIGKILL the worker when the mail sink holds K messages; another one takes over
  --json                 one JSON object on standard output, progress on standard error
  --keep                 leave the stack running until Ctrl-C, with the mailbox page and the Temporal UI
  --trigger DOOR         door that the incident comes through: api (default), slack (a person types /firebreak declare, and
                         approvals are pressed on cards) or detector (a signed alert starts it)
  --record DIR           where the outside world writes its own record (mails, what each person held, what went over
                         Slack), which npm run check:run judges the run by

Ends 0 when the incident closed, what was claimed is what was observed, and the bundle verifies.`;

/** Doors that the demo's incident may come through. */
export const triggers = ['api', 'slack', 'detector'] as const;

/** One of {@link triggers}. */
export type Trigger = (typeof triggers)[number];

/** What the demo was asked for. */
export interface DemoArguments extends StorySize {
  readonly trigger: Trigger;
  readonly yes: boolean;
  readonly json: boolean;
  readonly keep: boolean;
  readonly killAt: number | undefined;
  readonly record: string | undefined;
}

function wholeNumber(text: string, name: string): number {
  const value = Number(text);
  if (!/^\d{1,9}$/.test(text) || value < 1)
    throw new CodedError('DEMO_ARGUMENT_INVALID', `--${name} takes a whole number from 1, not ${text}`);
  return value;
}

const OPTIONS = {
  tokens: { type: 'string', default: '200' },
  people: { type: 'string', default: '150' },
  seed: { type: 'string', default: '1' },
  yes: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  keep: { type: 'boolean', default: false },
  'kill-worker-at': { type: 'string' },
  record: { type: 'string' },
  trigger: { type: 'string', default: 'api' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS }).values;
  } catch (cause) {
    const [why = ''] = cause instanceof Error ? cause.message.split(/[.\n]/, 1) : [];
    throw new CodedError('DEMO_ARGUMENT_INVALID', why, { cause });
  }
}

/** Reads the command line; `undefined` where help was asked for. @throws DEMO_ARGUMENT_INVALID */
export function readArguments(argv: readonly string[]): DemoArguments | undefined {
  const values = parse(argv);
  if (values.help) return undefined;
  const [tokens, people, seed] = [
    wholeNumber(values.tokens, 'tokens'),
    wholeNumber(values.people, 'people'),
    wholeNumber(values.seed, 'seed'),
  ];
  if (people > tokens)
    throw new CodedError(
      'DEMO_ARGUMENT_INVALID',
      `${people} people cannot hold ${tokens} tokens: give at least as many tokens as people`,
    );
  const trigger = triggers.find((one) => one === values.trigger);
  if (trigger === undefined)
    throw new CodedError('DEMO_ARGUMENT_INVALID', `--trigger takes ${triggers.join(', ')}, not ${values.trigger}`);
  const kill = values['kill-worker-at'];
  return {
    tokens,
    people,
    seed,
    trigger,
    yes: values.yes,
    json: values.json,
    keep: values.keep,
    record: values.record,
    killAt: kill === undefined ? undefined : wholeNumber(kill, 'kill-worker-at'),
  };
}
