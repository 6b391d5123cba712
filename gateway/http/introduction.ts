/** What the document says before its paths: the rules that hold for all of them. */
export const INTRODUCTION = [
  'The HTTP API of Firebreak, version 1. Every request carries `Authorization: Bearer <key>`, unless its operation says otherwise.',
  'A GET changes nothing. Every POST that changes something carries an `Idempotency-Key`: the same key with the same body is answered like the first time, with another body it is refused (409).',
  'A body is `application/json` in UTF-8, at most 256 KiB and sixteen levels deep; a member that is not described is refused.',
  'Any failure is a problem document (RFC 9457) with a registered `code`, a `remedy` and the `requestId`. Branch on the code, never on a text.',
  'Lists are read page by page: `limit` says how many rows, `next` of an answer is the `after` of the next request. Rows that are added meanwhile are neither skipped nor shown twice.',
  '`RateLimit` says what the key may still ask; a refusal for asking too often says in `Retry-After` when to come back.',
  'A well-formed `X-Request-Id` is taken over, otherwise one is made; it stands in the answer, in the log and in the audit.',
  'Within version 1 members and operations are added, never renamed or removed: ignore what you do not know.',
].join('\n\n');
