import { CodedError } from '../../../contracts/errors.ts';
import { READ_BATCH, hintOf } from '../port.ts';
import { isJsonObject } from '../../../contracts/json.ts';
import { sorterOf } from './sort.ts';
import { text } from '../connectors/answers.ts';
import type { ActionCall, ActionResult } from '../../../contracts/effects.ts';
import type { CredentialAttributes, DatasetRef, DatasetRow } from '../../../contracts/dataset.ts';
import type { CredentialSource, FoundCredential } from '../port.ts';
import type { Issuers } from '../issuers.ts';
import type { Json, JsonObject } from '../../../contracts/json.ts';
import type { Ledger, NewRow } from '../../../ledger/ports.ts';

/** What the actions that make datasets work with. */
export interface ListOptions {
  readonly ledger: Ledger;
  readonly issuers: Issuers;
  /** By the name under `sources`. */
  readonly sources: ReadonlyMap<string, CredentialSource>;
}

/**
 * `credentials.list`: takes credentials from a source into a dataset, or sorts a dataset into named parts.
 *
 * @idempotency datasets are written under (step, visit); a repeat returns the same ones.
 * @throws CREDENTIALS_SOURCE_UNKNOWN, CREDENTIALS_REMAIN (with `expectCount`), CREDENTIALS_SPLIT_INVALID, CONNECTOR_ codes.
 */
export async function listCredentials(call: ActionCall, options: ListOptions): Promise<ActionResult> {
  const { from, split, expectCount } = call.with;
  const source = listingOf(call);
  const rows = source === undefined ? [] : await rowsOfSource(call, options, source);
  const whole = source === undefined ? datasetOf(from) : undefined;
  const count = whole?.count ?? rows.length;
  if (typeof expectCount === 'number' && count !== expectCount) {
    throw new CodedError('CREDENTIALS_REMAIN', `${call.step} counts ${count}, expected ${expectCount}`, {
      details: { count, expectCount },
    });
  }
  const parts = split === undefined ? {} : await sortInto(options.ledger, call, whole, rows, split);
  const refs = await writeParts(call, options.ledger, { ...(whole ? {} : { dataset: rows }), ...parts });
  return {
    outputs: { ...(whole ? { dataset: whole as unknown as JsonObject } : {}), ...refs, count },
    ...(source === undefined ? {} : { facts: { affectedCredentials: await affected(call, options.ledger) } }),
  };
}

/** Credentials in scope so far, those of earlier rounds among them, each once. */
export function affected({ incident }: ActionCall, { datasets }: Ledger): Promise<number> {
  return datasets.distinct(incident, 'credentials');
}

/** Takes found credentials into rows: own ones are identified at their issuer, each gets its subject. */
export async function toRows(
  call: ActionCall,
  { ledger, issuers }: Pick<ListOptions, 'ledger' | 'issuers'>,
  found: AsyncIterable<FoundCredential> | Iterable<FoundCredential>,
): Promise<readonly NewRow[]> {
  const bySubject = new Map<string, NewRow>();
  const batch: FoundCredential[] = [];
  const flush = async (): Promise<void> => {
    const known = await identified(issuers, batch.splice(0));
    const owners = known.flatMap(({ ownerId }) => (ownerId === '' ? [] : [ownerId]));
    const subjects = await ledger.people.enter(call.incident, owners);
    for (const credential of known) {
      const row = toRow(issuers, credential, subjects.get(credential.ownerId) ?? '');
      bySubject.set(row.subject, row); // one credential may lie in a store twice: it is one target
    }
  };
  for await (const credential of found) if (batch.push(credential) === READ_BATCH) await flush();
  await flush();
  return [...bySubject.values()];
}

/** Writes named parts in one commit and a journal record of them. */
export async function writeParts(
  call: ActionCall,
  ledger: Ledger,
  parts: Readonly<Record<string, readonly NewRow[]>>,
): Promise<JsonObject> {
  const { incident, step, visit } = call;
  const named = Object.entries(parts).map(([name, rows]) => [name, { kind: 'credentials' as const, rows }] as const);
  if (named.length === 0) return {};
  const refs = await ledger.datasets.write({ incident, step, visit }, Object.fromEntries(named));
  const body: Record<string, Json> = { step, visit };
  for (const [name, { id, count, digest }] of Object.entries(refs)) body[name] = { id, count, digest };
  await ledger.journal.append(incident, [{ key: `dataset:${step}#${visit}`, kind: 'dataset', actor: 'engine', body }]);
  return refs as unknown as JsonObject;
}

/** Where to list, and what. */
interface Listing {
  readonly source: string;
  readonly where: Readonly<Record<string, string>>;
}

/** The source that `from` names, by itself or as a listing; `undefined` where it is a dataset. */
function listingOf({ with: { from, where } }: ActionCall): Listing | undefined {
  const filter = (given: Json | undefined): Listing['where'] =>
    Object.fromEntries(Object.entries(isJsonObject(given) ? given : {}).map(([key, value]) => [key, text(value)]));
  if (typeof from === 'string') return { source: from, where: filter(where) };
  if (!isJsonObject(from) || typeof from['source'] !== 'string') return undefined;
  return { source: from['source'], where: { ...filter(from['where']), ...filter(where) } };
}

async function rowsOfSource(
  call: ActionCall,
  options: ListOptions,
  { source: name, where }: Listing,
): Promise<readonly NewRow[]> {
  const source = options.sources.get(name);
  if (!source) {
    const known = [...options.sources.keys()].join(', ') || 'none';
    throw new CodedError('CREDENTIALS_SOURCE_UNKNOWN', `${call.step} lists from "${name}"; configured: ${known}`);
  }
  return toRows(call, options, source.list(where));
}

/** Asks each issuer about the values found under its name; what it does not know stays as the source says. */
async function identified(issuers: Issuers, batch: readonly FoundCredential[]): Promise<readonly FoundCredential[]> {
  const result = [...batch];
  for (const name of issuers.names) {
    const issuer = issuers.get(name);
    const asked = batch.flatMap(({ issuer: at, issuerId, value }, index) =>
      at === name && issuerId === '' && value !== undefined ? [{ index, value }] : [],
    );
    if (!issuer?.identify || asked.length === 0) continue;
    const answers = await issuer.identify(asked.map(({ value }) => value));
    asked.forEach(({ index }, position) => {
      const known = answers[position];
      const credential = result[index];
      if (!known || !credential) return;
      result[index] = { ...credential, ...known, ownerId: known.ownerId || credential.ownerId };
    });
  }
  return result;
}

/** @param owner - pseudonym of the owning person; the row does not say who that is. */
function toRow(issuers: Issuers, { value, ...credential }: FoundCredential, owner: string): NewRow {
  const { issuer, kind, name, hint, issuerId, scopes, misused, store } = credential;
  const attributes: CredentialAttributes = {
    ...{ issuer, kind, name, issuerId, scopes, misused, owner, store },
    hint: hint || hintOf(value ?? ''),
  };
  const subject = issuers.subjectOf({ issuer, issuerId, value });
  return { subject, attributes, sealed: value === undefined ? null : { value } };
}

async function sortInto(
  ledger: Ledger,
  call: ActionCall,
  whole: DatasetRef | undefined,
  rows: readonly NewRow[],
  split: Json,
): Promise<Readonly<Record<string, readonly NewRow[]>>> {
  const sorter = sorterOf(call.step, split);
  const parts: Record<string, NewRow[]> = Object.fromEntries([...sorter.parts, 'rest'].map((part) => [part, []]));
  const source = whole ? readWhole(ledger, call, whole) : rows;
  for await (const row of source) (parts[sorter.partOf(row.attributes)] ??= []).push(row);
  return parts;
}

async function* readWhole(ledger: Ledger, { incident }: ActionCall, dataset: DatasetRef): AsyncIterable<NewRow> {
  for (let from = 0; from < dataset.count; from += READ_BATCH) {
    const to = Math.min(from + READ_BATCH, dataset.count);
    const rows: readonly DatasetRow[] = await ledger.datasets.read(incident, dataset, { from, to, open: true });
    for (const { subject, attributes, sealed } of rows) yield { subject, attributes, sealed: sealed ?? null };
  }
}

function datasetOf(value: Json | undefined): DatasetRef {
  if (isJsonObject(value) && typeof value['id'] === 'string') return value as unknown as DatasetRef;
  throw new CodedError('CREDENTIALS_SOURCE_UNKNOWN', '`from` is neither the name of a source nor a dataset');
}
