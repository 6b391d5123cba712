import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AddressInfo } from 'node:net';

/** What a proxy does to what passes; switched at any moment, for open connections too. Nothing set: it only passes on. */
export interface TcpFaults {
  /** Each piece waits that long, in milliseconds, in both directions. */
  readonly latencyMs?: number;
  /** New connections are reset once they stand, open ones at their next piece. */
  readonly reset?: boolean;
  /** Bytes are swallowed in both directions, and nobody is told: the other side looks alive. */
  readonly halfOpen?: boolean;
  /** Answers go on in pieces of that many bytes, one an event-loop turn. */
  readonly sliceBytes?: number;
  /** A connection breaks after that many bytes of answers. */
  readonly limitBytes?: number;
  /** The end of a connection is passed on only after that long, in milliseconds. */
  readonly slowCloseMs?: number;
}

/** A TCP proxy on loopback with faults. */
export interface TcpProxy {
  readonly port: number;
  /** Replaces the faults; `{}` heals. */
  set(faults: TcpFaults): void;
  readonly faults: TcpFaults;
  /** Connections that were made so far. */
  readonly connections: number;
  /** Resets every open connection. */
  cut(): void;
  close(): Promise<void>;
}

/** One direction of one connection: what comes in is passed on in order, as the faults of the moment say. */
class Lane {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #faults: () => TcpFaults;
  readonly #isAnswer: boolean;
  #passed = 0;
  #turn: Promise<void> = Promise.resolve();

  constructor(from: Socket, to: Socket, faults: () => TcpFaults, isAnswer: boolean) {
    this.#from = from;
    this.#to = to;
    this.#faults = faults;
    this.#isAnswer = isAnswer;
    from.on('data', (piece: Buffer) => {
      from.pause();
      this.#turn = this.#turn.then(() => this.#pass(piece)).then(() => void from.resume());
    });
    from.on('end', () => {
      this.#turn = this.#turn.then(() => this.#end());
    });
    from.on('error', () => to.destroy());
    from.on('close', () => void this.#turn.then(() => this.#faults().halfOpen || to.destroySoon()));
  }

  async #pass(piece: Buffer): Promise<void> {
    const { latencyMs, reset, halfOpen, sliceBytes, limitBytes } = this.#faults();
    if (latencyMs !== undefined) await sleep(latencyMs);
    if (reset === true) {
      this.#break();
      return;
    }
    if (halfOpen === true) return;
    if (!this.#isAnswer) return void this.#to.write(piece);
    const room = limitBytes === undefined ? piece.length : Math.max(0, limitBytes - this.#passed);
    await this.#write(piece.subarray(0, room), sliceBytes ?? piece.length);
    this.#passed += Math.min(room, piece.length);
    if (room < piece.length) this.#break();
  }

  async #write(bytes: Buffer, size: number): Promise<void> {
    for (let from = 0; from < bytes.length; from += size) {
      this.#to.write(bytes.subarray(from, from + size));
      if (size < bytes.length) await new Promise(setImmediate);
    }
  }

  async #end(): Promise<void> {
    const { slowCloseMs, halfOpen } = this.#faults();
    if (slowCloseMs !== undefined) await sleep(slowCloseMs);
    if (halfOpen !== true) this.#to.end();
  }

  #break(): void {
    this.#to.resetAndDestroy();
    this.#from.resetAndDestroy();
  }
}

/** Starts a proxy to a loopback port. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let faults: TcpFaults = {};
  let connections = 0;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.setNoDelay(true).on('close', () => sockets.delete(socket));
  };
  const server = createServer({ allowHalfOpen: true }, (inward) => {
    connections += 1;
    keep(inward);
    if (faults.reset === true) return void inward.on('error', () => undefined).resetAndDestroy();
    const outward = keep(connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true }));
    new Lane(inward, outward, () => faults, false);
    new Lane(outward, inward, () => faults, true);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    set: (next) => (faults = next),
    get faults() {
      return faults;
    },
    get connections() {
      return connections;
    },
    cut,
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
