import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { CodedError } from '../../contracts/errors.ts';

/** How far a signed time may lie from ours, both ways, in milliseconds. */
export interface Window {
  readonly pastMs: number;
  readonly futureMs: number;
}

/** Five minutes both ways: what the senders' own documentation recommends. */
export const FIVE_MINUTES: Window = { pastMs: 300_000, futureMs: 300_000 };

/** What a delivery that proves nothing is answered; it does not say which part was wrong. */
export function unsigned(why: string): CodedError {
  return new CodedError('DETECTOR_UNSIGNED', why);
}

/** A header that has to be there. @throws DETECTOR_UNSIGNED */
export function headerOf(headers: Readonly<Record<string, string | undefined>>, name: string, shape: RegExp): string {
  const value = headers[name];
  if (value === undefined || !shape.test(value)) throw unsigned(`the header ${name} is missing or not well-formed`);
  return value;
}

/** Refuses a time outside of the window, whichever side. @throws DETECTOR_STALE */
export function refuseStale(sentMs: number, atMs: number, { pastMs, futureMs }: Window): void {
  if (!(sentMs >= atMs - pastMs && sentMs <= atMs + futureMs))
    throw new CodedError('DETECTOR_STALE', 'the time that the request is signed with is not near ours');
}

/** HMAC-SHA256 over parts. */
export function hmac(key: string | Buffer, ...parts: readonly (string | Buffer)[]): Buffer {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return mac.digest();
}

/** Compares in constant time; texts of other lengths differ. */
export function isSame(left: Buffer, right: Buffer): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Compares secrets of any length in constant time, by their hashes. */
export function isSameSecret(left: string, right: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(left), hash(right));
}

/** Bytes of a text in exactly one encoding: another spelling of the same bytes is refused. @throws DETECTOR_UNSIGNED */
export function decoded(text: string, encoding: 'base64' | 'base64url'): Buffer {
  const bytes = Buffer.from(text, encoding);
  if (text === '' || bytes.toString(encoding) !== text) throw unsigned('the signature is not well-formed');
  return bytes;
}
