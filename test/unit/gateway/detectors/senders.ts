import assert from 'node:assert/strict';
import { createHash, createHmac, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import type { DetectorConfig } from '../../../../gateway/detectors/config.ts';
import type { Delivery, Get, Verify } from '../../../../gateway/detectors/port.ts';
import { selfSigned } from './self-signed.ts';

/** When the tests' requests arrive. */
export const NOW_MS = Date.UTC(2026, 4, 4, 10);

/** A shared secret for tests, made from a word: 43 characters, not literal anywhere. */
export function secretOf(word: string): string {
  return createHash('sha256').update(word).digest('base64url');
}

/** Headers and body of a request, as a sender makes it. */
export type Sent = Pick<Delivery, 'body'> & { readonly headers: Readonly<Record<string, string>> };

/** One who sends alerts properly, and how a detector has to be configured to hear it. */
export interface Sender {
  readonly config: Pick<DetectorConfig, 'scheme'> & Partial<DetectorConfig>;
  readonly mediaType: string;
  /** A proper request; `text` is what its format wants, different for each `n`. */
  send(n: number, atMs?: number, text?: string): Sent;
}

const PARTNER = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const PARTNER_ID = createHash('sha256').update('partner').digest('hex');
const ISSUER = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const SNS = generateKeyPairSync('rsa', { modulusLength: 2048 });
const CERTIFICATE = `https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-${'ab'.repeat(16)}.pem`;
/** The topic of the tests. */
export const TOPIC = 'arn:aws:sns:eu-central-1:123456789012:findings';
const YEAR_MS = 366 * 86_400_000;

const GITHUB_KEYS = JSON.stringify({
  public_keys: [
    {
      key_identifier: PARTNER_ID,
      key: PARTNER.publicKey.export({ type: 'spki', format: 'pem' }),
      is_current: false, // a rotated key counts while it is published
    },
  ],
});
const JWKS = JSON.stringify({ keys: [{ ...ISSUER.publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig' }] });
const PEM = selfSigned(SNS, new Date(Date.now() - 20 * YEAR_MS), new Date(Date.now() + 20 * YEAR_MS));

/** What the senders publish, by address. */
export const published: Get = async (url) => {
  if (url.endsWith('/meta/public_keys/secret_scanning')) return GITHUB_KEYS;
  if (url === 'https://idp.example/jwks') return JWKS;
  if (url === CERTIFICATE) return PEM;
  throw new Error(`nothing is published at ${url}`);
};

/** A token-shaped value, another for each number. */
export function tokenOf(n: number): string {
  return ['hf', createHash('sha256').update(`token ${n}`).digest('hex').slice(0, 34)].join('_');
}

/** A message that SNS signed. @param change - members that are changed before signing. */
export function snsMessage(
  n: number,
  atMs: number,
  text: string,
  change: Readonly<Record<string, string>> = {},
): object {
  const members: Record<string, string> = {
    Type: 'Notification',
    MessageId: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    TopicArn: TOPIC,
    Message: text,
    Timestamp: new Date(atMs).toISOString(),
    ...change,
  };
  const names = Object.keys(members).sort();
  const signed = names.map((name) => `${name}\n${members[name]!}\n`).join('');
  const signature = sign('sha256', Buffer.from(signed), SNS.privateKey).toString('base64');
  return { ...members, SignatureVersion: '2', Signature: signature, SigningCertURL: CERTIFICATE };
}

/** A security event token. @param change - claims, and members of its head, that are changed before signing. */
export function setToken(
  n: number,
  atMs: number,
  change: { readonly claims?: object; readonly head?: object } = {},
): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = {
    ...{ iss: 'https://idp.example/', aud: 'firebreak.example', iat: Math.floor(atMs / 1_000), jti: `jti-${n}` },
    sub_id: { format: 'opaque', id: `subject-${n}` },
    events: { 'https://schemas.openid.net/secevent/caep/event-type/credential-change': { change_type: 'revoke' } },
    ...change.claims,
  };
  const signed = `${part({ alg: 'ES256', typ: 'secevent+jwt', kid: 'k1', ...change.head })}.${part(claims)}`;
  const signature = sign('sha256', Buffer.from(signed), { key: ISSUER.privateKey, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

function hmacHex(key: string, text: string): string {
  return createHmac('sha256', key).update(text).digest('hex');
}

/** An alert in our own form. */
export function plainAlert(n: number, more: object = {}): string {
  return JSON.stringify({
    id: `alert-${n}`,
    kind: 'leak',
    severity: 'high',
    fields: { repo: `example/repo-${n}` },
    ...more,
  });
}

/** A finding of GuardDuty as EventBridge passes it on. */
export function finding(n: number, detail: object = {}): string {
  return JSON.stringify({
    ...{ version: '0', id: randomUUID(), source: 'aws.guardduty', 'detail-type': 'GuardDuty Finding' },
    ...{ account: '123456789012', region: 'eu-central-1', time: '2026-05-04T09:59:00Z' },
    detail: {
      ...{ schemaVersion: '2.0', id: `finding-${n}`, type: 'CredentialAccess:IAMUser/AnomalousBehavior', severity: 8 },
      ...{
        title: 'Anomalous',
        updatedAt: '2026-05-04T09:58:00Z',
        service: { count: 1, additionalInfo: { value: '{}' } },
      },
      ...detail,
    },
  });
}

/** Partner alerts of one token. */
export function partnerAlert(n: number): string {
  return JSON.stringify([
    { token: tokenOf(n), type: 'hub_token', url: `https://code.example/repo-${n}`, source: 'content' },
  ]);
}

/** An alert of a repository, as GitHub's webhook has it. */
export function secretScanningAlert(n: number, action = 'created'): string {
  const alert = { number: n + 1, secret_type: 'hub_token', validity: 'active', created_at: '2026-05-04T09:57:00Z' };
  return JSON.stringify({ action, alert, repository: { full_name: 'example/app' } });
}

function incidentOfGitguardian(n: number): string {
  return JSON.stringify({ source: 'GitGuardian', action: 'incident_triggered', incident: { id: n, severity: 'high' } });
}

/** All of them, by scheme. */
export const senders: Readonly<Record<DetectorConfig['scheme'], Sender>> = {
  'github-partner': {
    ...{ config: { scheme: 'github-partner' }, mediaType: 'application/json' },
    send: (n, _atMs, text = partnerAlert(n)) => ({
      headers: {
        'github-public-key-identifier': PARTNER_ID,
        'github-public-key-signature': sign('sha256', Buffer.from(text), PARTNER.privateKey).toString('base64'),
      },
      body: Buffer.from(text),
    }),
  },
  'github-webhook': {
    ...{ config: { scheme: 'github-webhook', keys: [secretOf('github')] }, mediaType: 'application/json' },
    send: (n, _atMs, text = secretScanningAlert(n)) => ({
      headers: { 'x-hub-signature-256': `sha256=${hmacHex(secretOf('github'), text)}` },
      body: Buffer.from(text),
    }),
  },
  gitguardian: {
    ...{ config: { scheme: 'gitguardian', keys: [secretOf('gitguardian')] }, mediaType: 'application/json' },
    send: (n, atMs = NOW_MS, text = incidentOfGitguardian(n)) => {
      const timestamp = String(Math.floor(atMs / 1_000));
      const signature = `sha256=${hmacHex(timestamp + secretOf('gitguardian'), text)}`;
      return { headers: { timestamp, 'gitguardian-signature': signature }, body: Buffer.from(text) };
    },
  },
  'standard-webhooks': {
    config: { scheme: 'standard-webhooks', keys: [`whsec_${Buffer.from(secretOf('standard')).toString('base64')}`] },
    mediaType: 'application/json',
    send: (n, atMs = NOW_MS, text = plainAlert(n)) => {
      const [id, timestamp] = [`msg_${n}`, String(Math.floor(atMs / 1_000))];
      const mac = createHmac('sha256', secretOf('standard')).update(`${id}.${timestamp}.${text}`).digest('base64');
      const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${mac}` };
      return { headers, body: Buffer.from(text) };
    },
  },
  sns: {
    ...{ config: { scheme: 'sns', topics: [TOPIC] }, mediaType: 'text/plain; charset=UTF-8' },
    send: (n, atMs = NOW_MS, text = finding(n)) => ({
      headers: { 'x-amz-sns-message-type': 'Notification' },
      body: Buffer.from(JSON.stringify(snsMessage(n, atMs, text))),
    }),
  },
  'security-event-token': {
    config: {
      ...{ scheme: 'security-event-token', issuer: 'https://idp.example/', audience: 'firebreak.example' },
      jwks: 'https://idp.example/jwks',
    },
    mediaType: 'application/secevent+jwt',
    send: (n, atMs = NOW_MS, text = setToken(n, atMs)) => ({ headers: {}, body: Buffer.from(text) }),
  },
  bearer: {
    ...{ config: { scheme: 'bearer', keys: [secretOf('bearer')] }, mediaType: 'application/json' },
    send: (n, _atMs, text = plainAlert(n)) => ({
      headers: { authorization: `Bearer ${secretOf('bearer')}` },
      body: Buffer.from(text),
    }),
  },
  basic: {
    ...{ config: { scheme: 'basic', keys: [`alerts:${secretOf('basic')}`] }, mediaType: 'application/json' },
    send: (n, _atMs, text = plainAlert(n)) => ({
      headers: { authorization: `Basic ${Buffer.from(`alerts:${secretOf('basic')}`).toString('base64')}` },
      body: Buffer.from(text),
    }),
  },
};

/** What a detector of the tests is, beyond its scheme. */
export const REST: Omit<DetectorConfig, 'scheme'> = {
  ...{ name: 'scout', playbooks: ['leaked-token'], modes: ['live', 'drill'], rules: [] },
};

/** A request as it arrives. */
export function arrived({ headers, body }: Sent, atMs = NOW_MS): Delivery {
  return { headers, body, atMs };
}

/** Asserts that a proof refuses a request. */
export async function refuses(verify: Verify, sent: Sent, code = 'DETECTOR_UNSIGNED', atMs = NOW_MS): Promise<void> {
  await assert.rejects(verify(arrived(sent, atMs)), { code });
}
