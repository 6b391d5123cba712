import { constants, inflateRawSync, inflateSync } from 'node:zlib';

/** Something that must not be found: a name for reports, and its text. */
export interface Canary {
  readonly name: string;
  readonly text: string;
}

/** A place that was searched. */
export interface Place {
  readonly name: string;
  readonly bytes: Buffer;
}

/** A canary that was found. */
export interface Hit {
  readonly place: string;
  readonly canary: string;
  /** How it was written there. */
  readonly form: string;
}

interface Needle {
  readonly canary: string;
  readonly form: string;
  readonly bytes: Buffer;
}

const GZIP = Buffer.from([0x1f, 0x8b, 0x08]); // RFC 1952: magic and method
const HEADER_BYTES = 10;
const UNPACKED_MAX_BYTES = 64 * 1024 * 1024;
const DEPTH_MAX = 3; // packed inside of packed

/** Base64 of a text wherever it begins in what was encoded: the characters that do not depend on what stands around it. */
function base64Cores(text: string): readonly string[] {
  return [0, 1, 2].map((offset) => {
    const whole = Buffer.concat([Buffer.alloc(offset), Buffer.from(text, 'utf8')]);
    const usable = whole.subarray(0, whole.length - (whole.length % 3));
    return usable.toString('base64').slice(offset === 0 ? 0 : 4);
  });
}

/** Every way in which a canary may be written. */
function needlesOf({ name, text }: Canary): readonly Needle[] {
  const hex = Buffer.from(text, 'utf8').toString('hex');
  const cores = base64Cores(text);
  const forms: readonly (readonly [string, string])[] = [
    ['plain', text],
    ['url', encodeURIComponent(text)],
    ['json', JSON.stringify(text).slice(1, -1)],
    ['hex', hex],
    ['HEX', hex.toUpperCase()],
    ...cores.map((core) => ['base64', core] as const),
    ...cores.map((core) => ['base64url', core.replaceAll('+', '-').replaceAll('/', '_')] as const),
    ['utf-16', text.split('').join('\0')],
    ['reversed', text.split('').reverse().join('')],
  ];
  const texts = new Map(forms.map(([form, written]) => [written, form]).reverse() as [string, string][]);
  return [...texts].map(([written, form]) => ({ canary: name, form, bytes: Buffer.from(written, 'utf8') }));
}

/** Where the packed data of a gzip member begins: behind its header, and the name of a file where one is given. */
function dataOf(member: Buffer): Buffer {
  const hasName = ((member[3] ?? 0) & 0x08) !== 0; // RFC 1952 section 2.3.1
  return member.subarray(hasName ? member.indexOf(0, HEADER_BYTES) + 1 : HEADER_BYTES);
}

/** What is packed inside of some bytes, as far as it can be unpacked; what follows behind it is no matter. */
function unpacked(bytes: Buffer): readonly Buffer[] {
  const options = { maxOutputLength: UNPACKED_MAX_BYTES, finishFlush: constants.Z_SYNC_FLUSH };
  const found: Buffer[] = [];
  for (let at = bytes.indexOf(GZIP); at >= 0; at = bytes.indexOf(GZIP, at + 1)) {
    const inner = tryUnpack(() => inflateRawSync(dataOf(bytes.subarray(at)), options));
    if (inner) found.push(inner);
  }
  const whole = tryUnpack(() => inflateSync(bytes, options));
  return whole ? [...found, whole] : found;
}

function tryUnpack(unpack: () => Buffer): Buffer | undefined {
  try {
    return unpack();
  } catch {
    return undefined; // it only looked like it
  }
}

/** Finds many needles in one pass: by their first four bytes, then by all. */
class Sieve {
  readonly #byHead = new Map<number, Needle[]>();
  readonly #maybe = new Uint8Array(1 << 16);

  constructor(needles: readonly Needle[]) {
    for (const needle of needles) {
      const head = needle.bytes.readUInt32BE(0);
      this.#byHead.set(head, [...(this.#byHead.get(head) ?? []), needle]);
      this.#maybe[(head ^ (head >>> 16)) & 0xffff] = 1;
    }
  }

  find(bytes: Buffer): ReadonlySet<Needle> {
    const found = new Set<Needle>();
    let head = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      head = ((head << 8) | bytes[at]!) >>> 0;
      if (this.#maybe[(head ^ (head >>> 16)) & 0xffff] === 0) continue;
      for (const needle of this.#byHead.get(head) ?? [])
        if (bytes.subarray(at - 3, at - 3 + needle.bytes.length).equals(needle.bytes)) found.add(needle);
    }
    return found;
  }
}

/**
 * Searches raw bytes for canaries: as they are, in base64, hex, percent-encoding, backwards, and in whatever is packed.
 *
 * @returns each canary once a place and form, in no particular order.
 */
export function search(places: readonly Place[], canaries: readonly Canary[]): readonly Hit[] {
  const sieve = new Sieve(canaries.flatMap(needlesOf));
  const hits: Hit[] = [];
  const look = ({ name, bytes }: Place, depth: number): void => {
    for (const { canary, form } of sieve.find(bytes)) hits.push({ place: name, canary, form });
    if (depth < DEPTH_MAX)
      for (const inner of unpacked(bytes)) look({ name: `${name}, unpacked`, bytes: inner }, depth + 1);
  };
  for (const place of places) look(place, 0);
  return hits;
}
