import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { receiptRoot } from '../../../../activities/effects/receipt-root.ts';

const receipt = (subject: string): { readonly subject: string } => ({ subject });

describe('receiptRoot', () => {
  it('is the same for every order of the same receipts', () => {
    const [a, b, c] = [receipt('a'), receipt('b'), receipt('c')];
    assert.equal(receiptRoot([a, b, c]), receiptRoot([c, a, b]));
  });

  it('changes with any receipt, added, left out or altered', () => {
    const roots = [[], ['a'], ['a', 'b'], ['a', 'c'], ['a', 'b', 'c']].map((names) => receiptRoot(names.map(receipt)));
    assert.equal(new Set(roots).size, roots.length);
  });

  it('hashes a leaf under its own prefix', () => {
    const leaf = createHash('sha256')
      .update(Buffer.from([0]))
      .update('{"subject":"a"}')
      .digest('hex');
    assert.equal(receiptRoot([receipt('a')]), leaf);
  });
});
