import { createHash, randomUUID } from 'node:crypto';
import { CodedError } from '../contracts/errors.ts';
import type { Digest } from '../contracts/ids.ts';
import type { JournalDraft } from '../contracts/journal.ts';
import type { Database } from './database.ts';
import type { DocumentMeta, DocumentStore, Handling } from './ports.ts';
import { appendRecords } from './journal.ts';
import type { Keyring } from './keys.ts';
import { seal, unseal } from './sealing.ts';

/** A document's row without its body. */
export interface DocumentRow {
  readonly id: string;
  readonly name: string;
  readonly media_type: string;
  readonly digest: string;
  readonly bytes: number;
  readonly created_at: Date;
  readonly created_by: string;
  readonly handling: Handling;
}

/** Columns of {@link DocumentRow}. */
export const DOCUMENT_COLUMNS = 'id, name, media_type, digest, bytes, created_at, created_by, handling';

/** What is said of a document. */
export function toMeta(row: DocumentRow): DocumentMeta {
  const { id, name, bytes, handling } = row;
  return {
    id,
    name,
    bytes,
    handling,
    mediaType: row.media_type,
    digest: row.digest as Digest,
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
  };
}

/** What the journal says of a stored document: all that a bundle says of it; of a privileged one neither name nor type. */
function storedRecord(row: DocumentRow, version: number): JournalDraft {
  const { id, name, media_type: mediaType, digest, bytes, handling, created_by: actor } = row;
  const { privilege, ...lane } = handling;
  const shown = privilege === 'counsel' ? {} : { name, mediaType, ...lane };
  const body = { document: id, version, digest, bytes, privilege, createdAt: row.created_at.toISOString(), ...shown };
  return { key: `document.stored:${id}`, kind: 'document', actor, body };
}

function openBody(key: Uint8Array, { id, digest, sealed }: DocumentRow & { readonly sealed: Buffer }): Buffer {
  try {
    const body = unseal(key, sealed, id);
    if (digestOf(body) === digest) return body;
  } catch {
    // said below
  }
  throw new CodedError('DOCUMENT_CHANGED', `document ${id} is not what was stored`);
}

function digestOf(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}

/** Documents of an incident in PostgreSQL: sealed, versioned by name, each recorded in the journal. */
export function documents(database: Database, keyring: Keyring): Pick<DocumentStore, 'put' | 'get' | 'list'> {
  return {
    async put(incident, { name, mediaType, body, by, handling }) {
      const number = await keyring.number(incident);
      const key = await keyring.recordKey(incident, 'documents');
      const digest = digestOf(body);
      return database.transaction(async (tx) => {
        await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`document/${number}/${name}`]);
        const [newest] = await tx.query<DocumentRow & { version: number }>(
          `select ${DOCUMENT_COLUMNS}, version from documents where incident = $1 and name = $2 order by version desc limit 1`,
          [number, name],
        );
        if (newest?.digest === digest) return toMeta(newest);
        const id = randomUUID();
        const version = (newest?.version ?? 0) + 1;
        const [row] = await tx.query<DocumentRow>(
          `insert into documents (id, incident, name, version, media_type, digest, bytes, created_by, handling, sealed)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning ${DOCUMENT_COLUMNS}`,
          [
            ...[id, number, name, version, mediaType, digest, body.byteLength, by],
            JSON.stringify(handling),
            seal(key, body, id),
          ],
        );
        // In the same commit: the chain knows every document, so that none can be swapped or dropped unseen.
        await appendRecords(tx, incident, number, [storedRecord(row!, version)]);
        return toMeta(row!);
      });
    },
    async get(incident, id) {
      const [row] = await database.query<DocumentRow & { sealed: Buffer }>(
        `select ${DOCUMENT_COLUMNS}, sealed from documents where incident = $1 and id::text = $2`,
        [await keyring.number(incident), id],
      );
      if (!row) return undefined;
      const key = await keyring.recordKey(incident, 'documents');
      return { meta: toMeta(row), body: openBody(key, row) };
    },
    async list(incident) {
      const rows = await database.query<DocumentRow>(
        `select ${DOCUMENT_COLUMNS} from documents where incident = $1 order by created_at, name, version`,
        [await keyring.number(incident)],
      );
      return rows.map(toMeta);
    },
  };
}
