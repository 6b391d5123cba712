import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens to the next request that matches. */
export interface Fault {
  readonly method: string;
  /** Part of the path. */
  readonly path: string;
  /**
   * The effect happens and its answer is lost: `drop-answer` (connection cut), `silence` (nobody answers), `error-after`
   * (answered 500). No effect: a number (answered at once with that status), `nonsense` (200 with HTML), `error-inside`
   * (200 with an error in it), `endless` (200 with a body that does not end).
   */
  readonly how: 'drop-answer' | 'silence' | 'error-after' | 'nonsense' | 'error-inside' | 'endless' | number;
}

/** A proxy on loopback in front of a third-party emulator, which spoils chosen exchanges. */
export interface FaultProxy {
  readonly url: string;
  /** Spoils the next exchange that matches; several queue up. */
  spoil(fault: Fault): void;
  /** How many requests matched a method and a part of a path. */
  seen(method: string, path: string): number;
  /** Nobody listens any more, until `resume`. */
  pause(): Promise<void>;
  /** Listens again at the same address; unused faults are forgotten. */
  resume(): Promise<void>;
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
    } else if (fault && fault.how in WRONG_ANSWERS) {
      request.resume();
      WRONG_ANSWERS[fault.how]?.(response);
    } else pass(target, request, response, fault?.how);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const pause = async (): Promise<void> => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
    for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate); // idle clients of this process see their end
  };
  return {
    url: `http://127.0.0.1:${port}`,
    pause,
    resume: async () => {
      faults.length = 0;
      if (!server.listening) await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    },
    spoil: (fault) => faults.push(fault),
    seen: (method, path) => log.filter((line) => line.startsWith(`${method} `) && line.includes(path)).length,
    close: pause,
  };
}

const WRONG_ANSWERS: Readonly<Record<string, (response: ServerResponse) => void>> = {
  nonsense: (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>'),
  'error-inside': (response) => response.writeHead(200).end('{"error":"internal","message":"try later"}'),
  endless: (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const pour = (): void => {
      if (!response.destroyed) response.write('['.repeat(65_536), () => setImmediate(pour));
    };
    pour();
  },
};

function pass(
  target: string,
  request: IncomingMessage,
  response: ServerResponse,
  lost: Fault['how'] | undefined,
): void {
  const { method, url = '/', headers } = request;
  const onward = forward(
    new URL(url, target),
    { method, headers: { ...headers, host: new URL(target).host } },
    (answer) => {
      if (lost !== undefined) {
        answer.resume().on('end', () => {
          if (lost === 'drop-answer') response.destroy();
          if (lost === 'error-after') response.writeHead(500).end('{"error":"internal"}');
        });
        return;
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  onward.on('error', () => response.destroy());
  request.pipe(onward);
}
