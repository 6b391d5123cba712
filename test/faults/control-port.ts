import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TcpFaults, TcpProxy } from './tcp-proxy.ts';

/** Fault names and the type of their values. */
const KNOWN: Readonly<Record<keyof TcpFaults, 'number' | 'boolean'>> = {
  latencyMs: 'number',
  reset: 'boolean',
  halfOpen: 'boolean',
  sliceBytes: 'number',
  limitBytes: 'number',
  slowCloseMs: 'number',
};

function isFaults(value: unknown): value is TcpFaults {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.entries(value).every(([name, given]) => name in KNOWN && typeof given === KNOWN[name as keyof TcpFaults])
  );
}

/**
 * Lets another process switch a proxy: `PUT /faults` with the faults as JSON, `GET /faults`, `POST /cut`.
 *
 * @returns address of the control port, on loopback.
 */
export async function serveControl(proxy: TcpProxy): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const asked = `${request.method} ${request.url}`;
      if (asked === 'PUT /faults') {
        const faults: unknown = parse(Buffer.concat(chunks).toString('utf8'));
        if (!isFaults(faults)) return void response.writeHead(422).end();
        proxy.set(faults);
      } else if (asked === 'POST /cut') proxy.cut();
      else if (asked !== 'GET /faults') return void response.writeHead(404).end();
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(proxy.faults));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
