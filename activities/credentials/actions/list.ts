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
import type { Ledger, NewRow, PlacedRow } from '../../../ledger/ports.ts';

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
  const { from, split } = call.with;
  const source = listingOf(call);
  const whole = source === undefined ? datasetOf(from) : undefined;
  const sorter = split === undefined ? undefined : sorterOf(call.step, split);
  const parts = [...(whole ? [] : ['dataset']), ...(sorter ? [...sorter.parts, 'rest'] : [])];
  if (whole) checkCount(call, whole.count);
  const rows = source === undefined ? readWhole(options.ledger, call, whole!) : rowsOfSource(call, options, source);
  const placed = place(rows, (row) => [
    ...(whole ? [] : ['dataset']),
    ...(sorter ? [sorter.partOf(row.attributes)] : []),
  ]);
  const refs = await writeParts(call, options.ledger, parts, placed, ({ dataset }) => {
    if (dataset) checkCount(call, dataset.count);
  });
  const dataset = whole ?? refs['dataset']!;
  return {
    outputs: { ...refs, dataset, count: dataset.count } as unknown as JsonObject,
    ...(source === undefined ? {} : { facts: { affectedCredentials: await affected(call, options.ledger) } }),
  };
}

/** @throws CREDENTIALS_REMAIN where another number was expected. */
function checkCount({ step, with: { expectCount } }: ActionCall, count: number): void {
  if (typeof expectCount !== 'number' || count === expectCount) return;
  throw new CodedError('CREDENTIALS_REMAIN', `${step} counts ${count}, expected ${expectCount}`, {
    details: { count, expectCount },
  });
}

/** Says of each row which parts it goes into. */
export async function* place(
  rows: AsyncIterable<NewRow>,
  partsOf: (row: NewRow) => readonly string[],
): AsyncGenerator<PlacedRow> {
  for await (const row of rows) yield { row, into: partsOf(row) };
}

/** Credentials in scope so far, those of earlier rounds among them, each once. */
export function affected({ incident }: ActionCall, { datasets }: Ledger): Promise<number> {
  return datasets.distinct(incident, 'credentials');
}

/** Takes found credentials into rows, as they come: own ones are identified at their issuer, each gets its subject. */
export async function* toRows(
  call: ActionCall,
  { ledger, issuers }: Pick<ListOptions, 'ledger' | 'issuers'>,
  found: AsyncIterable<FoundCredential> | Iterable<FoundCredential>,
): AsyncGenerator<NewRow> {
  async function rowsOf(batch: readonly FoundCredential[]): Promise<readonly NewRow[]> {
    const known = await identified(issuers, batch);
    const owners = known.flatMap(({ ownerId }) => (ownerId === '' ? [] : [ownerId]));
    const subjects = await ledger.people.enter(call.incident, owners);
    return known.map((credential) => toRow(issuers, credential, subjects.get(credential.ownerId) ?? ''));
  }
  let batch: FoundCredential[] = [];
  for await (const credential of found) {
    if (batch.push(credential) < READ_BATCH) continue;
    yield* await rowsOf(batch);
    batch = [];
  }
  yield* await rowsOf(batch);
}

/**
 * Writes named parts in one commit and a journal record of them. A credential that comes twice is one target, as it came first.
 *
 * @param accept - sees what is about to be written; where it throws, nothing is.
 */
export async function writeParts(
  call: ActionCall,
  ledger: Ledger,
  parts: readonly string[],
  rows: AsyncIterable<PlacedRow>,
  accept?: (refs: Readonly<Record<string, DatasetRef>>) => void,
): Promise<Readonly<Record<string, DatasetRef>>> {
  if (parts.length === 0) return {};
  const { incident, step, visit } = call;
  const kinds = Object.fromEntries(parts.map((part) => [part, 'credentials' as const]));
  const refs = await ledger.datasets.writePlaced({ incident, step, visit }, kinds, rows, accept);
  const body: Record<string, Json> = { step, visit };
  for (const [name, { id, count, digest }] of Object.entries(refs)) body[name] = { id, count, digest };
  await ledger.journal.append(incident, [{ key: `dataset:${step}#${visit}`, kind: 'dataset', actor: 'engine', body }]);
  return refs;
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

function rowsOfSource(call: ActionCall, options: ListOptions, { source: name, where }: Listing): AsyncIterable<NewRow> {
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
