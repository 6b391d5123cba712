import { createHash } from 'node:crypto';
import { canonicalJson } from '../../contracts/json.ts';
import type { JsonObject } from '../../contracts/json.ts';

const LEAF = Buffer.from([0]); // a leaf can never be taken for a node: RFC 6962 section 2.1
const NODE = Buffer.from([1]);

/**
 * Merkle root over receipts, so that one journal record covers a page and each receipt can be proved alone.
 *
 * @param receipts - in any order; they are sorted by their leaf hash.
 * @returns SHA-256 in hex; of no receipts the hash of the empty string.
 * @source RFC 6962 section 2.1 (hashing of leaves and nodes); a node without sibling moves up unchanged.
 */
export function receiptRoot(receipts: readonly JsonObject[]): string {
  let level: Buffer[] = receipts
    .map((receipt) => createHash('sha256').update(LEAF).update(canonicalJson(receipt)).digest())
    .sort((left, right) => left.compare(right));
  if (level.length === 0) return createHash('sha256').digest('hex');
  while (level.length > 1) {
    const next: Buffer[] = [];
    for (let index = 0; index < level.length; index += 2) {
      const left = level[index]!;
      const right = level[index + 1];
      next.push(right ? createHash('sha256').update(NODE).update(left).update(right).digest() : left);
    }
    level = next;
  }
  return level[0]!.toString('hex');
}
