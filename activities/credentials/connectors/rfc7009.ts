import { HttpClient, refusalOf } from '../../effects/http-exchange.ts';
import { inParallel } from './in-parallel.ts';
import { isJsonObject } from '../../../contracts/json.ts';
import { rawValue, text } from './answers.ts';
import type { ApplyTarget, Connector } from '../../port.ts';
import type { CredentialIssuer, CredentialVendor } from '../port.ts';
import type { DatasetRow } from '../../../contracts/dataset.ts';
import type { Exchange } from '../../effects/http-exchange.ts';
import type { JsonObject } from '../../../contracts/json.ts';
import type { Observation, Outcome } from '../../../contracts/effects.ts';

const CONCURRENCY = 8; // one token a request, so several requests at once
const TIMEOUT_MS = 10_000;

const clientSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['id', 'secret'],
  properties: { id: { type: 'string' }, secret: { type: 'string', description: 'env:NAME or file:PATH' } },
} as const;

/**
 * Any OAuth 2.0 server: revocation endpoint to act, introspection endpoint to look, each with a client of its own.
 *
 * A 200 says nothing about whether the token was known, so only introspection verifies.
 *
 * @source RFC 7009 section 2.2; RFC 7662 section 2.2
 */
export const rfc7009: CredentialVendor = {
  use: 'rfc7009',
  issuerSchema: {
    required: ['revocation', 'introspection', 'act', 'read'],
    properties: {
      revocation: { type: 'string', pattern: '^https?://' },
      introspection: { type: 'string', pattern: '^https?://' },
      act: clientSchema,
      read: clientSchema,
      timeoutMs: { type: 'integer', minimum: 100, maximum: 15_000 },
      tokenTypeHint: { enum: ['access_token', 'refresh_token'] },
      perMinute: { type: 'integer', minimum: 1 },
    },
  },
  createIssuer: (config, secrets) => {
    const act = basic(config['act'], secrets);
    const read = basic(config['read'], secrets);
    const client = new HttpClient(CONCURRENCY);
    const timeoutMs = typeof config['timeoutMs'] === 'number' ? config['timeoutMs'] : TIMEOUT_MS;
    const hint = text(config['tokenTypeHint']);
    const post = async (url: string, authorization: string, token: string): Promise<Exchange> =>
      client.send({
        method: 'POST',
        url,
        headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ token, ...(hint === '' ? {} : { token_type_hint: hint }) }).toString(),
        timeoutMs,
      });
    const revoke: Connector = {
      name: 'rfc7009',
      effect: 'idempotent',
      checks: true,
      notifiesOwner: false,
      reversible: false,
      needsRawValue: true,
      effectDelayMaxMs: 0,
      endsSessions: false,
      longestRequestMs: timeoutMs,
      batch: {
        max: 1,
        concurrency: CONCURRENCY,
        ...(typeof config['perMinute'] === 'number' ? { perMinute: config['perMinute'] } : {}),
      },
      apply: async (targets) =>
        Promise.all(
          targets.map((target) => revokeOne(target, (token) => post(text(config['revocation']), act.header, token))),
        ),
      check: async (rows) =>
        inParallel(rows, CONCURRENCY, (row) =>
          lookAt(row, (token) => post(text(config['introspection']), read.header, token)),
        ),
    };
    const issuer: CredentialIssuer = { revoke, ownValues: [act.secret, read.secret], close: () => client.close() };
    return issuer;
  },
};

async function revokeOne({ row }: ApplyTarget, post: (token: string) => Promise<Exchange>): Promise<Outcome> {
  const { subject } = row;
  const token = rawValue(row);
  if (token === undefined) return { subject, state: 'failed', code: 'CONNECTOR_VALUE_MISSING', receipt: {} };
  const exchange = await post(token);
  const refusal = refusalOf(exchange);
  if (refusal) return { ...refusal, subject };
  return { subject, state: 'accepted', receipt: exchange.end === 'answered' ? exchange.receipt : {} };
}

async function lookAt(row: DatasetRow, post: (token: string) => Promise<Exchange>): Promise<Observation> {
  const { subject } = row;
  const token = rawValue(row);
  if (token === undefined) return { subject, dead: undefined, receipt: { reason: 'the raw value is gone' } };
  const exchange = await post(token);
  const body = exchange.end === 'answered' && exchange.status === 200 ? exchange.body : undefined;
  const active = isJsonObject(body) ? body['active'] : undefined;
  const receipt: JsonObject = { path: 'introspection', active: typeof active === 'boolean' ? active : null };
  return { subject, dead: typeof active === 'boolean' ? !active : undefined, receipt };
}

/** @source RFC 6749 section 2.3.1: id and secret are form-encoded before they are joined */
function basic(
  client: unknown,
  secrets: (reference: string) => string,
): { readonly header: string; readonly secret: string } {
  const { id, secret } = isJsonObject(client) ? client : {};
  const value = secrets(text(secret));
  const joined = [text(id), value].map((part) => encodeURIComponent(part)).join(':');
  return { header: `Basic ${Buffer.from(joined).toString('base64')}`, secret: value };
}
