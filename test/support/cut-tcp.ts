import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A TCP relay on loopback that can lose an answer. */
export interface CutTcp {
  readonly port: number;
  /** The next answer is lost: what was asked has happened, then the connection breaks. */
  cutNextAnswer(): void;
  close(): Promise<void>;
}

/** Starts a relay to a loopback port. */
export async function startCutTcp(targetPort: number): Promise<CutTcp> {
  const sockets = new Set<Socket>();
  let isArmed = false;
  const server = createServer((inward) => {
    const outward = connect(targetPort, '127.0.0.1');
    for (const socket of [inward, outward]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => (inward.destroy(), outward.destroy()));
    }
    inward.pipe(outward);
    outward.on('data', (answer) => {
      if (isArmed) {
        isArmed = false;
        inward.destroy();
      } else inward.write(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cutNextAnswer: () => (isArmed = true),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
