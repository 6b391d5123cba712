import assert from 'node:assert/strict';
import { withheldBecause, type Audience } from '../../../../ledger/bundle/audience.ts';

const handling = (audience: string, privilege: 'none' | 'counsel' = 'none') =>
  ({ tlp: 'AMBER', privilege, audience }) as const;
const READERS: readonly Audience[] = ['authority', 'auditor', 'law-enforcement'];

describe('withheldBecause', () => {
  it('keeps counsel\u2019s documents from everybody', () => {
    for (const reader of READERS)
      for (const audience of ['all', 'response', 'authority', 'law-enforcement', 'evidence'])
        assert.equal(withheldBecause(handling(audience, 'counsel'), reader), 'privilege');
  });

  it('gives copies of logs to law enforcement only', () => {
    assert.deepEqual(
      READERS.map((reader) => withheldBecause(handling('evidence'), reader)),
      ['audience', 'audience', undefined],
    );
  });

  it('gives a document for all to everybody, and one for an audience it does not know to nobody', () => {
    for (const reader of READERS) {
      assert.equal(withheldBecause(handling('all'), reader), undefined);
      assert.equal(withheldBecause(handling('board'), reader), 'audience');
    }
  });
});
