import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { BundleFile } from '../../ledger/bundle/bundle-file.ts';
import { canonicalJson } from '../../contracts/json.ts';
import { signerOf } from '../../ledger/bundle/signer.ts';
import type { JournalHead } from '../../contracts/journal.ts';

/** A line of a bundle. */
export type BundleLine = Record<string, unknown> & { readonly line: string };

const INCIDENT = 'INC-2026-0001';
const GENESIS = '0'.repeat(64);
const RECORDS_A_WRITE = 1_000;

/** A key that signs, as its holder could. */
export interface SampleKey {
  readonly pem: string;
  readonly key: KeyObject;
}

/** Makes a signing key. */
export function sampleKey(): SampleKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  return { key: privateKey, pem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString() };
}

function chained(record: object, { seq, hash: prevHash }: JournalHead): BundleLine {
  const unhashed = { ...record, seq: seq + 1, prevHash };
  const hash = createHash('sha256')
    .update(canonicalJson({ ...unhashed, incident: INCIDENT }))
    .digest('hex');
  return { line: 'record', ...unhashed, hash };
}

function recordAt(index: number): object {
  return {
    ...{ at: '2026-11-24T10:00:00.000000Z', kind: 'page.closed', actor: 'engine' },
    key: `page:${INCIDENT}/contain#1:${index}:1:closed`,
    body: { step: 'contain', page: index, counts: { accepted: 500 }, root: GENESIS },
  };
}

/** Chain of so many records, some at a time: a million of them would fill the memory that verifying is measured in. */
function* chainOf(count: number): Generator<{ readonly lines: readonly BundleLine[]; readonly head: JournalHead }> {
  let head: JournalHead = { seq: 0, hash: GENESIS };
  for (let from = 0; from < count; from += RECORDS_A_WRITE) {
    const lines: BundleLine[] = [];
    for (let index = from; index < Math.min(from + RECORDS_A_WRITE, count); index += 1) {
      const line = chained(recordAt(index), head);
      lines.push(line);
      head = { seq: index + 1, hash: line['hash'] as string };
    }
    yield { lines, head };
  }
}

/** Writes a bundle with so many records, without a ledger. @returns the head of its chain */
export async function writeSampleBundle(path: string, count: number, { pem }: SampleKey): Promise<JournalHead> {
  let head: JournalHead = { seq: 0, hash: GENESIS };
  for (const some of chainOf(count)) head = some.head; // the manifest names it before the first record
  const signer = signerOf(pem);
  const file = await BundleFile.create(path);
  const at = '2026-11-24T10:00:00.000Z';
  await file.add('manifest', [
    {
      ...{ format: 1, incident: INCIDENT, mode: 'live', state: 'closed', playbook: 'sample', planHash: GENESIS },
      ...{ openedAt: at, closedAt: at, exportedAt: at, audience: 'auditor', head },
      ...{ datasets: 0, effects: 0, documents: 0, withheld: 0 },
      ...{ signer: signer.fingerprint, publicKey: signer.publicKey },
    },
  ]);
  for (const { lines } of chainOf(count)) await file.add('record', lines);
  await file.finish(signer);
  return head;
}

/** Chains the records of a bundle anew and signs it again with the real key, as its holder could. */
export function rewritten(lines: readonly BundleLine[], { key }: SampleKey): string {
  let head: JournalHead = { seq: 0, hash: GENESIS };
  const records = lines.flatMap((line) => {
    if (line.line !== 'record') return [];
    const { line: _kind, hash: _hash, ...record } = line;
    const next = chained(record, head);
    head = { seq: head.seq + 1, hash: next['hash'] as string };
    return [next];
  });
  const text = [{ ...lines[0]!, head }, ...records].map((line) => `${canonicalJson(line)}\n`).join('');
  const digest = createHash('sha256').update(text).digest('hex');
  const count = records.length + 1;
  const signature = sign(null, Buffer.from(`firebreak bundle 1\n${digest}\n${count}\n`), key).toString('base64');
  return `${text}${canonicalJson({ line: 'signature', algorithm: 'Ed25519', digest, lines: count, signature })}\n`;
}
