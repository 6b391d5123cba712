import { Socket } from 'node:net';
import { cutPoint } from '../../../activities/effects/cut-point.ts';

const HEAD = /^[A-Z]+ \S+ HTTP\/1\.1\r\n/;
const HEAD_END = '\r\n\r\n';
const KEPT_CHARACTERS = 65_536; // what is kept of a request that is not whole yet

type Write = (this: Socket, chunk: unknown, ...rest: readonly never[]) => boolean;

/** Whether bytes that begin with an HTTP head hold the whole body too; true for what is no HTTP. */
function isWhole(text: string): boolean {
  if (!HEAD.test(text)) return true;
  const end = text.indexOf(HEAD_END);
  if (end < 0) return false;
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end))?.[1] ?? 0);
  return text.length - end - HEAD_END.length >= length;
}

/**
 * Passes the cut point `request-sent` when a whole acting request has been handed to the kernel and its answer has not been
 * read. Only the socket knows that point, whatever client library writes to it.
 *
 * @param acting - whether bytes belong to an acting request; asked with all bytes of the request so far, as Latin-1.
 */
export function watchRequests(acting: (bytes: string) => boolean): void {
  const proto = Socket.prototype as unknown as { write: Write };
  const { write } = proto;
  const begun = new WeakMap<Socket, string>();
  proto.write = function (chunk, ...rest) {
    const isTaken = write.call(this, chunk, ...rest);
    const bytes =
      typeof chunk === 'string'
        ? Buffer.from(chunk)
        : chunk instanceof Uint8Array
          ? Buffer.from(chunk)
          : Buffer.alloc(0);
    const piece = bytes.toString('latin1');
    const text = `${HEAD.test(piece) ? '' : (begun.get(this) ?? '')}${piece}`.slice(-KEPT_CHARACTERS);
    if (!isWhole(text)) begun.set(this, text);
    else {
      begun.delete(this);
      // A client may hold its writes together until the end of the turn: after that they are in the kernel.
      if (acting(text)) setImmediate(() => cutPoint('request-sent'));
    }
    return isTaken;
  };
}
