import { CodedError } from '../../contracts/errors.ts';
import type { IncidentId } from '../../contracts/ids.ts';
import type { JournalHead, JournalRecord } from '../../contracts/journal.ts';
import type { Plan } from '../../contracts/plan.ts';
import type { DatasetEntry, EffectsEntry } from '../inventory-port.ts';
import type { DocumentMeta, IncidentRow, Ledger } from '../ports.ts';
import { withheldBecause, type Audience, type Withheld } from './audience.ts';
import { BundleFile } from './bundle-file.ts';
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

/** Everything a bundle will hold, but for the records and bodies, which are read as they are written. */
interface Contents {
  readonly row: IncidentRow;
  readonly head: JournalHead;
  /** What was to be done; absent where it is not stored. */
  readonly plan: Plan | undefined;
  readonly datasets: readonly DatasetEntry[];
  readonly effects: readonly EffectsEntry[];
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

/** Ids of the documents that the chain knows up to its head; one stored later belongs to the next bundle. */
async function recordedDocuments(ledger: Ledger, incident: IncidentId, head: JournalHead): Promise<Set<unknown>> {
  const ids = new Set<unknown>();
  for await (const records of recordsUpTo(ledger, incident, head))
    for (const { key, body } of records) if (key.startsWith('document.stored:')) ids.add(body['document']);
  return ids;
}

async function collect(ledger: Ledger, incident: IncidentId, audience: Audience): Promise<Contents> {
  const row = await ledger.incidents.read(incident);
  if (!row) throw new CodedError('INCIDENT_UNKNOWN', `there is no incident ${incident}`);
  const head = await ledger.journal.verify(incident); // a broken chain is never signed
  if (!head) throw new CodedError('JOURNAL_BROKEN', `the journal of ${incident} is empty`);
  const recorded = await recordedDocuments(ledger, incident, head);
  const documents: DocumentMeta[] = [];
  const withheld: { meta: DocumentMeta; because: Withheld }[] = [];
  for (const meta of await ledger.documents.list(incident)) {
    if (!recorded.has(meta.id)) continue;
    const because = withheldBecause(meta.handling, audience);
    if (because) withheld.push({ meta, because });
    else documents.push(meta);
  }
  const [datasets, effects] = [await ledger.inventory.datasets(incident), await ledger.inventory.effects(incident)];
  const plan = (await ledger.documents.getPlan(row.planHash))?.plan;
  return { row, head, plan, datasets, effects, documents, withheld };
}

function manifest({ row, head, ...contents }: Contents, audience: Audience, signer: Signer): object {
  return {
    format: 1,
    incident: row.incident,
    mode: row.mode,
    state: row.state,
    playbook: row.playbook,
    planHash: row.planHash,
    openedAt: row.openedAt,
    closedAt: row.closedAt ?? null,
    exportedAt: new Date().toISOString(),
    audience,
    head,
    datasets: contents.datasets.length,
    effects: contents.effects.length,
    documents: contents.documents.length,
    withheld: contents.withheld.length,
    signer: signer.fingerprint,
    publicKey: signer.publicKey,
  };
}

/** Target by target: for whoever audits what was done; the others get counts and roots. */
async function writeTargets(file: BundleFile, ledger: Ledger, datasets: readonly DatasetEntry[]): Promise<void> {
  for (const { id } of datasets) {
    let from = 0;
    for await (const targets of ledger.inventory.targets({ id })) {
      const rows = targets.map(({ subject, commitment, ref }) => [subject, commitment, ref]);
      await file.add('targets', [{ dataset: id, from, rows }]);
      from += rows.length;
    }
  }
}

async function writeActs(file: BundleFile, ledger: Ledger, incident: IncidentId): Promise<void> {
  for await (const acts of ledger.inventory.acts(incident)) await file.add('acts', [{ acts }]);
}

async function writeDocuments(
  file: BundleFile,
  ledger: Ledger,
  incident: IncidentId,
  contents: Contents,
): Promise<void> {
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

/**
 * Exports the record of an incident as one signed file that anyone can verify with `cli/bundle-verify.ts`.
 *
 * In it: the journal, the plan, the roots of the datasets, counts and receipts of the effects, and the documents that are for
 * this reader; for an auditor every target by its pseudonym, and what became of it. Not in it: raw credentials, addresses, names of the people affected (datasets appear as roots over salted
 * commitments), counsel's documents and those for other readers, which are listed by hash.
 *
 * @throws JOURNAL_BROKEN, BUNDLE_KEY_MISSING, BUNDLE_UNWRITABLE, INCIDENT_UNKNOWN; ledger errors.
 */
export async function exportBundle(
  ledger: Ledger,
  incident: IncidentId,
  { signingKeyPem, audience, out }: ExportOptions,
): Promise<ExportedBundle> {
  const signer = signerOf(signingKeyPem);
  const contents = await collect(ledger, incident, audience);
  const { head, datasets, effects } = contents;
  const file = await BundleFile.create(out);
  try {
    await file.add('manifest', [manifest(contents, audience, signer)]);
    if (contents.plan) await file.add('plan', [{ plan: contents.plan }]);
    for await (const records of recordsUpTo(ledger, incident, head)) await file.add('record', records);
    await file.add('dataset', datasets);
    if (audience === 'auditor') await writeTargets(file, ledger, datasets);
    await file.add('effects', effects);
    if (audience === 'auditor') await writeActs(file, ledger, incident);
    await writeDocuments(file, ledger, incident, contents);
    await file.finish(signer);
  } catch (error) {
    await file.discard();
    throw error;
  }
  return { path: out, head, records: head.seq };
}
