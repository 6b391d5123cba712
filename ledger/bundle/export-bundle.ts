import { randomUUID } from 'node:crypto';
import { appendFile, writeFile } from 'node:fs/promises';
import { CodedError } from '../../contracts/errors.ts';
import type { IncidentId } from '../../contracts/ids.ts';
import type { JournalHead, JournalRecord } from '../../contracts/journal.ts';
import type { DocumentMeta, IncidentRow, Ledger } from '../ports.ts';
import { withheldBecause, type Audience, type Withheld } from './audience.ts';
import { BundleFile } from './bundle-file.ts';
import { recordInventory, takeInventory, VOUCHED, type Inventory, type VouchedKind } from './inventory.ts';
import { signerOf, type Signer } from './signer.ts';

const RECORDS_A_READ = 1_000; // some hundred kilobytes

/** How to export a bundle. */
export interface ExportOptions {
  /** Ed25519 private key, PKCS #8 PEM. */
  readonly signingKeyPem: string;
  readonly audience: Audience;
  /** Path of the file to write; by custom it ends in `.fbb`. One that is there is replaced. */
  readonly out: string;
}

/** A bundle on disk. */
export interface ExportedBundle {
  readonly path: string;
  readonly head: JournalHead;
  /** Journal records in it. */
  readonly records: number;
}

/** What the chain says of its incident. */
interface Told {
  readonly state: string;
  readonly openedAt: string;
  readonly closedAt: string | null;
  /** Ids of documents, in the order in which they were stored. */
  readonly documents: readonly unknown[];
}

/** What a bundle holds of documents. */
interface Shown {
  readonly documents: readonly DocumentMeta[];
  readonly withheld: readonly { readonly meta: DocumentMeta; readonly because: Withheld }[];
}

async function* recordsUpTo(ledger: Ledger, incident: IncidentId, head: JournalHead): AsyncIterable<JournalRecord[]> {
  for (let after = 0; after < head.seq;) {
    const limit = Math.min(RECORDS_A_READ, head.seq - after);
    const records = await ledger.journal.read(incident, { after, limit });
    if (records.length === 0) throw new CodedError('JOURNAL_BROKEN', `the journal of ${incident} ends at ${after}`);
    yield [...records];
    after += records.length;
  }
}

/** Reads what the manifest says out of the chain itself, so that nobody can say it otherwise. */
async function toldBy(ledger: Ledger, incident: IncidentId, head: JournalHead): Promise<Told> {
  let told = { state: 'declared', openedAt: '', closedAt: null as string | null };
  const documents: unknown[] = [];
  for await (const records of recordsUpTo(ledger, incident, head))
    for (const { seq, at, key, kind, body } of records) {
      if (seq === 1) told.openedAt = at;
      const state = kind === 'incident.closed' ? 'closed' : kind === 'incident.state' ? body['state'] : undefined;
      if (typeof state === 'string')
        told = { ...told, state, closedAt: told.closedAt ?? (state === 'closed' ? at : null) };
      if (key.startsWith('document.stored:')) documents.push(body['document']);
    }
  return { ...told, documents };
}

/** Documents that the chain knows up to its head, in its order; one stored later belongs to the next bundle. */
async function documentsFor(
  ledger: Ledger,
  incident: IncidentId,
  { documents: ids }: Told,
  audience: Audience,
): Promise<Shown> {
  const byId = new Map<unknown, DocumentMeta>((await ledger.documents.list(incident)).map((meta) => [meta.id, meta]));
  const documents: DocumentMeta[] = [];
  const withheld: { meta: DocumentMeta; because: Withheld }[] = [];
  for (const meta of ids.flatMap((id) => byId.get(id) ?? [])) {
    const because = withheldBecause(meta.handling, audience);
    if (because) withheld.push({ meta, because });
    else documents.push(meta);
  }
  return { documents, withheld };
}

/** What the reader of a bundle gets of the lines that the journal vouches for: auditors all, the others counts and roots. */
function gets(audience: Audience, kind: VouchedKind): boolean {
  return audience === 'auditor' || kind === 'dataset' || kind === 'effects';
}

/** Has the journal vouch for datasets, targets and effects as they are now; what the reader gets waits in the tail. */
async function vouch(
  ledger: Ledger,
  incident: IncidentId,
  file: BundleFile,
  more: {
    readonly audience: Audience;
    readonly exportedAt: string;
    readonly signer: string;
    readonly plan: boolean;
  },
): Promise<{ readonly head: JournalHead; readonly inventory: Inventory }> {
  await writeFile(file.tail, '', { mode: 0o600 });
  const inventory = await takeInventory(ledger, incident, {
    take: async (kind, text) => {
      if (gets(more.audience, kind)) await appendFile(file.tail, text);
    },
  });
  const head = await recordInventory(ledger, incident, `inventory:${randomUUID()}`, inventory, more);
  return { head, inventory };
}

async function writeDocuments(file: BundleFile, ledger: Ledger, incident: IncidentId, contents: Shown): Promise<void> {
  for (const meta of contents.documents) {
    const stored = await ledger.documents.get(incident, meta.id);
    if (!stored) throw new CodedError('DOCUMENT_UNKNOWN', `${incident} has no document ${meta.id} any more`);
    await file.add('document', [{ ...meta, body: Buffer.from(stored.body).toString('base64') }]);
  }
  await file.add(
    'withheld',
    contents.withheld.map(({ meta: { id, digest, bytes, createdAt }, because }) => ({
      ...{ id, digest, bytes, createdAt, because },
    })),
  );
}

async function write(
  file: BundleFile,
  ledger: Ledger,
  row: IncidentRow,
  { audience, signer }: { readonly audience: Audience; readonly signer: Signer },
): Promise<JournalHead> {
  const { incident, mode, playbook, planHash } = row;
  const exportedAt = new Date().toISOString();
  const plan = (await ledger.documents.getPlan(planHash))?.plan;
  const more = { audience, exportedAt, signer: signer.fingerprint, plan: plan !== undefined };
  const { head, inventory } = await vouch(ledger, incident, file, more);
  const told = await toldBy(ledger, incident, head);
  const shown = await documentsFor(ledger, incident, told, audience);
  const { state, openedAt, closedAt } = told;
  const manifest = {
    ...{ format: 1, incident, mode, state, playbook, planHash, openedAt, closedAt, exportedAt, audience, head },
    ...{ datasets: inventory.dataset.lines, effects: inventory.effects.lines },
    ...{ documents: shown.documents.length, withheld: shown.withheld.length },
    ...{ signer: signer.fingerprint, publicKey: signer.publicKey },
  };
  await file.add('manifest', [manifest]);
  if (plan) await file.add('plan', [{ plan }]);
  for await (const records of recordsUpTo(ledger, incident, head)) await file.add('record', records);
  await file.addTail(VOUCHED.reduce((sum, kind) => sum + (gets(audience, kind) ? inventory[kind].lines : 0), 0));
  await writeDocuments(file, ledger, incident, shown);
  return head;
}

/**
 * Exports the record of an incident as one signed file that anyone can verify with `cli/bundle-verify.ts`.
 *
 * In it: the journal, the plan, the roots of the datasets, counts and receipts of the effects, and the documents that are for
 * this reader; for an auditor every target by its pseudonym, and what became of it. Not in it: raw credentials, addresses,
 * names of the people affected (datasets appear as roots over salted commitments), counsel's documents and those for other
 * readers, which are listed by hash.
 *
 * The journal itself records the export, for whom it was and a digest over everything in it that stands beside the chain: the
 * head of the bundle vouches for all of it, once it has left the house.
 *
 * @throws JOURNAL_BROKEN, BUNDLE_KEY_MISSING, BUNDLE_UNWRITABLE, INCIDENT_UNKNOWN; ledger errors.
 */
export async function exportBundle(
  ledger: Ledger,
  incident: IncidentId,
  { signingKeyPem, audience, out }: ExportOptions,
): Promise<ExportedBundle> {
  const signer = signerOf(signingKeyPem);
  const row = await ledger.incidents.read(incident);
  if (!row) throw new CodedError('INCIDENT_UNKNOWN', `there is no incident ${incident}`);
  if (!(await ledger.journal.verify(incident)))
    // a broken chain is never signed, nor grows
    throw new CodedError('JOURNAL_BROKEN', `the journal of ${incident} is empty`);
  const file = await BundleFile.create(out);
  try {
    const head = await write(file, ledger, row, { audience, signer });
    await file.finish(signer);
    return { path: out, head, records: head.seq };
  } catch (error) {
    await file.discard();
    throw error;
  }
}
