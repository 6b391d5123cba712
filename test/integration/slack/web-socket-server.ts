import { createHash } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'; // RFC 6455 section 1.3
const OPCODE = { text: 1, close: 8, ping: 9, pong: 10 } as const;

/** One end of a web socket. */
export interface Connection {
  send(text: string): void;
  /** Ends it, as Slack does every few hours. */
  end(): void;
}

function frame(opcode: number, body: Buffer): Buffer {
  const length =
    body.length < 126 ? Buffer.from([body.length]) : Buffer.from([126, body.length >> 8, body.length & 0xff]); // nothing of ours is longer than 64 KiB
  return Buffer.concat([Buffer.from([0x80 | opcode]), length, body]);
}

interface Frame {
  readonly opcode: number;
  readonly body: Buffer;
  readonly rest: Buffer;
}

/** The first whole frame of what a client sent, unmasked. */
function firstFrame(bytes: Buffer): Frame | undefined {
  if (bytes.length < 6) return undefined;
  const short = bytes[1]! & 0x7f;
  const [length, at] =
    short < 126 ? [short, 2] : short === 126 ? [bytes.readUInt16BE(2), 4] : [Number(bytes.readBigUInt64BE(2)), 10];
  if (bytes.length < at + 4 + length) return undefined;
  const mask = bytes.subarray(at, at + 4);
  const body = Buffer.from(bytes.subarray(at + 4, at + 4 + length).map((byte, index) => byte ^ mask[index % 4]!));
  return { opcode: bytes[0]! & 0x0f, body, rest: bytes.subarray(at + 4 + length) };
}

/**
 * Serves web sockets on an HTTP server: texts in one frame, pings answered, nothing else. @source RFC 6455
 *
 * @param opened - told of each connection; gives back what takes its texts.
 */
export function serveWebSockets(server: Server, opened: (connection: Connection) => (text: string) => void): void {
  server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    const key = request.headers['sec-websocket-key'] ?? '';
    const accept = createHash('sha1').update(`${key}${GUID}`).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.on('error', () => undefined);
    const take = opened({
      send: (text) => socket.write(frame(OPCODE.text, Buffer.from(text, 'utf8'))),
      end: () => socket.end(frame(OPCODE.close, Buffer.from([0x03, 0xe8]))),
    });
    let pending = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      for (let next = firstFrame(pending); next; next = firstFrame(pending)) {
        pending = Buffer.from(next.rest);
        if (next.opcode === OPCODE.text) take(next.body.toString('utf8'));
        if (next.opcode === OPCODE.ping) socket.write(frame(OPCODE.pong, next.body));
        if (next.opcode === OPCODE.close) socket.end(frame(OPCODE.close, next.body));
      }
    });
  });
}
