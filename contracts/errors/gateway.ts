import type { ErrorArea, ErrorEntry } from '../coded-error.ts';

function refused(http: number, message: string, remedy: string): ErrorEntry {
  return { kind: 'rejected', effect: 'none', actor: 'caller', http, message, remedy };
}

/** Codes of the doors. */
export const gatewayErrors = {
  GATEWAY_UNAUTHENTICATED: refused(
    401,
    'the request carries no valid API key',
    'Send `Authorization: Bearer <key>`; keys are listed by hash in the file of people.',
  ),
  GATEWAY_FORBIDDEN: refused(403, 'the key may not do that', 'Use the key of a person who holds the role.'),
  GATEWAY_BODY_INVALID: refused(422, 'the body is not what the operation takes', 'Mend the members that are named.'),
  GATEWAY_BODY_TOO_LARGE: refused(413, 'the body is too large', 'Send less; credentials go up through `/v1/uploads`.'),
  GATEWAY_MEDIA_TYPE: refused(415, 'the body is not JSON', 'Send `content-type: application/json`.'),
  GATEWAY_NOT_FOUND: refused(404, 'there is no such resource', 'See docs/operations.md for the paths of the API.'),
  GATEWAY_KEY_MISSING: refused(
    400,
    'the request has no idempotency key',
    'Send `Idempotency-Key: <anything unique to this act>`; a repeat with the same key is safe.',
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
  GATEWAY_ROLE_UNBOUND: refused(
    422,
    'a required role has nobody',
    'Give `roles` in the request, or list people with that role.',
  ),
  GATEWAY_ENGINE_AWAY: {
    kind: 'retryable',
    effect: 'none',
    actor: 'operator',
    http: 503,
    message: 'the engine does not answer',
    remedy: 'Nothing is lost: send the same request with the same key again. Check the Temporal server.',
  },
  GATEWAY_INTERNAL: {
    kind: 'terminal',
    effect: 'unknown',
    actor: 'developer',
    http: 500,
    message: 'the request could not be handled',
    remedy: 'Report the request id; look at the incident before sending it again.',
  },
} as const satisfies ErrorArea;
