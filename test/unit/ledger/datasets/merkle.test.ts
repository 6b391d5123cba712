import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { leafHash, merkleRoot } from '../../../../ledger/datasets/merkle.ts';

const sha256 = (...parts: readonly Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();
const node = (left: Uint8Array, right: Uint8Array): Buffer => sha256(Buffer.from([1]), left, right);
const leaves = ['a', 'b', 'c', 'd', 'e'].map((text) => leafHash([Buffer.from(text)]));

describe('merkleRoot', () => {
  it('is the hash of nothing for nothing, and the leaf itself for one', () => {
    assert.equal(merkleRoot([]), sha256().toString('hex'));
    assert.equal(merkleRoot(leaves.slice(0, 1)), leaves[0]!.toString('hex'));
  });

  it('pairs from the left and moves an odd one up unchanged', () => {
    const [a, b, c, d, e] = leaves as [Buffer, Buffer, Buffer, Buffer, Buffer];
    assert.equal(merkleRoot(leaves), node(node(node(a, b), node(c, d)), e).toString('hex'));
  });

  it('changes with order and content', () => {
    assert.notEqual(merkleRoot(leaves), merkleRoot(leaves.toReversed()));
    assert.notEqual(merkleRoot(leaves), merkleRoot(leaves.with(2, leafHash([Buffer.from('x')]))));
  });
});

describe('leafHash', () => {
  it('tells a leaf from a node', () => {
    const [left, right] = [sha256(Buffer.from('l')), sha256(Buffer.from('r'))];
    assert.notDeepEqual(leafHash([left, right]), node(left, right));
  });
});
