import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { isSigned, securityEventTokenProof } from '../../../../gateway/detectors/security-event-token.ts';
import { snsProof } from '../../../../gateway/detectors/sns.ts';
import { arrived, NOW_MS, published, refuses, setToken, snsMessage, TOPIC, type Sent } from './senders.ts';

const MINUTE_MS = 60_000;

describe('proofs of signed messages', () => {
  describe('snsProof', () => {
    const verify = snsProof(published, { topics: [TOPIC], confirm: false });
    const sent = (message: object): Sent => ({ headers: {}, body: Buffer.from(JSON.stringify(message)) });
    const good = snsMessage(1, NOW_MS, '{"a":1}');

    it('takes a message of version 2, with and without a subject, and gives what is inside', async () => {
      assert.equal((await verify(arrived(sent(good)))).body.toString(), '{"a":1}');
      await verify(arrived(sent(snsMessage(1, NOW_MS, 'x', { Subject: 'hello' }))));
    });

    it('refuses every near miss', async () => {
      const misses: readonly object[] = [
        { SignatureVersion: '1' },
        { SignatureVersion: 2 },
        { TopicArn: TOPIC.replace('findings', 'other') },
        { Subject: 'added' },
        { Message: '{"a":2}' },
        { Type: 'Other' },
        { Type: 'constructor' },
        ...[
          'http://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0.pem',
          'https://sns.eu-central-1.amazonaws.com.evil.example/SimpleNotificationService-0.pem',
          'https://evil.example/sns.eu-central-1.amazonaws.com/SimpleNotificationService-0.pem',
          'https://sns.eu-central-1.amazonaws.com@evil.example/x.pem',
          'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0.pem',
          'https://sns.eu-central-1.amazonaws.com/../x.pem',
          ` https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-${'ab'.repeat(16)}.pem`,
          `hTtps://sns.eu-central-1.amazonaws.com/SimpleNotificationService-${'ab'.repeat(16)}.pem`,
          'https://sns.eu-central-1.amazonaws.com:8443/SimpleNotificationService-0.pem',
          `https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-${'ab'.repeat(16)}.pem?x=1`,
        ].map((SigningCertURL) => ({ SigningCertURL })),
      ];
      for (const miss of misses) await refuses(verify, sent({ ...good, ...miss }));
      for (const name of [
        'Signature',
        'Message',
        'MessageId',
        'Timestamp',
        'TopicArn',
        'Type',
        'SigningCertURL',
        'SignatureVersion',
      ])
        await refuses(verify, sent(Object.fromEntries(Object.entries(good).filter(([key]) => key !== name))));
    });

    it('takes what was signed an hour ago, and nothing older or ahead', async () => {
      await verify(arrived(sent(snsMessage(1, NOW_MS - 59 * MINUTE_MS, 'x'))));
      for (const minutes of [-61, 6])
        await refuses(verify, sent(snsMessage(1, NOW_MS + minutes * MINUTE_MS, 'x')), 'DETECTOR_STALE');
    });

    it('confirms a subscription only where that is configured, and only at SNS and for the topic', async () => {
      const address = (host: string, action: string, topic: string): string =>
        `https://${host}/?Action=${action}&TopicArn=${encodeURIComponent(topic)}&Token=t`;
      const asks = (SubscribeURL: string): Sent =>
        sent(snsMessage(1, NOW_MS, 'x', { Type: 'SubscriptionConfirmation', SubscribeURL, Token: 't' }));
      const host = 'sns.eu-central-1.amazonaws.com';
      const url = address(host, 'ConfirmSubscription', TOPIC);
      await refuses(verify, asks(url), 'DETECTOR_BEYOND_KEY');
      const confirming = snsProof(published, { topics: [TOPIC], confirm: true });
      assert.equal((await confirming(arrived(asks(url)))).confirm, url);
      for (const other of [
        address('evil.example', 'ConfirmSubscription', TOPIC),
        address(host, 'DeleteTopic', TOPIC),
        address(host, 'ConfirmSubscription', `${TOPIC}2`),
      ])
        await refuses(confirming, asks(other));
    });
  });

  describe('securityEventTokenProof', () => {
    const options = { issuer: 'https://idp.example/', audience: 'firebreak.example', jwks: 'https://idp.example/jwks' };
    const verify = securityEventTokenProof(published, options);
    const sent = (token: string): Sent => ({ headers: {}, body: Buffer.from(token) });

    it('knows the signatures of RFC 7515 A.3 and RFC 8037 A.4', () => {
      const vectors = [
        {
          alg: 'ES256',
          jwk: {
            kty: 'EC',
            crv: 'P-256',
            x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
            y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
          },
          text: [
            'eyJhbGciOiJFUzI1NiJ9',
            'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ',
          ].join('.'),
          signature: 'DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q',
        },
        {
          alg: 'EdDSA',
          jwk: { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
          text: ['eyJhbGciOiJFZERTQSJ9', 'RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc'].join('.'),
          signature: 'hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg',
        },
      ];
      for (const { alg, jwk, text, signature } of vectors) {
        const key = createPublicKey({ key: jwk, format: 'jwk' });
        const bytes = Buffer.from(signature, 'base64url');
        assert.ok(isSigned(alg, Buffer.from(text), key, bytes));
        assert.ok(!isSigned(alg, Buffer.from(`${text}x`), key, bytes));
        for (const other of ['none', 'HS256', 'RS256', 'constructor', undefined])
          assert.ok(!isSigned(other, Buffer.from(text), key, bytes));
      }
    });

    it('takes a token of the issuer for us, and gives its id', async () => {
      assert.deepEqual((await verify(arrived(sent(setToken(7, NOW_MS))))).ids, ['jti-7']);
      await verify(arrived(sent(setToken(7, NOW_MS, { claims: { aud: ['other.example', 'firebreak.example'] } }))));
    });

    it('refuses every near miss', async () => {
      const iat = Math.floor(NOW_MS / 1_000);
      for (const claims of [
        { iss: 'https://idp.example' },
        { aud: 'other.example' },
        { aud: undefined },
        { exp: iat + 60 },
        { jti: undefined },
        { jti: '' },
        { iat: undefined },
        { iat: String(iat) },
        { events: undefined },
        { events: [] },
      ])
        await refuses(verify, sent(setToken(1, NOW_MS, { claims })));
      for (const head of [
        { alg: 'none' },
        { alg: 'HS256' },
        { alg: 'RS256' },
        { typ: 'JWT' },
        { typ: undefined },
        { kid: 'k2' },
        { kid: undefined },
        { crit: ['b64'], b64: false },
      ])
        await refuses(verify, sent(setToken(1, NOW_MS, { head })));
      for (const iatOf of [iat - 90_000, iat + 360])
        await refuses(verify, sent(setToken(1, NOW_MS, { claims: { iat: iatOf } })), 'DETECTOR_STALE');
      const [head = '', claims = '', signature = ''] = setToken(1, NOW_MS).split('.');
      for (const token of [
        `${head}.${claims}.`,
        `${head}.${claims}`,
        `${head}.${claims}.${signature}.`,
        `${head}.${claims}.${signature}=`,
        ` ${head}.${claims}.${signature}`,
      ])
        await refuses(verify, sent(token));
    });
  });
});
