import { refusalOf } from '../../effects/http-exchange.ts';
import { isJsonObject } from '../../../contracts/json.ts';
import { IssuerApi, connectionSchema, described, entries, listOf, listTokens } from './http-issuer-api.ts';
import { issuerId, text, texts } from './answers.ts';
import type { ApplyContext, ApplyTarget, Connector, SecretReader } from '../../port.ts';
import type { ConnectorTraits, Observation, Outcome } from '../../../contracts/effects.ts';
import type { CredentialActivity, CredentialIssuer, CredentialVendor, Identified } from '../port.ts';
import type { DatasetRow } from '../../../contracts/dataset.ts';
import type { Exchange } from '../../effects/http-exchange.ts';
import type { IssuerPath } from './http-issuer-api.ts';
import type { JsonObject } from '../../../contracts/json.ts';

const REVOKE_BATCH = 100; // ids an acting call takes, default API
const DAY_MS = 24 * 3_600_000;

/** Any in-house issuer that speaks HTTP and JSON, by configuration; reading and acting use separate keys. */
export const httpIssuer: CredentialVendor = {
  use: 'http-issuer',
  issuerSchema: {
    required: ['url', 'read', 'act'],
    properties: {
      ...connectionSchema,
      act: { type: 'string', description: 'Reference to the key that may act: env:NAME or file:PATH' },
      notifiesOwner: { type: 'boolean' },
      endsSessions: { type: 'boolean' },
      effectDelayMaxMs: { type: 'integer', minimum: 0 },
      perMinute: { type: 'integer', minimum: 1 },
    },
  },
  sourceSchema: { required: ['url', 'read'], properties: { ...connectionSchema, issuer: { type: 'string' } } },
  createIssuer: (config, secrets) => new HttpIssuer(config, secrets),
  createSource: (config, secrets) => {
    const api = new IssuerApi(config, secrets);
    const issuer = typeof config['issuer'] === 'string' ? config['issuer'] : 'own';
    return { list: (where) => listTokens(api, issuer, where), close: () => api.close() };
  },
};

class HttpIssuer implements CredentialIssuer {
  readonly revoke: Connector;
  readonly endSessions: Connector;
  readonly rotation: CredentialIssuer['rotation'] & object;
  readonly ownValues: readonly string[];
  readonly #api: IssuerApi;

  constructor(config: JsonObject, secrets: SecretReader) {
    this.#api = new IssuerApi(config, secrets);
    const { keys, timeoutMs } = this.#api;
    this.ownValues = [keys.read, keys.act ?? ''].filter((value) => value !== '');
    const traits: ConnectorTraits = {
      name: 'http-issuer',
      effect: 'idempotent',
      checks: true,
      notifiesOwner: config['notifiesOwner'] === true,
      reversible: false,
      needsRawValue: false,
      effectDelayMaxMs: typeof config['effectDelayMaxMs'] === 'number' ? config['effectDelayMaxMs'] : 0,
      endsSessions: config['endsSessions'] === true,
      longestRequestMs: timeoutMs,
    };
    const perMinute = typeof config['perMinute'] === 'number' ? { perMinute: config['perMinute'] } : {};
    const many = { max: REVOKE_BATCH, concurrency: 4, ...perMinute };
    const one = { max: 1, concurrency: 4, ...perMinute };
    const check = (rows: readonly DatasetRow[]): Promise<readonly Observation[]> => this.#check(rows);
    this.revoke = { ...traits, batch: many, apply: (targets, context) => this.#revoke(targets, context), check };
    this.endSessions = { ...traits, checks: false, batch: many, apply: (targets) => this.#endSessions(targets) };
    this.rotation = {
      issue: {
        ...traits,
        effect: 'keyed',
        keyLifetimeMs: DAY_MS, // the default API remembers Idempotency-Key for at least a day
        checks: false,
        batch: one,
        apply: (targets) => perTarget(targets, (target) => this.#issue(target)),
      },
      handOver: {
        ...traits,
        checks: false,
        notifiesOwner: true,
        batch: one,
        apply: (targets) => perTarget(targets, (target) => this.#handOver(target)),
      },
      confirmed: (replacements) => this.#confirmed(replacements),
    };
  }

  async close(): Promise<void> {
    await this.#api.close();
  }

  async identify(values: readonly string[]): Promise<readonly (Identified | undefined)[]> {
    const results = listOf(await this.#api.read('identify', { values }), 'results');
    const byIndex = new Map(results.map((result) => [result['index'], result]));
    return values.map((_, index) => {
      const found = byIndex.get(index);
      if (!found || found['unknown'] === true) return undefined;
      const { id, kind, ownerId, scopes, misused } = described(found);
      return { issuerId: id, kind, ownerId, scopes, misused };
    });
  }

  async activity(issuerIds: readonly string[]): Promise<ReadonlyMap<string, CredentialActivity>> {
    const results = listOf(await this.#api.read('activity', { ids: issuerIds }), 'results');
    const known = results.filter((result) => result['unknown'] !== true);
    return new Map(
      known.map(({ id, scopes, lastUsedAt, clients }) => [
        text(id),
        {
          scopes: texts(scopes),
          lastUsedAt: typeof lastUsedAt === 'string' ? lastUsedAt : undefined,
          clients: texts(clients),
        },
      ]),
    );
  }

  async #revoke(targets: readonly ApplyTarget[], _context: ApplyContext): Promise<readonly Outcome[]> {
    return this.#byId(targets, 'revoke', (result, receipt) => {
      if (result['status'] === 'revoked') {
        return { state: 'accepted', receipt: { ...receipt, answer: 'revoked', at: text(result['at']) } };
      }
      if (result['status'] === 'not-found') return { state: 'failed', code: 'CONNECTOR_TARGET_UNKNOWN', receipt };
      return { state: 'unknown', code: 'CONNECTOR_NONSENSE', receipt };
    });
  }

  async #endSessions(targets: readonly ApplyTarget[]): Promise<readonly Outcome[]> {
    return this.#byId(targets, 'endSessions', (result, receipt) =>
      typeof result['ended'] === 'boolean'
        ? { state: 'accepted', receipt: { ...receipt, ended: result['ended'] } }
        : { state: 'unknown', code: 'CONNECTOR_NONSENSE', receipt },
    );
  }

  /** One acting call over ids, and what it says of each. A refused batch is sent in halves, so that one bad target fails alone. */
  async #byId(
    targets: readonly ApplyTarget[],
    path: IssuerPath,
    read: (result: JsonObject, receipt: JsonObject) => Omit<Outcome, 'subject'>,
  ): Promise<readonly Outcome[]> {
    const named = targets.filter(({ row }) => issuerId(row) !== '');
    const nameless = targets.filter(({ row }) => issuerId(row) === '').map(({ row }) => unknownTarget(row));
    if (named.length === 0) return nameless;
    const exchange = await this.#api.act(path, { ids: named.map(({ row }) => issuerId(row)) });
    const refusal = refusalOf(exchange);
    if (refusal?.state === 'failed' && named.length > 1) {
      const half = Math.ceil(named.length / 2);
      const first = await this.#byId(named.slice(0, half), path, read);
      return [...nameless, ...first, ...(await this.#byId(named.slice(half), path, read))];
    }
    if (refusal) return [...nameless, ...named.map(({ row }) => ({ ...refusal, subject: row.subject }))];
    const { body, receipt } = exchange as Extract<Exchange, { end: 'answered' }>;
    const byId = new Map(entries(body, 'results').map((result) => [result['id'], result]));
    const outcomes = named.map(({ row }): Outcome => {
      const result = byId.get(issuerId(row));
      const outcome = result
        ? read(result, receipt)
        : { state: 'unknown' as const, code: 'CONNECTOR_NONSENSE', receipt };
      return { subject: row.subject, ...outcome };
    });
    return [...nameless, ...outcomes];
  }

  async #check(rows: readonly DatasetRow[]): Promise<readonly Observation[]> {
    const ids = rows.map(issuerId).filter((id) => id !== '');
    const results = ids.length > 0 ? listOf(await this.#api.read('check', { ids }), 'results') : [];
    const active = new Map(results.map((result) => [result['id'], result['active']]));
    return rows.map((row) => {
      const seen = active.get(issuerId(row));
      return {
        subject: row.subject,
        dead: typeof seen === 'boolean' ? !seen : undefined,
        receipt: { path: 'check', active: typeof seen === 'boolean' ? seen : null },
      };
    });
  }

  async #issue({ row, key }: ApplyTarget): Promise<Omit<Outcome, 'subject'>> {
    if (issuerId(row) === '') return unknownTarget(row);
    const exchange = await this.#api.act('replacements', {}, issuerId(row), { 'idempotency-key': key });
    const refusal = refusalOf(exchange);
    if (refusal) return refusal;
    const { body, receipt } = exchange as Extract<Exchange, { end: 'answered' }>;
    // The new value is in the answer too. It is dropped here: the issuer itself hands it to the owner.
    const replacement = isJsonObject(body) ? text(body['id']) : '';
    if (replacement === '') return { state: 'unknown', code: 'CONNECTOR_NONSENSE', receipt };
    return { state: 'accepted', receipt: { ...receipt, replacement } };
  }

  async #handOver({ row }: ApplyTarget): Promise<Omit<Outcome, 'subject'>> {
    const exchange = await this.#api.act('handOver', {}, text(row.attributes['replacement']));
    const refusal = refusalOf(exchange);
    if (refusal) return refusal;
    const { body, receipt } = exchange as Extract<Exchange, { end: 'answered' }>;
    const handedOverAt = isJsonObject(body) ? text(body['handedOverAt']) : '';
    if (handedOverAt === '') return { state: 'unknown', code: 'CONNECTOR_NONSENSE', receipt };
    return { state: 'accepted', receipt: { ...receipt, handedOverAt } };
  }

  async #confirmed(replacements: readonly string[]): Promise<ReadonlySet<string>> {
    const results = listOf(await this.#api.read('replacementStatus', { ids: replacements }), 'results');
    const seen = results.filter(
      ({ confirmedAt, firstUsedAt }) => typeof confirmedAt === 'string' || typeof firstUsedAt === 'string',
    );
    return new Set(seen.map(({ id }) => text(id)));
  }
}

function unknownTarget(row: DatasetRow): Outcome {
  const receipt = { reason: 'no id at the issuer' };
  return { subject: row.subject, state: 'failed', code: 'CONNECTOR_TARGET_UNKNOWN', receipt };
}

async function perTarget(
  targets: readonly ApplyTarget[],
  act: (target: ApplyTarget) => Promise<Omit<Outcome, 'subject'>>,
): Promise<readonly Outcome[]> {
  return Promise.all(targets.map(async (target) => ({ ...(await act(target)), subject: target.row.subject })));
}
