import type { SchemeName } from '../../../../gateway/detectors/config.ts';
import { hearingOf } from '../../../../gateway/detectors/schemes.ts';
import { isCodedError } from '../../../../contracts/errors.ts';
import { NOW_MS, published, REST, senders, type Sent } from './senders.ts';

/** Numbers from a seed (mulberry32), so that a failure is found again. */
function drawing(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

type Draw = (below: number) => number;

/** A byte changed, left out, put in or doubled, somewhere. */
function changed(bytes: Buffer, draw: Draw): Buffer {
  const at = draw(bytes.length);
  const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at + 1)];
  const kind = draw(4);
  if (kind === 0) return Buffer.concat([head, Buffer.from([bytes[at]! ^ (1 << draw(7))]), tail]);
  if (kind === 1) return Buffer.concat([head, tail]);
  if (kind === 2) return Buffer.concat([head, Buffer.from([32 + draw(94)]), bytes.subarray(at)]);
  return Buffer.concat([bytes, bytes.subarray(at)]);
}

/** Headers that the proof rests on. */
function proving(scheme: SchemeName, { headers }: Sent): readonly string[] {
  return Object.keys(headers).filter((name) => !(scheme === 'sns' && name.startsWith('x-amz')));
}

/** A request that was never sent like that: its body or a header of its proof changed, gone, or another's. */
function forged(scheme: SchemeName, sent: Sent, other: Sent, draw: Draw): Sent {
  const names = proving(scheme, sent);
  const coversBody = scheme !== 'bearer' && scheme !== 'basic';
  const kind = names.length === 0 ? 0 : coversBody ? draw(4) : 1 + draw(2);
  if (kind === 0) return { ...sent, body: changed(sent.body, draw) };
  if (kind === 3) return { headers: sent.headers, body: other.body };
  const name = names[draw(names.length)]!;
  if (kind === 1)
    return {
      ...sent,
      headers: { ...sent.headers, [name]: changed(Buffer.from(sent.headers[name]!), draw).toString('latin1') },
    };
  return { ...sent, headers: Object.fromEntries(Object.entries(sent.headers).filter(([key]) => key !== name)) };
}

/** The members of an SNS envelope, which is what SNS signs: the white space between them is nobody's. */
function membersOf(body: Buffer): string {
  try {
    return JSON.stringify(JSON.parse(body.toString('latin1')));
  } catch {
    return body.toString('latin1');
  }
}

/** Whether a draw changed nothing that the scheme signs. */
function isTheSame(scheme: SchemeName, left: Sent, right: Sent): boolean {
  const isSameBody = scheme === 'sns' ? membersOf(left.body) === membersOf(right.body) : left.body.equals(right.body);
  return isSameBody && JSON.stringify(left.headers) === JSON.stringify(right.headers);
}

const names = Object.keys(senders) as SchemeName[];
const hearings = new Map(names.map((name) => [name, hearingOf({ ...REST, ...senders[name].config }, published)]));

/** What became of requests to the verifiers of all schemes. */
export interface Verified {
  readonly tried: number;
  readonly accepted: number;
  /** Those that should not have been what they were, as text. */
  readonly wrong: readonly string[];
}

function shownOf(scheme: SchemeName, { headers, body }: Sent): string {
  return `${scheme}: ${JSON.stringify(headers)} ${body.toString('latin1')}`;
}

/** Sends proper requests, each scheme in its turn; an accepted one holds exactly one alert. */
export async function verifyProper(total: number): Promise<Verified> {
  const wrong: string[] = [];
  for (let n = 0; n < total; n += 1) {
    const scheme = names[n % names.length]!;
    const { verify, read } = hearings.get(scheme)!;
    const sent = senders[scheme].send(n);
    const count = await verify({ ...sent, atMs: NOW_MS }).then(
      (authentic) => read(authentic).length,
      () => 0,
    );
    if (count !== 1) wrong.push(shownOf(scheme, sent));
  }
  return { tried: total, accepted: total - wrong.length, wrong };
}

/** Sends requests whose body or proof was changed, dropped, or taken from another one. @throws what is no coded refusal */
export async function verifyForged(total: number, seed: number): Promise<Verified> {
  const draw = drawing(seed);
  const wrong: string[] = [];
  let tried = 0;
  while (tried < total) {
    const scheme = names[tried % names.length]!;
    const sender = senders[scheme];
    const sent = sender.send(tried);
    const forgery = forged(scheme, sent, sender.send(tried + 1), draw);
    if (isTheSame(scheme, sent, forgery)) continue;
    tried += 1;
    try {
      await hearings.get(scheme)!.verify({ ...forgery, atMs: NOW_MS });
      wrong.push(shownOf(scheme, forgery));
    } catch (error) {
      if (!isCodedError(error)) throw error;
    }
  }
  return { tried, accepted: wrong.length, wrong };
}
