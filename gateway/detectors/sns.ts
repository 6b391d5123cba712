import { verify, X509Certificate, type KeyObject } from 'node:crypto';
import { CodedError } from '../../contracts/errors.ts';
import type { JsonObject } from '../../contracts/json.ts';
import { parseObject } from './json-body.ts';
import type { Get, Verify } from './port.ts';
import { decoded, refuseStale, unsigned, type Window } from './proof.ts';

/** SNS signs a message once and delivers it again for up to an hour by default. */
const WINDOW: Window = { pastMs: 3_600_000, futureMs: 300_000 };
const TOPIC = /^arn:aws(?:-cn|-us-gov)?:sns:([a-z0-9-]{3,30}):\d{12}:[A-Za-z0-9_-]{1,256}$/;
const CERTIFICATE_PATH = /^\/SimpleNotificationService-[0-9a-f]{32}\.pem$/;
const CERTIFICATES_MAX = 20; // a region has one at a time; beyond this somebody makes them up
const MISSES_A_MINUTE = 10;

/** Members that are signed, in their order, by type. @source docs.aws.amazon.com, verifying the signatures of SNS messages */
const SIGNED: Readonly<Record<string, readonly string[]>> = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
};

/** What the proof is told of the topic that it expects. */
export interface SnsOptions {
  /** Topics that messages are taken from: full ARNs. */
  readonly topics: readonly string[];
  /** Whether a subscription may be confirmed; for as long as it takes to subscribe. */
  readonly confirm: boolean;
}

/** Host of SNS in the region of a topic. */
export function snsHost(topic: string): string {
  const region = TOPIC.exec(topic)?.[1];
  if (region === undefined) throw new Error('a topic is an ARN of SNS');
  return `sns.${region}.amazonaws.com${topic.startsWith('arn:aws-cn:') ? '.cn' : ''}`;
}

/** An address at SNS itself, in the topic's own region. @throws DETECTOR_UNSIGNED for any other. */
function addressAt(host: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isOurs = url?.href === text && text.startsWith(`https://${host}/`); // one spelling, nothing for a parser to mend
  if (!url || !isOurs) throw unsigned('an address in the message is not one of SNS in the region of the topic');
  return url;
}

/** Certificates by address; only so many, and only so many new ones a minute. */
class Certificates {
  readonly #get: Get;
  readonly #known = new Map<string, { readonly key: KeyObject; readonly untilMs: number }>();
  #misses: readonly number[] = [];

  constructor(get: Get) {
    this.#get = get;
  }

  async key(url: string, nowMs: number): Promise<KeyObject> {
    const known = this.#known.get(url);
    if (known && nowMs < known.untilMs) return known.key;
    this.#misses = this.#misses.filter((at) => at > nowMs - 60_000);
    if (this.#misses.length >= MISSES_A_MINUTE)
      throw new CodedError('DETECTOR_KEYS_AWAY', 'too many certificates were asked for');
    this.#misses = [...this.#misses, nowMs];
    let certificate: X509Certificate;
    try {
      certificate = new X509Certificate(await this.#get(url));
    } catch (cause) {
      throw new CodedError('DETECTOR_KEYS_AWAY', 'the certificate could not be fetched', { cause });
    }
    const [fromMs, untilMs] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
    if (!(fromMs <= nowMs && nowMs < untilMs)) throw unsigned('the certificate is not valid now');
    if (this.#known.size >= CERTIFICATES_MAX) this.#known.clear();
    this.#known.set(url, { key: certificate.publicKey, untilMs });
    return certificate.publicKey;
  }
}

function textOf(envelope: JsonObject, name: string): string {
  const value = envelope[name];
  if (typeof value !== 'string') throw unsigned(`the message has no ${name}`);
  return value;
}

/** What SNS signs: name and value of each member, a line each; a subject only where there is one. */
function signedText(envelope: JsonObject, names: readonly string[]): string {
  return names
    .filter((name) => name !== 'Subject' || typeof envelope[name] === 'string')
    .map((name) => `${name}\n${textOf(envelope, name)}\n`)
    .join('');
}

/** Where a subscription is confirmed: nothing but that, for that topic. */
function confirmation(envelope: JsonObject, host: string, topic: string): string {
  const url = addressAt(host, textOf(envelope, 'SubscribeURL'));
  const asked = [url.searchParams.get('Action'), url.searchParams.get('TopicArn')];
  if (asked[0] !== 'ConfirmSubscription' || asked[1] !== topic)
    throw unsigned('the address does not confirm a subscription of the topic');
  return url.href;
}

/**
 * Proof of messages of Amazon SNS, signature version 2 (RSA, SHA-256); version 1 is SHA-1 and refused.
 *
 * SNS signs members, not the bytes, so its envelope is read before it is believed: a flat object. The certificate is taken
 * only from SNS in the region of a topic that is configured. A subscription is confirmed only where the configuration says
 * so. The message inside is the body.
 *
 * @throws DETECTOR_BEYOND_KEY for a subscription that is not to be confirmed.
 */
export function snsProof(get: Get, { topics, confirm }: SnsOptions): Verify {
  const certificates = new Certificates(get);
  return async ({ body, atMs }) => {
    const envelope = parseObject(body);
    const type = textOf(envelope, 'Type');
    const names = Object.hasOwn(SIGNED, type) ? SIGNED[type] : undefined;
    if (!names) throw unsigned('it is neither a notification nor a subscription');
    if (envelope.SignatureVersion !== '2') throw unsigned('only signature version 2 is taken');
    const topic = textOf(envelope, 'TopicArn');
    if (!topics.includes(topic)) throw unsigned('the topic is not one that is configured');
    const host = snsHost(topic);
    const at = addressAt(host, textOf(envelope, 'SigningCertURL'));
    if (!CERTIFICATE_PATH.test(at.pathname) || at.search !== '') throw unsigned('that is not a certificate of SNS');
    const signature = decoded(textOf(envelope, 'Signature'), 'base64');
    const key = await certificates.key(at.href, atMs);
    if (!verify('sha256', Buffer.from(signedText(envelope, names)), key, signature))
      throw unsigned('the signature is not the one of the message');
    refuseStale(Date.parse(textOf(envelope, 'Timestamp')), atMs, WINDOW);
    const authentic = {
      ids: [textOf(envelope, 'MessageId')],
      body: Buffer.from(textOf(envelope, 'Message')),
      headers: {},
    };
    if (type === 'Notification') return authentic;
    if (!confirm) throw new CodedError('DETECTOR_BEYOND_KEY', '`confirmSubscription` is not set for the detector');
    return { ...authentic, confirm: confirmation(envelope, host, topic) };
  };
}
