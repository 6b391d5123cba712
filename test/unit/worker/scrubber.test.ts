import assert from 'node:assert/strict';
import { SCRUBBED } from '../../../contracts/token-shapes.ts';
import { Scrubber } from '../../../worker/scrubber.ts';

describe('Scrubber', () => {
  it('takes out what is shaped like a token', () => {
    const token = ['hf', 'x'.repeat(34)].join('_');
    assert.equal(new Scrubber().scrub(`sent ${token}`), `sent ${SCRUBBED}`);
  });

  it('takes out every occurrence of a secret that was read', () => {
    const scrubber = new Scrubber();
    scrubber.learn('correct horse battery');
    assert.equal(scrubber.scrub('a correct horse battery, a correct horse battery'), `a ${SCRUBBED}, a ${SCRUBBED}`);
  });

  it('takes out the password of a URL and leaves its host', () => {
    const scrubber = new Scrubber();
    scrubber.learn('postgres://firebreak:pass-of-the-day@db.example.org/firebreak');
    const scrubbed = scrubber.scrub('postgres://firebreak:pass-of-the-day@db.example.org/firebreak is away');
    assert.equal(scrubbed, `postgres://firebreak:${SCRUBBED}@db.example.org/firebreak is away`);
  });

  it('does not take short values for secrets', () => {
    const scrubber = new Scrubber();
    scrubber.learn('the');
    assert.equal(scrubber.scrub('the ledger'), 'the ledger');
  });
});
