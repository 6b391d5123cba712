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
  GATEWAY_CURSOR_INVALID: refused(
    422,
    'the place to go on from is none of this list',
    'Give `after` exactly as `next` of the page before, with the same filters; left out, the list begins anew.',
  ),
  GATEWAY_NOT_FOUND: refused(404, 'there is no such resource', '`GET /v1/docs` shows the paths of the API.'),
  GATEWAY_METHOD_NOT_ALLOWED: refused(
    405,
    'the resource does not take that method',
    'Use one of those that `Allow` names.',
  ),
  GATEWAY_NOT_ACCEPTABLE: refused(
    406,
    'the answer has none of the media types that are asked for',
    'Leave `Accept` out, or name the media type that `GET /v1/docs` gives for it.',
  ),
  GATEWAY_REQUEST_MALFORMED: refused(400, 'the request is not HTTP', 'Send a well-formed HTTP/1.1 request.'),
  GATEWAY_REQUEST_LATE: refused(408, 'the request did not arrive in time', 'Send it again, in one go.'),
  GATEWAY_HEADERS_TOO_LARGE: refused(
    431,
    'the headers are larger than 16 KiB',
    'Send fewer or shorter headers; ids and filters are short.',
  ),
  GATEWAY_STREAMS_TOO_MANY: {
    kind: 'retryable',
    effect: 'none',
    actor: 'caller',
    http: 429,
    message: 'the key holds as many event streams open as it may',
    remedy: 'Close one, or wait as long as `Retry-After` says and resume with `Last-Event-ID`.',
  },
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
    'Run `firebreak login`, set FIREBREAK_URL and FIREBREAK_KEY, or start the development stack with `./firebreak up`.',
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
  CLI_PLAN_CHANGED: refused(
    422,
    'a plan in a file is not the one that its hash names',
    'Do not work by it: run `firebreak bundle verify` on the file, and take the plan from the ledger or the playbook.',
  ),
  CLI_RECORDS_BROKEN: refused(
    422,
    'a file of acts by hand is not what was written',
    'Nothing of it was brought in. Find the copy that was not edited, or record by hand what the lines from there on say.',
  ),
  CLI_SIGNING_KEY: refused(
    400,
    'the key that signs your decisions cannot be used',
    'Make one with `firebreak keys new`, or name its file with `--sign` (`--file` of `firebreak keys`).',
  ),
  CLI_FILE_UNREADABLE: refused(400, 'a file cannot be read or written', 'Check the path and its permissions.'),
} as const satisfies ErrorArea;
