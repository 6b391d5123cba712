import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { readConfig, type Config } from '../../../worker/config.ts';
import { readPeople } from '../../../worker/people-file.ts';

const DEPLOY = resolve(import.meta.dirname, '../../../deploy');

describe('the example configuration', () => {
  let config: Config;

  before(async () => {
    config = await readConfig(resolve(DEPLOY, 'firebreak.yaml'));
  });

  it('is what the schema asks for', () => {
    assert.equal(config.temporal.namespace, 'firebreak');
    assert.equal(config.people, resolve(DEPLOY, 'people.yaml'));
  });

  it('names on-call people who are listed', () => {
    const ids = readPeople(config.people).people.map(({ id }) => id);
    for (const person of Object.values(config.oncall).flat()) assert.ok(ids.includes(person), person);
  });
});
