import { HttpClient, refusalOf } from '../../effects/http-exchange.ts';
import { inParallel } from './in-parallel.ts';
import { rawValue, text } from './answers.ts';
import type { ApplyTarget, Connector } from '../../port.ts';
import type { CredentialVendor } from '../port.ts';
import type { DatasetRow } from '../../../contracts/dataset.ts';
import type { Exchange } from '../../effects/http-exchange.ts';
import type { Observation, Outcome } from '../../../contracts/effects.ts';

const BATCH_MAX = 1_000; // GitHub's limit for one call; Hugging Face publishes none
const LOOKS = 4; // who-am-I requests at once
const TIMEOUT_MS = 15_000;
const EFFECT_DELAY_MAX_MS = 60_000; // both work through what they accepted in the background

/**
 * The public revocation endpoints of GitHub and Hugging Face: the raw value is disclosed to its issuer, which kills it
 * and tells the owner.
 *
 * The answer is 202 whatever happens, so the only proof is who-am-I with the token itself.
 *
 * @source docs.github.com/rest/credentials/revoke; huggingface/hub-docs docs/hub/security-tokens.md
 */
export const disclosure: CredentialVendor = {
  use: 'disclosure',
  issuerSchema: {
    required: ['url', 'whoami'],
    properties: {
      url: { type: 'string', pattern: '^https?://', description: 'The whole address, e.g. .../credentials/revoke' },
      whoami: { type: 'string', pattern: '^https?://' },
      token: { type: 'string', description: 'Only where the endpoint wants one (GitHub Enterprise Server): env:NAME' },
      perMinute: { type: 'integer', minimum: 1 },
      timeoutMs: { type: 'integer', minimum: 100, maximum: 15_000 },
      effectDelayMaxMs: { type: 'integer', minimum: 0 },
    },
  },
  createIssuer: (config, secrets) => {
    const client = new HttpClient(LOOKS + 1);
    const token = typeof config['token'] === 'string' ? secrets(config['token']) : undefined;
    const timeoutMs = typeof config['timeoutMs'] === 'number' ? config['timeoutMs'] : TIMEOUT_MS;
    const disclose = async (values: readonly string[]): Promise<Exchange> =>
      client.send({
        method: 'POST',
        url: text(config['url']),
        ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
        body: { credentials: values },
        timeoutMs,
      });
    const whoAmI = async (value: string): Promise<Exchange> =>
      client.send({
        method: 'GET',
        url: text(config['whoami']),
        headers: { authorization: `Bearer ${value}` },
        timeoutMs,
      });
    const { effectDelayMaxMs, perMinute } = config;
    const revoke: Connector = {
      name: 'disclosure',
      effect: 'idempotent',
      checks: true,
      notifiesOwner: true,
      reversible: false,
      needsRawValue: true,
      effectDelayMaxMs: typeof effectDelayMaxMs === 'number' ? effectDelayMaxMs : EFFECT_DELAY_MAX_MS,
      endsSessions: false,
      longestRequestMs: timeoutMs,
      batch: { max: BATCH_MAX, concurrency: 1, perMinute: typeof perMinute === 'number' ? perMinute : 60 },
      apply: (targets) => discloseAll(targets, disclose),
      check: (rows) => inParallel(rows, LOOKS, (row) => lookAt(row, whoAmI)),
    };
    return { revoke, ownValues: token === undefined ? [] : [token], close: () => client.close() };
  },
};

/** A refused batch is sent in halves, so that one malformed value fails alone. */
async function discloseAll(
  targets: readonly ApplyTarget[],
  disclose: (values: readonly string[]) => Promise<Exchange>,
): Promise<readonly Outcome[]> {
  const shown = targets.filter(({ row }) => rawValue(row) !== undefined);
  const missing = targets
    .filter((target) => !shown.includes(target))
    .map(({ row }): Outcome => ({
      subject: row.subject,
      state: 'failed',
      code: 'CONNECTOR_VALUE_MISSING',
      receipt: {},
    }));
  if (shown.length === 0) return missing;
  const exchange = await disclose(shown.map(({ row }) => rawValue(row) ?? ''));
  const refusal = refusalOf(exchange);
  if (refusal?.state === 'failed' && shown.length > 1) {
    const half = Math.ceil(shown.length / 2);
    const first = await discloseAll(shown.slice(0, half), disclose);
    return [...missing, ...first, ...(await discloseAll(shown.slice(half), disclose))];
  }
  const verdict: Omit<Outcome, 'subject'> = refusal ?? {
    state: 'accepted',
    receipt: exchange.end === 'answered' ? exchange.receipt : {},
  };
  return [...missing, ...shown.map(({ row }) => ({ ...verdict, subject: row.subject }))];
}

async function lookAt(row: DatasetRow, whoAmI: (value: string) => Promise<Exchange>): Promise<Observation> {
  const { subject } = row;
  const value = rawValue(row);
  if (value === undefined) return { subject, dead: undefined, receipt: { reason: 'the raw value is gone' } };
  const exchange = await whoAmI(value);
  const status = exchange.end === 'answered' ? exchange.status : 0;
  const dead = status === 401 ? true : status >= 200 && status < 300 ? false : undefined;
  return { subject, dead, receipt: { path: 'whoami', status } };
}
