import { randomBytes } from 'node:crypto';
import { actAtIssuers } from '../../activities/credentials/actions/act-at-issuers.ts';
import { failedWithout } from '../../activities/credentials/actions/without-connector.ts';
import { httpIssuer } from '../../activities/credentials/connectors/http-issuer.ts';
import { Issuers } from '../../activities/credentials/issuers.ts';
import { permitId, type Digest, type IncidentId, type StepId } from '../../contracts/ids.ts';
import { rfc7009 } from '../../activities/credentials/connectors/rfc7009.ts';
import type { DatasetRef } from '../../contracts/dataset.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { Ledger } from '../../ledger/ports.ts';
import type { PageCall } from '../../contracts/effects.ts';

const PAGE = 500; // rows a page, as a rollout has them
const WINDOW = 4; // pages in flight, as a rollout has them
const PLAN = '0'.repeat(64) as Digest; // unknown to the ledger: no limits

/** How credentials are revoked: one a request (RFC 7009) or a hundred (the product's own API). */
export type Way = 'one' | 'batch';

/** A raw credential of the benchmark; no issuer ever gave it out. */
export function tokenOf(index: number): string {
  return ['fb', String(index).padStart(34, 'x')].join('_');
}

/** Issuers at a sink, by way. */
export function issuersAt(ledger: Ledger, port: number, way: Way): Issuers {
  const url = `http://127.0.0.1:${port}`;
  const client = (name: string): JsonObject => ({ id: name, secret: name });
  const one = {
    revocation: `${url}/revoke`,
    introspection: `${url}/introspect`,
    act: client('act'),
    read: client('read'),
  };
  const secrets = (reference: string): string => `${reference}-key`;
  const issuer =
    way === 'one'
      ? rfc7009.createIssuer!(one, secrets)
      : httpIssuer.createIssuer!({ url, read: 'read', act: 'act' }, secrets);
  return new Issuers(new Map([['own', issuer]]), ledger);
}

/** Credentials to revoke, of an incident of their own. */
export interface RevokeRound {
  readonly incident: IncidentId;
  readonly dataset: DatasetRef;
}

/** Prepares that many credentials, under an open permit. */
export async function prepareRevocation(ledger: Ledger, count: number): Promise<RevokeRound> {
  const { incident } = await ledger.incidents.open({
    ...{ key: randomBytes(8).toString('hex'), requestHash: PLAN, mode: 'live', playbook: 'bench', planHash: PLAN },
    ...{ requester: 'bench', inputs: {}, roles: {} },
  });
  const rows = Array.from({ length: count }, (_, index) => ({
    subject: ledger.incidents.fingerprint(tokenOf(index)),
    attributes: { issuer: 'own', kind: 'user', issuerId: `t-${index}`, hint: '...' },
    sealed: { value: tokenOf(index) },
  }));
  const owner = { incident, step: 'scope', visit: 1 };
  const { dataset } = await ledger.datasets.write(owner, { dataset: { kind: 'credentials', rows } });
  await ledger.effects.setPermit(permitId(incident, 'contain', 1), incident, 'open');
  return { incident, dataset: dataset! };
}

/** Revokes them through the action itself, pages and window as in a rollout. @throws Error where one was not accepted */
export async function revokeAll(ledger: Ledger, issuers: Issuers, { incident, dataset }: RevokeRound): Promise<void> {
  const pages = Array.from({ length: Math.ceil(dataset.count / PAGE) }, (_, page) => page);
  let accepted = 0;
  const run = async (page: number): Promise<number> => {
    epoch += 1;
    const attempt = {
      epoch,
      firstScheduledMs: epoch,
      signal: new AbortController().signal,
      heartbeat: () => undefined,
    };
    const options = { ledger, issuers, attempt };
    const call = callOf(incident, dataset, page);
    const { counts, left } = await actAtIssuers(call, options, ({ revoke }) => revoke, failedWithout(issuers));
    return left > 0 ? run(page) : (counts.accepted ?? 0);
  };
  const lane = async (): Promise<void> => {
    for (let page = pages.shift(); page !== undefined; page = pages.shift()) {
      const done = await run(page);
      accepted += done; // after the wait: another lane may have added meanwhile
    }
  };
  await Promise.all(Array.from({ length: WINDOW }, lane));
  if (accepted !== dataset.count) throw new Error(`${accepted} of ${dataset.count} were accepted`);
}

let epoch = 0;

function callOf(incident: IncidentId, dataset: DatasetRef, page: number): PageCall {
  return {
    ...{ incident, mode: 'live', planHash: PLAN, step: 'contain' as StepId, visit: 1, round: 1, journal: [] },
    ...{ uses: 'credentials.revoke', with: {}, texts: {}, facts: {}, roles: {}, dataset, page },
    ...{ from: page * PAGE, to: Math.min((page + 1) * PAGE, dataset.count), first: [], onUnknown: 'report' },
  };
}
