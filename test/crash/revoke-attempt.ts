import { subscribe } from 'node:diagnostics_channel';
import { Issuers } from '../../activities/credentials/issuers.ts';
import { actAtIssuers } from '../../activities/credentials/actions/act-at-issuers.ts';
import { cutPoint } from '../../activities/effects/cut-point.ts';
import { failedWithout } from '../../activities/credentials/actions/without-connector.ts';
import { httpIssuer } from '../../activities/credentials/connectors/http-issuer.ts';
import { openLedger } from '../../ledger/open.ts';
import { endCell, readCell } from './cell.ts';
import type { PageCall } from '../../contracts/effects.ts';

/** What one attempt of one page of `credentials.revoke` is told. */
export interface RevokeSetting {
  readonly database: string;
  /** Key-encryption key, base64. */
  readonly key: string;
  /** Address of the issuer of the test. */
  readonly issuer: string;
  readonly call: PageCall;
}

const { epoch, setting } = readCell();
const { database, key, issuer, call } = setting as RevokeSetting;

// The bytes are in the kernel then, and the answer has not been read: the point that only the client library knows.
subscribe('undici:request:bodySent', (message) => {
  const { request } = message as { readonly request: { readonly path: string } };
  if (request.path.endsWith('/revoke')) cutPoint('request-sent');
});

const ledger = await openLedger({ url: database, keyEncryptionKey: Buffer.from(key, 'base64'), opens: ['secrets'] });
const config = { use: 'http-issuer', url: issuer, read: 'read', act: 'act' };
const issuers = new Issuers(new Map([['own', httpIssuer.createIssuer!(config, (name) => `${name}-key`)]]), ledger);
try {
  const attempt = { epoch, firstScheduledMs: epoch, signal: new AbortController().signal, heartbeat: () => undefined };
  endCell(await actAtIssuers(call, { ledger, issuers, attempt }, ({ revoke }) => revoke, failedWithout(issuers)));
} finally {
  await issuers.close();
  await ledger.close();
}
