import assert from 'node:assert/strict';
import { SCRUBBED, scrubTokens } from '../../../contracts/token-shapes.ts';

const join = (prefix: string, length: number, glue = '_'): string =>
  [prefix, 'a1B2'.repeat(20).slice(0, length)].join(glue);

describe('scrubTokens', () => {
  for (const [issuer, token] of [
    ['Hugging Face', join('hf', 34)],
    ['a Hugging Face organisation', join('api_org', 34)],
    ['GitHub', join('ghp', 36)],
    ['GitHub, fine-grained', join('github_pat', 80)],
    ['GitLab', join('glpat', 20, '-')],
    ['npm', join('npm', 36)],
    ['AWS', ['AKIA', 'ABCD'.repeat(4)].join('')],
    ['Slack', join('xoxb', 24, '-')],
    ['Stripe', join('sk_live', 24)],
    ['Vault', join('hvs', 24, '.')],
    ['a JWT', ['eyJhbGciOiJI', 'eyJzdWIiOiIx', 'c2lnbmF0dXJl'].join('.')],
    ['a private key', ['-----BEGIN RSA ', 'PRIVATE KEY-----\nMIIE\n-----END RSA ', 'PRIVATE KEY-----'].join('')],
  ] as const) {
    it(`takes out a token of ${issuer}`, () => {
      assert.equal(scrubTokens(`before ${token} after`), `before ${SCRUBBED} after`);
    });
  }

  for (const text of [
    'INC-2026-0042 revoked 1,204 of 1,204',
    'hf_...c3f9',
    'risk-assessment-of-the-whole-organisation',
    'a'.repeat(64),
    '6f1c8f5e-57a1-4b57-9d0e-0f6a6f1f2a10',
  ]) {
    it(`leaves alone ${text.slice(0, 32)}`, () => {
      assert.equal(scrubTokens(text), text);
    });
  }
});
