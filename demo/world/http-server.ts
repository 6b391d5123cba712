import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { timingSafeEqual } from 'node:crypto';
import type { AddressInfo } from 'node:net';

/** A request as the simulated services see it. */
export interface WorldRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly bearer: string;
  readonly body: Record<string, unknown>;
}

/** An answer; `undefined` from a service means: not my path. */
export interface WorldAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Record<string, string>;
}

/** A simulated service: looks at a request and answers it or passes. */
export type WorldService = (request: WorldRequest) => WorldAnswer | undefined;

const BODY_LIMIT_BYTES = 2 * 1024 * 1024; // 500 token values are 20 KiB; anything near this is a mistake

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT_BYTES) throw new RangeError('body too large');
    chunks.push(chunk);
  }
  if (size === 0) return {};
  const parsed: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
    ? (parsed as Record<string, unknown>)
    : {};
}

function write(response: ServerResponse, answer: WorldAnswer): void {
  response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
  response.end(JSON.stringify(answer.body));
}

/** Whether a bearer token is the expected one, in constant time. */
export function isKey(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** The strings of a body member that should be a list of strings; at most `limit`. */
export function strings(value: unknown, limit: number): readonly string[] {
  return Array.isArray(value)
    ? value.filter((entry): entry is string => typeof entry === 'string').slice(0, limit)
    : [];
}

/** An error answer of the simulated services. */
export function refusal(status: number, error: string, message: string): WorldAnswer {
  return { status, body: { error, message } };
}

/**
 * Serves simulated services on one loopback port.
 *
 * @param services - asked in order; the first that answers wins.
 * @param port - 0 for a free one.
 */
export async function serveWorld(
  services: readonly WorldService[],
  port: number,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    void (async () => {
      const url = new URL(request.url ?? '/', 'http://world.invalid');
      try {
        const seen: WorldRequest = {
          method: request.method ?? 'GET',
          path: url.pathname,
          query: url.searchParams,
          headers: request.headers,
          bearer: /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '',
          body: await readBody(request),
        };
        for (const service of services) {
          const answer = service(seen);
          if (answer) {
            write(response, answer);
            return;
          }
        }
        write(response, refusal(404, 'not_found', `${seen.method} ${seen.path} does not exist`));
      } catch {
        write(response, refusal(400, 'bad_request', 'the body is not a JSON object'));
      }
    })();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
