import { createHash, createHmac } from 'node:crypto';

/** What a load on the door of detectors is made of. */
export interface DoorsLoad {
  /** Address of the gateway, `http://host:port`. */
  readonly url: string;
  /** Detector that is spoken for, and its Standard Webhooks secret, base64. */
  readonly detector: string;
  readonly secret: string;
  /** Triggers a second, sent whether or not the ones before were answered. */
  readonly perSecond: number;
  /** Triggers in all. */
  readonly triggers: number;
  /** One in so many speaks of something new; the others of what was spoken of before. */
  readonly newEvery: number;
  /** Number of the first subject, so that loads one after the other do not meet. */
  readonly firstSubject: number;
}

const RECENT = 100; // subjects that are spoken of again: at ten new ones a second those of the last ten seconds
const HEAD_END = '\r\n\r\n';

/** Numbers below a bound, the same at every run (xorshift). */
function drawing(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

function bodyOf(subject: number, alert: number): string {
  return JSON.stringify({
    ...{ id: `alert-${subject}-${alert}`, kind: 'leak', severity: 'high' },
    fields: { campaign: `campaign-${subject}`, repo: `example/repo-${subject}`, path: `src/config-${alert}.yaml` },
  });
}

/**
 * The requests of a load, signed, as they go over the wire. Of those that speak of something known a third is the same delivery
 * once more, a third the same alert in a delivery of its own, a third another alert of the same subject.
 */
export function requestsOf(load: DoorsLoad, nowS: number): readonly Buffer[] {
  const { url, detector, secret, triggers, newEvery, firstSubject } = load;
  const key = Buffer.from(secret, 'base64');
  const { host } = new URL(url);
  const draw = drawing(20_260_504 + firstSubject);
  const first: Buffer[] = [];
  let deliveries = 0;
  const request = (body: string): Buffer => {
    deliveries += 1;
    const id = `msg-${firstSubject}-${deliveries}`;
    const mac = createHmac('sha256', key).update(`${id}.${nowS}.${body}`).digest('base64');
    const head = [
      ...[`POST /v1/detectors/${detector} HTTP/1.1`, `host: ${host}`, 'content-type: application/json'],
      ...[`content-length: ${Buffer.byteLength(body)}`, `webhook-id: ${id}`, `webhook-timestamp: ${nowS}`],
      `webhook-signature: v1,${mac}`,
    ];
    return Buffer.from(`${head.join('\r\n')}${HEAD_END}${body}`, 'latin1');
  };
  return Array.from({ length: triggers }, (_, index) => {
    if (index % newEvery === 0) {
      const fresh = request(bodyOf(firstSubject + first.length, 0));
      first.push(fresh);
      return fresh;
    }
    const place = first.length - 1 - draw(Math.min(RECENT, first.length));
    const kind = draw(3);
    if (kind === 0) return first[place]!;
    return request(bodyOf(firstSubject + place, kind === 1 ? 0 : 1 + index));
  });
}

/** How many runs a load comes to: one a subject. */
export function runsOf({ triggers, newEvery }: DoorsLoad): number {
  return Math.ceil(triggers / newEvery);
}

/** A secret of Standard Webhooks, drawn from a word; base64 of 32 bytes. */
export function secretFrom(word: string): string {
  return createHash('sha256').update(word).digest('base64');
}
