import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { CodedError } from '../../contracts/errors.ts';
import { problemOf } from './problem.ts';

const CODES: Readonly<Record<string, readonly [CodedError['code'], string]>> = {
  HPE_HEADER_OVERFLOW: ['GATEWAY_HEADERS_TOO_LARGE', 'the headers are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: ['GATEWAY_REQUEST_LATE', 'the request did not arrive whole'],
};

/** Answers what is no request, below the framework: also this is a problem document. */
export function refuseConnection(
  { code = '' }: { readonly code?: string },
  socket: Socket,
  log: (line: object) => void,
): void {
  if (code === 'ECONNRESET' || socket.destroyed || !socket.writable) return;
  const [refused, what] = CODES[code] ?? ['GATEWAY_REQUEST_MALFORMED', 'the request cannot be read'];
  const problem = problemOf(new CodedError(refused, what), randomUUID());
  const body = JSON.stringify(problem);
  log({ requestId: problem.requestId, code: refused });
  socket.end(
    [
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
      'content-type: application/problem+json; charset=utf-8',
      `content-length: ${Buffer.byteLength(body)}`,
      `x-request-id: ${problem.requestId}`,
      'cache-control: no-store',
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}
