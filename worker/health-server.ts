import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CodedError } from '../contracts/errors.ts';

/** What a worker's health server tells. */
export interface Health {
  /** Whether the worker can do its work now: database answers, every queue is polled. */
  isReady(): Promise<boolean>;
  /** Metrics in Prometheus text format. */
  metrics(): Promise<{ readonly type: string; readonly body: string }>;
}

/** A server that listens. */
export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves `/healthz` (the process lives), `/readyz` (it can work; 503 otherwise) and `/metrics`. No key: bind it to loopback
 * or to a network that only the scraper reaches.
 *
 * @throws PORT_IN_USE
 */
export async function serveHealth(host: string, port: number, health: Health): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const answer = (status: number, body: string, type = 'text/plain'): void => {
      response.writeHead(status, { 'content-type': type }).end(body);
    };
    if (request.url === '/healthz') return answer(200, 'ok');
    if (request.url === '/readyz')
      return void health.isReady().then((isReady) => answer(isReady ? 200 : 503, isReady ? 'ready' : 'not ready'));
    if (request.url === '/metrics')
      return void health.metrics().then(
        ({ type, body }) => answer(200, body, type),
        () => answer(500, 'the metrics could not be collected'),
      );
    return answer(404, 'not found');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(new CodedError('PORT_IN_USE', `metrics.port ${port} on ${host} cannot be used`, { cause })),
    );
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
