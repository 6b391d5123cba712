import { createHash } from 'node:crypto';
import type { Digest } from '../../contracts/ids.ts';

/** Rows a leaf: a page proves itself alone. Fixed for ever: digests depend on it. */
export const LEAF_ROWS = 500;

function sha256(...parts: readonly (string | Uint8Array)[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** Hash of one leaf over its rows' hashes; the prefix tells leaves from nodes (RFC 6962 section 2.1). */
export function leafHash(rowHashes: readonly Uint8Array[]): Buffer {
  return sha256(Uint8Array.of(0), ...rowHashes);
}

/**
 * Root of a Merkle tree over leaves; an odd node moves up unchanged. The root of nothing is the hash of nothing.
 *
 * @source RFC 6962 section 2.1, with the tree built from below
 */
export function merkleRoot(leaves: readonly Uint8Array[]): Digest {
  let level: readonly Uint8Array[] = leaves;
  while (level.length > 1) {
    const above: Uint8Array[] = [];
    for (let index = 0; index < level.length; index += 2) {
      const [left, right] = [level[index]!, level[index + 1]];
      above.push(right ? sha256(Uint8Array.of(1), left, right) : left);
    }
    level = above;
  }
  return Buffer.from(level[0] ?? sha256()).toString('hex') as Digest;
}

/** Digest of a dataset whose rows come one by one: Merkle root over leaves of 500; it holds one hash a leaf. */
export class RunningDigest {
  readonly #leaves: Buffer[] = [];
  #open: Uint8Array[] = [];

  /** @param rowHash - of the next row by position. */
  add(rowHash: Uint8Array): void {
    if (this.#open.push(rowHash) === LEAF_ROWS) this.#close();
  }

  digest(): Digest {
    if (this.#open.length > 0) this.#close();
    return merkleRoot(this.#leaves);
  }

  #close(): void {
    this.#leaves.push(leafHash(this.#open));
    this.#open = [];
  }
}
