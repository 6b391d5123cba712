import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens to the next request that matches. */
export interface Fault {
  readonly method: string;
  /** Part of the path. */
  readonly path: string;
  /** `drop-answer`: the effect happens, the answer is lost. A number: answered at once with that status, no effect. */
  readonly how: 'drop-answer' | number;
}

/** A proxy on loopback in front of a third-party emulator, which spoils chosen exchanges. */
export interface FaultProxy {
  readonly url: string;
  /** Spoils the next exchange that matches; several queue up. */
  spoil(fault: Fault): void;
  /** How many requests matched a method and a part of a path. */
  seen(method: string, path: string): number;
  close(): Promise<void>;
}

/** Starts a proxy to an address. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const faults: Fault[] = [];
  const log: string[] = [];
  const server = createServer((request, response) => {
    const { method = 'GET', url = '/' } = request;
    log.push(`${method} ${url}`);
    const index = faults.findIndex((fault) => fault.method === method && url.includes(fault.path));
    const [fault] = index < 0 ? [] : faults.splice(index, 1);
    if (typeof fault?.how === 'number') {
      request.resume();
      response.writeHead(fault.how, { 'retry-after': '1' }).end('{"ok":false}');
      return;
    }
    pass(target, request, response, fault !== undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spoil: (fault) => faults.push(fault),
    seen: (method, path) => log.filter((line) => line.startsWith(`${method} `) && line.includes(path)).length,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function pass(target: string, request: IncomingMessage, response: ServerResponse, isDropped: boolean): void {
  const { method, url = '/', headers } = request;
  const onward = forward(
    new URL(url, target),
    { method, headers: { ...headers, host: new URL(target).host } },
    (answer) => {
      if (isDropped) {
        answer.resume().on('end', () => response.destroy());
        return;
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  onward.on('error', () => response.destroy());
  request.pipe(onward);
}
