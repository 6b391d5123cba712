import { durationMs } from '../../../contracts/duration.ts';
import { readActivity } from './read-activity.ts';
import { texts } from '../connectors/answers.ts';
import type { ActionCall, ActionResult } from '../../../contracts/effects.ts';
import type { ActivityRead } from './read-activity.ts';
import type { DatasetRef, DatasetRow } from '../../../contracts/dataset.ts';
import type { DocumentMeta, Handling, Ledger } from '../../../ledger/ports.ts';
import type { Issuers } from '../issuers.ts';
import type { JsonObject } from '../../../contracts/json.ts';

/** What the reading actions work with. */
export interface ActivityOptions {
  readonly ledger: Ledger;
  readonly issuers: Issuers;
  /** ISO 8601 UTC. */
  readonly now: () => string;
}

/** Facts of what happened: unprivileged, for those who respond. */
const HANDLING: Handling = { tlp: 'AMBER', privilege: 'none', audience: 'response' };

/**
 * `evidence.snapshot`: what the issuers know of each credential, before it is revoked, as a document with custody.
 *
 * @idempotency a repeat reads again and stores a new version of the document; the newest is the step's result.
 * @effect none outside.
 */
export async function snapshotEvidence(call: ActionCall, options: ActivityOptions): Promise<ActionResult> {
  const read = await readActivity(options.ledger, options.issuers, call.incident, datasetOf(call));
  const include = new Set(texts(call.with['include']));
  const items = read.known.map(({ row, activity }) => ({
    ...credential(row),
    ...(include.has('scopes') ? { scopes: activity.scopes } : {}),
    ...(include.has('lastUse') ? { lastUsedAt: activity.lastUsedAt ?? null } : {}),
    ...(include.has('clients') ? { clients: activity.clients } : {}),
  }));
  const document = await store(call, options, 'credential-snapshot', { items, missing: missingOf(read) });
  const { id, digest } = document;
  const [count, missing] = [items.length, read.missing.length];
  return {
    outputs: { document: id, digest, items: count, missing },
    ...(missing > 0
      ? { state: 'partial', openItems: [`no snapshot of ${missing} credentials; the document lists them`] }
      : {}),
  };
}

/**
 * `credentials.activity`: what was done with the credentials, as a document, and how many were used lately.
 *
 * Sets `misuseFound` only where it follows: `found` if any is marked misused, `not-found` if none is and none is missing.
 *
 * @effect none outside.
 */
export async function readCredentialActivity(call: ActionCall, options: ActivityOptions): Promise<ActionResult> {
  const read = await readActivity(options.ledger, options.issuers, call.incident, datasetOf(call));
  const back = call.with['back'];
  const sinceMs = typeof back === 'string' ? Date.parse(options.now()) - durationMs(back) : -Infinity;
  const items = read.known.map(({ row, activity }) => ({
    ...credential(row),
    scopes: activity.scopes,
    lastUsedAt: activity.lastUsedAt ?? null,
    clients: activity.clients,
  }));
  const used = items.filter(({ lastUsedAt }) => lastUsedAt !== null && Date.parse(lastUsedAt) >= sinceMs).length;
  const { id } = await store(call, options, 'credential-activity', { items, missing: missingOf(read) });
  const isMisused = read.known.some(({ row }) => row.attributes['misused'] === true);
  const verdict = isMisused ? 'found' : read.missing.length === 0 ? 'not-found' : undefined;
  return { outputs: { used, document: id }, ...(verdict === undefined ? {} : { facts: { misuseFound: verdict } }) };
}

async function store(
  call: ActionCall,
  { ledger, now }: ActivityOptions,
  name: string,
  content: JsonObject & { readonly items: readonly unknown[]; readonly missing: readonly unknown[] },
): Promise<DocumentMeta> {
  const { incident, step, visit } = call;
  const body = JSON.stringify({ incident, step, takenAt: now(), ...content }, undefined, 1);
  const document = await ledger.documents.put(incident, {
    name: `${name}-${step.replaceAll('/', '-')}.json`,
    mediaType: 'application/json',
    body: Buffer.from(body),
    by: 'engine',
    handling: HANDLING,
  });
  const custody = { document: document.id, digest: document.digest, takenBy: 'engine', from: 'issuers' };
  const counted = { items: content.items.length, missing: content.missing.length };
  await ledger.journal.append(incident, [
    {
      key: `evidence:${step}#${visit}:${document.digest}`,
      kind: 'evidence',
      actor: 'engine',
      body: { step, visit, ...custody, ...counted },
    },
  ]);
  return document;
}

function credential({ subject, attributes }: DatasetRow): JsonObject {
  const { issuer = '', kind = '', name = '', hint = '' } = attributes;
  return { subject, issuer, kind, name, hint };
}

function missingOf({ missing }: ActivityRead): readonly JsonObject[] {
  return missing.map(({ row, reason }) => ({ ...credential(row), reason }));
}

function datasetOf(call: ActionCall): DatasetRef {
  return call.with['of'] as unknown as DatasetRef; // checked against `firebreak:dataset` when the step started
}
