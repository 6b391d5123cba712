import { createHash } from 'node:crypto';
import { CodedError } from '../contracts/errors.ts';
import { canonicalJson, type JsonObject } from '../contracts/json.ts';
import type { IncidentId } from '../contracts/ids.ts';
import type { JournalDraft, JournalHead, JournalKind, JournalRecord } from '../contracts/journal.ts';
import type { Database, Queryable } from './database.ts';
import type { JournalStore } from './ports.ts';
import type { Keyring } from './keys.ts';

/** `prevHash` of the first record. */
export const GENESIS = '0'.repeat(64);
const READ_MAX = 10_000; // records a read: some megabytes

interface Row {
  readonly seq: number;
  readonly key: string;
  readonly at: string;
  readonly kind: JournalKind;
  readonly actor: string;
  readonly body: string;
  readonly prev_hash: string;
  readonly hash: string;
}

/** Hash of a record: SHA-256 over its canonical JSON without `hash`, with the incident it belongs to. */
export function recordHash(incident: IncidentId, record: Omit<JournalRecord, 'hash'>): string {
  const { seq, at, key, kind, actor, body, prevHash } = record;
  return createHash('sha256')
    .update(canonicalJson({ incident, seq, at, key, kind, actor, body, prevHash }))
    .digest('hex');
}

function toRecord(row: Row): JournalRecord {
  return {
    seq: row.seq,
    key: row.key,
    at: row.at,
    kind: row.kind,
    actor: row.actor,
    body: JSON.parse(row.body) as JsonObject,
    prevHash: row.prev_hash,
    hash: row.hash,
  };
}

const LOCK_HEAD = `
select seq, hash, to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at
from heads where incident = $1 for update`;

/** Locks the head of a chain; others that append to it wait here, then see what was appended. */
async function lockHead(tx: Queryable, number: number): Promise<JournalHead & { readonly at: string }> {
  const lock = (): Promise<readonly (JournalHead & { at: string })[]> => tx.query(LOCK_HEAD, [number], 'lock-head');
  const [head] = await lock();
  if (head) return head;
  await tx.query('insert into heads (incident, seq, hash) values ($1, 0, $2) on conflict do nothing', [
    number,
    GENESIS,
  ]);
  return (await lock())[0]!;
}

/**
 * Appends records inside a transaction: locks the chain's head, leaves out keys that are there, chains the rest.
 *
 * @returns the head afterwards.
 */
export async function appendRecords(
  tx: Queryable,
  incident: IncidentId,
  number: number,
  drafts: readonly JournalDraft[],
): Promise<JournalHead> {
  const { at, ...locked } = await lockHead(tx, number);
  const known = await tx.query<{ key: string }>(
    'select key from journal where incident = $1 and key = any($2::text[])',
    [number, drafts.map(({ key }) => key)],
    'known-keys',
  );
  const seen = new Set(known.map(({ key }) => key));
  let head: JournalHead = locked;
  const records: JournalRecord[] = [];
  for (const { key, kind, actor, body } of drafts) {
    if (seen.has(key)) continue;
    seen.add(key);
    const unhashed = { seq: head.seq + 1, at, key, kind, actor, body, prevHash: head.hash };
    const record = { ...unhashed, hash: recordHash(incident, unhashed) };
    records.push(record);
    head = { seq: record.seq, hash: record.hash };
  }
  if (records.length > 0) await write(tx, number, records, head);
  return head;
}

const WRITE = `
with moved as (update heads set seq = $2, hash = $3 where incident = $1)
insert into journal (incident, seq, key, at, kind, actor, body, prev_hash, hash)
select $1, * from unnest($4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[])`;

async function write(
  tx: Queryable,
  number: number,
  records: readonly JournalRecord[],
  head: JournalHead,
): Promise<void> {
  const columns = (['seq', 'key', 'at', 'kind', 'actor'] as const).map((column) =>
    records.map((record) => record[column]),
  );
  await tx.query(
    WRITE,
    [
      ...[number, head.seq, head.hash, ...columns],
      records.map(({ body }) => canonicalJson(body)),
      records.map(({ prevHash }) => prevHash),
      records.map(({ hash }) => hash),
    ],
    'journal-write',
  );
}

function broken(incident: IncidentId, how: string): CodedError {
  return new CodedError('JOURNAL_BROKEN', `the journal of ${incident} ${how}`);
}

/** One look at any number of journals. */
export const HEADS = `
select i.id as incident, coalesce(h.seq, 0) as seq, i.closed_at
from incidents i left join heads h on h.incident = i.number where i.id = any($1::text[])`;

/** Journals in PostgreSQL: one chain an incident. */
export function journalStore(database: Database, keyring: Keyring): JournalStore {
  const head: JournalStore['head'] = async (incident) => {
    const number = await keyring.number(incident);
    const text = 'select seq, hash from heads where incident = $1 and seq > 0';
    const [row] = await database.query<JournalHead>(text, [number], 'journal-head');
    return row;
  };
  const read: JournalStore['read'] = async (incident, { after = 0, limit }) => {
    const number = await keyring.number(incident);
    const rows = await database.query<Row>(
      'select * from journal where incident = $1 and seq > $2 order by seq limit $3',
      [number, after, Math.min(limit, READ_MAX)],
    );
    return rows.map(toRecord);
  };
  return {
    head,
    read,
    async heads(incidents) {
      const rows = await database.query<{ incident: IncidentId; seq: number; closed_at: Date | null }>(
        HEADS,
        [incidents],
        'heads',
      );
      return rows.map(({ incident, seq, closed_at: at }) => ({ incident, seq, closedAt: at?.toISOString() }));
    },
    async append(incident, drafts) {
      const number = await keyring.number(incident);
      return database.transaction((tx) => appendRecords(tx, incident, number, drafts));
    },
    async verify(incident) {
      let last: JournalHead = { seq: 0, hash: GENESIS };
      for (;;) {
        const records = await read(incident, { after: last.seq, limit: READ_MAX });
        for (const record of records) {
          const isNext =
            record.seq === last.seq + 1 &&
            record.prevHash === last.hash &&
            record.hash === recordHash(incident, record);
          if (!isNext) throw broken(incident, `breaks at record ${last.seq + 1}`);
          last = { seq: record.seq, hash: record.hash };
        }
        if (records.length < READ_MAX) break;
      }
      const stored = await head(incident);
      if ((stored?.seq ?? 0) < last.seq) throw broken(incident, `goes on after its head, from record ${last.seq}`);
      if ((stored?.hash ?? GENESIS) === last.hash) return stored;
      const grown = stored && (await read(incident, { after: last.seq, limit: 1 }))[0]; // appended while we read
      if (grown?.prevHash === last.hash && grown.seq === last.seq + 1) return last;
      throw broken(incident, `lacks its end after record ${last.seq}`);
    },
  };
}
