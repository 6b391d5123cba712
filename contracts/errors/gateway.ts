import type { ErrorArea, ErrorEntry } from '../coded-error.ts';

/** A request that was refused at the door: nothing happened. */
function refused(http: number, message: string, remedy: string): ErrorEntry {
  return { kind: 'rejected', effect: 'none', actor: 'caller', http, message, remedy };
}

/** Something between door and engine, or between command line and door, that passes. */
function passing(http: number, effect: ErrorEntry['effect'], message: string, remedy: string): ErrorEntry {
  return { kind: 'retryable', effect, actor: 'operator', http, message, remedy };
}

/** Codes of the doors: the HTTP API and the command line. */
export const gatewayErrors = {
  GATEWAY_UNAUTHENTICATED: refused(
    401,
    'the request carries no valid API key',
    'Send `Authorization: Bearer <key>`; keys are listed by hash in the file of people.',
  ),
  GATEWAY_FORBIDDEN: refused(403, 'the key may not do that', 'Use the key of a person who holds the role.'),
  GATEWAY_BODY_INVALID: refused(422, 'the body is not what the operation takes', 'Mend the members that are named.'),
  GATEWAY_QUERY_INVALID: refused(
    422,
    'the query is not what the operation takes',
    'Mend the parameters that are named.',
  ),
  GATEWAY_BODY_TOO_LARGE: refused(
    413,
    'the body is larger than 256 KiB',
    'Send less; many credentials are read from a configured source by `credentials.list`.',
  ),
  GATEWAY_MEDIA_TYPE: refused(415, 'the body is not JSON', 'Send `content-type: application/json`.'),
  GATEWAY_NOT_FOUND: refused(404, 'there is no such resource', 'See gateway/README.md for the paths of the API.'),
  GATEWAY_KEY_MISSING: refused(
    400,
    'the request has no idempotency key',
    'Send `Idempotency-Key: <anything unique to this act>`; a repeat with the same key is safe.',
  ),
  GATEWAY_RATE_LIMITED: {
    kind: 'retryable',
    effect: 'none',
    actor: 'caller',
    http: 429,
    message: 'the key asks too often',
    remedy: 'Wait as long as `Retry-After` says.',
  },
  GATEWAY_SECRET_IN_TEXT: refused(
    422,
    'a text is shaped like a credential, and what is said to an incident is kept for good',
    'Take it out; credentials go into `credentials` of a start, where they are sealed.',
  ),
  GATEWAY_CREDENTIALS_UNWANTED: refused(
    422,
    'the playbook takes no credentials with its start',
    'Leave `credentials` out, or start a playbook that has an input `upload`, such as leaked-token.',
  ),
  GATEWAY_CREDENTIALS_MISSING: refused(
    422,
    'the playbook needs credentials with its start',
    'Give `credentials`; the input `upload` is filled in by the gateway.',
  ),
  GATEWAY_PERSON_UNKNOWN: refused(
    422,
    'a role is given to somebody who is not listed',
    'Name people of the file of people.',
  ),
  GATEWAY_ROLE_UNKNOWN: refused(
    422,
    'the playbook does not declare the role',
    'See `firebreak playbook explain NAME` for its roles.',
  ),
  GATEWAY_ROLE_NOT_HELD: refused(
    422,
    'a role is given to somebody who does not hold it',
    'Name people who have the role in the file of people.',
  ),
  GATEWAY_ROLE_UNBOUND: refused(
    422,
    'a required role has nobody',
    'Give `roles` in the request, or list people with that role.',
  ),
  GATEWAY_GATE_UNREACHABLE: refused(
    422,
    'a gate could never open',
    'Bind more people with `roles` in the request, list more of them, or have somebody else ask for the incident.',
  ),
  GATEWAY_NOT_RUNNING: refused(
    409,
    'the incident is opened but its workflow does not run',
    'Send the start again with the same Idempotency-Key: it starts the workflow of that incident.',
  ),
  GATEWAY_ENGINE_AWAY: passing(
    503,
    'none',
    'the engine does not answer',
    'Nothing is lost: send the same request with the same key again. Check the Temporal server.',
  ),
  GATEWAY_ANSWER_LATE: passing(
    504,
    'unknown',
    'the engine took no notice in time; the message may still be taken',
    'Send the same request with the same key again: it is answered, never done twice. Check that a worker runs.',
  ),
  GATEWAY_INTERNAL: {
    kind: 'terminal',
    effect: 'unknown',
    actor: 'developer',
    http: 500,
    message: 'the request could not be handled',
    remedy: 'Report the request id; look at the incident before sending it again.',
  },
  CLI_INTERNAL: {
    kind: 'terminal',
    effect: 'unknown',
    actor: 'developer',
    http: 500,
    message: 'the command failed in a way that nobody foresaw',
    remedy: 'Report it with the command that you gave.',
  },
  CLI_USAGE: refused(400, 'the command line is not understood', 'Run the command with `--help`.'),
  CLI_NOT_CONFIGURED: refused(
    400,
    'the command does not know the gateway or has no key for it',
    'Set FIREBREAK_URL and FIREBREAK_KEY, or start the development stack with `./firebreak up`.',
  ),
  CLI_UNREACHABLE: passing(
    503,
    'unknown',
    'the gateway does not answer',
    'Check FIREBREAK_URL and that the gateway runs; where a key is named, `--repeat KEY` repeats the act and never does it twice.',
  ),
  CLI_NOT_CONFIRMED: refused(
    400,
    'the decision was not confirmed',
    'Answer `yes` on a terminal, or give `--yes` together with `--digest` of what you saw.',
  ),
  CLI_GATE_AMBIGUOUS: refused(
    409,
    'it is not clear which gate is meant',
    'Name one of the open gates with `--gate`; `firebreak status ID` lists them.',
  ),
  CLI_FILE_UNREADABLE: refused(400, 'a file cannot be read or written', 'Check the path and its permissions.'),
} as const satisfies ErrorArea;
