import assert from 'node:assert/strict';
import { nearest } from '../../../playbooks/nearest.ts';

describe('nearest', () => {
  it('names the nearest of the known', () =>
    assert.equal(nearest('comander', ['privacy', 'commander']), ' (did you mean `commander`?)'));

  it('does not mind capitals', () => assert.equal(nearest('AWAREAT', ['awareAt']), ' (did you mean `awareAt`?)'));

  it('is silent where nothing is near', () => {
    assert.equal(nearest('counsel', ['commander', 'privacy']), '');
    assert.equal(nearest('a', []), '');
    assert.equal(nearest('of', ['forEach']), '');
  });
});
