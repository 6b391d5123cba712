import type { ServerResponse } from 'node:http';

/** What a provider does to a request instead of answering it well. */
export type ProviderFault =
  /** 429 with `Retry-After` in seconds; nothing happens. */
  | { readonly how: 'rate-limited'; readonly retryAfter: number }
  /** 429 without saying for how long; nothing happens. */
  | { readonly how: 'rate-limited-silently' }
  /** 401, as after a key was rotated in the middle of a run; nothing happens. */
  | { readonly how: 'unauthorized' }
  /** 500; nothing happens. */
  | { readonly how: 'server-error' }
  /** The effect happens, then 500. */
  | { readonly how: 'effect-then-error' }
  /** The effect happens, then nobody answers. */
  | { readonly how: 'effect-then-timeout' }
  /** The effect happens, then the connection is reset. */
  | { readonly how: 'effect-then-reset' }
  /** 200 with HTML of a sign-in page; nothing happens. */
  | { readonly how: 'nonsense' }
  /** 200 with a body that does not end; nothing happens. */
  | { readonly how: 'endless' }
  /** 200 with an error in its body; nothing happens. */
  | { readonly how: 'error-inside' };

/** Faults before which the effect has happened. */
export function isAfterEffect({ how }: ProviderFault): boolean {
  return how.startsWith('effect-then-');
}

const PIECE = '['.repeat(65_536); // of a body that does not end

/** Answers a request as the fault says. */
export function spoil(response: ServerResponse, fault: ProviderFault): void {
  switch (fault.how) {
    case 'rate-limited':
      response.writeHead(429, { 'retry-after': String(fault.retryAfter) }).end('{"error":"slow down"}');
      return;
    case 'rate-limited-silently':
      response.writeHead(429).end('{"error":"slow down"}');
      return;
    case 'unauthorized':
      response.writeHead(401).end('{"error":"unauthorized"}');
      return;
    case 'server-error':
    case 'effect-then-error':
      response.writeHead(500).end('{"error":"internal"}');
      return;
    case 'effect-then-timeout':
      return; // the client's patience ends it
    case 'effect-then-reset':
      response.socket?.resetAndDestroy();
      return;
    case 'nonsense':
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>');
      return;
    case 'error-inside':
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"error":"internal"}');
      return;
    case 'endless':
      response.writeHead(200, { 'content-type': 'application/json' });
      pour(response);
  }
}

function pour(response: ServerResponse): void {
  if (response.destroyed) return;
  response.write(PIECE, () => setImmediate(() => pour(response)));
}
