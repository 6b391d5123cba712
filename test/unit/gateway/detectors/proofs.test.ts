import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { basicProof, bearerProof } from '../../../../gateway/detectors/bearer.ts';
import { githubPartnerProof } from '../../../../gateway/detectors/github-partner.ts';
import { githubWebhookProof } from '../../../../gateway/detectors/github-webhook.ts';
import { gitguardianProof } from '../../../../gateway/detectors/gitguardian.ts';
import { hmac } from '../../../../gateway/detectors/proof.ts';
import { hearingOf } from '../../../../gateway/detectors/schemes.ts';
import { standardWebhooksProof } from '../../../../gateway/detectors/standard-webhooks.ts';
import { arrived, NOW_MS, published, refuses, REST, secretOf, senders, type Sent } from './senders.ts';

const MINUTE_MS = 60_000;

describe('proofs', () => {
  describe('githubPartnerProof', () => {
    // Key and signatures: docs.github.com (partner program, sample in Python) and pypi/warehouse, tests of its receiver.
    const KEY_ID = '90a421169f0a406205f1563a953312f0be898d3c7b6c06b681aa86a874555f4a';
    const KEY = [
      '-----BEGIN PUBLIC KEY-----',
      'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE9MJJHnMfn2+H4xL4YaPDA4RpJqUq',
      'kCmRCBnYERxZanmcpzQSXs1X/AljlKkbJ8qpVIW4clayyef9gWhFbNHWAA==',
      '-----END PUBLIC KEY-----',
    ].join('\n');
    const WAREHOUSE = JSON.stringify([
      {
        type: 'github_oauth_token',
        token: ['cb4985f91f740272c023', '4202299f43808034d7f5'].join(''),
        url: ' https://github.com/github/faketestrepo/blob/b0dd59c0b500650cacd4551ca5989a6194001b10/production.env',
      },
    ]);
    const vectors: readonly (readonly [string, string])[] = [
      [
        '[{"token":"some_token","type":"some_type","url":"some_url"}]',
        'MEUCIQDKZokqnCjrRtw0tni+2Ltvl/uiMJ1EGumEsp1BsNr32AIgQY1YXD2nlj+XNfGK4rBfkMJ1JDOQcYXxa2sY8FNkrKc=',
      ],
      [WAREHOUSE, 'MEQCIAfgjgz6Ou/3DXMYZBervz1TKCHFsvwMcbuJhNZse622AiAG86/cku2XdcmFWNHl2WSJi2fkE8t+auvB24eURaOd2A=='],
    ];
    const keys = { public_keys: [{ key_identifier: KEY_ID, key: KEY, is_current: false }] };
    const sent = (text: string, signature: string, id = KEY_ID): Sent => ({
      headers: { 'github-public-key-identifier': id, 'github-public-key-signature': signature },
      body: Buffer.from(text),
    });

    it('takes the published samples, and neither with a byte changed nor written anew', async () => {
      const verify = githubPartnerProof(async () => JSON.stringify(keys));
      for (const [text, signature] of vectors) {
        await verify(arrived(sent(text, signature)));
        await refuses(verify, sent(`${text} `, signature));
        await refuses(verify, sent(JSON.stringify(JSON.parse(text), null, 1), signature));
      }
      await refuses(verify, sent(vectors[0]![0], vectors[1]![1]));
    });

    it('looks an unknown key up once a minute, and takes none that is not published', async () => {
      let reads = 0;
      const verify = githubPartnerProof(async () => {
        reads += 1;
        return JSON.stringify(keys);
      });
      const [text, signature] = vectors[0]!;
      await verify(arrived(sent(text, signature)));
      for (let n = 0; n < 50; n += 1) await refuses(verify, sent(text, signature, n.toString(16).padStart(64, '0')));
      assert.equal(reads, 1);
      await refuses(verify, sent(text, signature, 'a'.repeat(64)), 'DETECTOR_UNSIGNED', NOW_MS + 2 * MINUTE_MS);
      assert.equal(reads, 2);
    });

    it('says that the keys are away rather than that the signature is wrong, and keeps what it had', async () => {
      const [text, signature] = vectors[0]!;
      await refuses(
        githubPartnerProof(() => Promise.reject(new Error('away'))),
        sent(text, signature),
        'DETECTOR_KEYS_AWAY',
      );
      let isAway = false;
      const verify = githubPartnerProof(() =>
        isAway ? Promise.reject(new Error()) : Promise.resolve(JSON.stringify(keys)),
      );
      await verify(arrived(sent(text, signature)));
      isAway = true;
      await verify(arrived(sent(text, signature), NOW_MS + 60 * MINUTE_MS));
    });

    it('takes no key of another curve', async () => {
      const pem = createPublicKey({
        key: { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
        format: 'jwk',
      });
      const page = { public_keys: [{ key_identifier: KEY_ID, key: pem.export({ type: 'spki', format: 'pem' }) }] };
      await refuses(
        githubPartnerProof(async () => JSON.stringify(page)),
        sent(...vectors[0]!),
        'DETECTOR_KEYS_AWAY',
      );
    });
  });

  describe('githubWebhookProof', () => {
    // docs.github.com, "Testing the webhook payload validation"
    const verify = githubWebhookProof(["It's a Secret to Everybody"]);
    const DIGEST = '757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
    const body = Buffer.from('Hello, World!');

    it('takes the documented sample', async () => {
      await verify(arrived({ headers: { 'x-hub-signature-256': `sha256=${DIGEST}` }, body }));
    });

    it('refuses its near misses', async () => {
      for (const value of [
        DIGEST,
        `sha1=${DIGEST}`,
        `sha256=${DIGEST.toUpperCase()}`,
        `sha256=${DIGEST}, sha256=${DIGEST}`,
        'sha256=',
        '',
      ])
        await refuses(verify, { headers: { 'x-hub-signature-256': value }, body });
      await refuses(verify, { headers: { 'x-hub-signature': `sha256=${DIGEST}` }, body });
      await refuses(verify, { headers: {}, body });
    });
  });

  describe('gitguardianProof', () => {
    const key = secretOf('gitguardian');
    const verify = gitguardianProof([key]);
    const good = senders.gitguardian.send(1);

    it('takes the HMAC under timestamp and token, within five minutes both ways', async () => {
      for (const minutes of [-4, 0, 4]) await verify(arrived(good, NOW_MS + minutes * MINUTE_MS));
      for (const minutes of [-60, -6, 6, 60])
        await refuses(verify, good, 'DETECTOR_STALE', NOW_MS + minutes * MINUTE_MS);
    });

    it('refuses what receivers that misread the documentation would take', async () => {
      const { timestamp = '' } = good.headers;
      const plain = `sha256=${hmac(key, good.body).toString('hex')}`;
      const over = `sha256=${hmac(key, timestamp, good.body).toString('hex')}`;
      for (const signature of [plain, over])
        await refuses(verify, { headers: { timestamp, 'gitguardian-signature': signature }, body: good.body });
      await refuses(verify, {
        headers: { timestamp, 'x-gitguardian-signature': good.headers['gitguardian-signature']! },
        body: good.body,
      });
      const later = { ...good.headers, timestamp: String(Number(timestamp) + 1) };
      await refuses(verify, { headers: later, body: good.body });
    });
  });

  describe('standardWebhooksProof', () => {
    // standard-webhooks, libraries/javascript/src/webhook.test.ts; the secret is the specification's own example
    const SECRET = ['whsec', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'].join('_');
    const AT_MS = 1_614_265_330_000;
    const body = Buffer.from('{"test": 2432232314}');
    const signature = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
    const headers = {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': signature,
    };
    const verify = standardWebhooksProof([SECRET]);
    const refusesAt = (changed: Readonly<Record<string, string>>, code?: string): Promise<void> =>
      refuses(verify, { headers: changed, body }, code, AT_MS);

    it('takes the fixed vector, and it among others', async () => {
      const { ids } = await verify(arrived({ headers, body }, AT_MS));
      assert.deepEqual(ids, ['msg_p5jXN8AQM9LWM0D4loKWxJek']);
      const among = `v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v2,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= ${signature}`;
      await verify(arrived({ headers: { ...headers, 'webhook-signature': among }, body }, AT_MS));
    });

    it('refuses what the reference tests refuse', async () => {
      for (const name of Object.keys(headers)) await refusesAt({ ...headers, [name]: '' });
      for (const value of [
        signature.slice(3),
        `v2,${signature.slice(3)}`,
        'v1,dawfeoifkpqwoekfpqoekf',
        'v1,',
        signature.replace('v1', 'v1a'),
      ])
        await refusesAt({ ...headers, 'webhook-signature': value });
      for (const value of ['hello', '1614265330.0', '01614265330'])
        await refusesAt({ ...headers, 'webhook-timestamp': value });
      await refuses(verify, { headers, body: Buffer.from('{"test":2432232314}') }, undefined, AT_MS);
    });

    it('refuses a moved border between id and time', async () => {
      await refusesAt({ ...headers, 'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330' });
    });

    it('keeps a window on both sides', async () => {
      for (const seconds of [-301, 301])
        await refuses(verify, { headers, body }, 'DETECTOR_STALE', AT_MS + seconds * 1_000);
    });

    it('takes Ed25519 under a public key', async () => {
      const { generateKeyPairSync, sign } = await import('node:crypto');
      const { publicKey, privateKey } = generateKeyPairSync('ed25519');
      const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
      const signed = sign(null, Buffer.from(`m.1614265330.${body.toString()}`), privateKey).toString('base64');
      const asymmetric = standardWebhooksProof([`whpk_${raw.toString('base64')}`]);
      const sent = { 'webhook-id': 'm', 'webhook-timestamp': '1614265330', 'webhook-signature': `v1a,${signed}` };
      await asymmetric(arrived({ headers: sent, body }, AT_MS));
      await refuses(asymmetric, { headers: { ...sent, 'webhook-signature': `v1,${signed}` }, body }, undefined, AT_MS);
    });
  });

  describe('bearerProof and basicProof', () => {
    const [secret, other] = [secretOf('bearer'), secretOf('other')];
    const body = Buffer.from('{}');

    it('take any of several keys, in the header that is meant', async () => {
      const verify = bearerProof([secret, other]);
      for (const key of [secret, other]) await verify(arrived({ headers: { authorization: `Bearer ${key}` }, body }));
      await bearerProof([secret], 'x-scout')(arrived({ headers: { 'x-scout': secret }, body }));
      await basicProof([`u:${secret}`])(
        arrived({ headers: { authorization: `Basic ${Buffer.from(`u:${secret}`).toString('base64')}` }, body }),
      );
    });

    it('refuse everything else', async () => {
      const verify = bearerProof([secret]);
      for (const authorization of [
        '',
        'Bearer ',
        secret,
        `bearer ${secret}`,
        `Bearer  ${secret}`,
        `Bearer ${secret} `,
        `Bearer ${secret.slice(1)}`,
        `Bearer ${other}`,
      ])
        await refuses(verify, { headers: { authorization }, body });
      await refuses(verify, { headers: { 'x-scout': secret }, body });
      await refuses(bearerProof([secret], 'x-scout'), { headers: { authorization: `Bearer ${secret}` }, body });
    });
  });

  it('take the old and the new key while one is rotated, and the old one no longer after', async () => {
    for (const scheme of ['github-webhook', 'gitguardian', 'standard-webhooks', 'bearer'] as const) {
      const { config, send } = senders[scheme];
      const fresh =
        scheme === 'standard-webhooks' ? `whsec_${Buffer.from(secretOf('new')).toString('base64')}` : secretOf('new');
      const during = hearingOf({ ...REST, ...config, keys: [fresh, ...config.keys!] }, published);
      await during.verify(arrived(send(1)));
      await refuses(hearingOf({ ...REST, ...config, keys: [fresh] }, published).verify, send(1));
    }
  });
});
