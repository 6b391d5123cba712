import { createHash, sign, type KeyObject } from 'node:crypto';
import { canonicalJson } from '../../contracts/json.ts';

/** A line of a bundle. */
export type BundleEntry = Record<string, unknown> & { line: string };

/** Signs lines again with the real key, as its holder could. */
export function resigned(key: KeyObject, entries: readonly BundleEntry[]): string {
  const lines = entries.map((entry) => `${canonicalJson(entry)}\n`).join('');
  const digest = createHash('sha256').update(lines).digest('hex');
  const text = `firebreak bundle 1\n${digest}\n${entries.length}\n`;
  const signature = sign(null, Buffer.from(text), key).toString('base64');
  return `${lines}${canonicalJson({ line: 'signature', algorithm: 'Ed25519', digest, lines: entries.length, signature })}\n`;
}

/** Chains records anew after something in them was changed, and puts the new head into the manifest. */
export function rechained(entries: readonly BundleEntry[]): readonly BundleEntry[] {
  const { incident } = entries[0]!;
  let head = { seq: 0, hash: '0'.repeat(64) };
  const chained = entries.map((entry) => {
    if (entry.line !== 'record') return entry;
    const { line, hash: _old, ...record } = { ...entry, seq: head.seq + 1, prevHash: head.hash } as BundleEntry;
    const hash = createHash('sha256')
      .update(canonicalJson({ ...record, incident }))
      .digest('hex');
    head = { seq: head.seq + 1, hash };
    return { line, ...record, hash };
  });
  return chained.map((entry) => (entry.line === 'manifest' ? { ...entry, head } : entry));
}
