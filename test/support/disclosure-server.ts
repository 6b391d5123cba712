import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A stand-in for the public revocation endpoints of GitHub and Hugging Face, written from their documentation, since no
 * emulator has them: `POST /credentials/revoke` answers 202 whatever it is shown, 422 for more than 1,000 or for what is no
 * credential at all; `GET /user` answers who-am-I.
 */
export interface DisclosureServer {
  readonly url: string;
  /** Values that still work. */
  readonly alive: Set<string>;
  /** Sizes of the revocation calls, in order. */
  readonly calls: number[];
  close(): Promise<void>;
}

const SHAPE = /^ghp_[A-Za-z0-9]{36}$/;
const BATCH_MAX = 1_000;

/** Starts the stand-in on a free port. */
export async function startDisclosureServer(): Promise<DisclosureServer> {
  const alive = new Set<string>();
  const calls: number[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.method === 'GET' && request.url === '/user') {
        const token = (request.headers.authorization ?? '').replace('Bearer ', '');
        response.writeHead(alive.has(token) ? 200 : 401).end('{}');
        return;
      }
      const { credentials } = JSON.parse(Buffer.concat(chunks).toString()) as { credentials: string[] };
      calls.push(credentials.length);
      if (credentials.length > BATCH_MAX || !credentials.every((value) => SHAPE.test(value))) {
        response.writeHead(422).end('{"message":"Validation Failed"}');
        return;
      }
      for (const value of credentials) alive.delete(value);
      response.writeHead(202).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    alive,
    calls,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
