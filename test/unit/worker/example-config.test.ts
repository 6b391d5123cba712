import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { pino } from 'pino';
import { actionCatalogue } from '../../../contracts/catalogue.ts';
import { compilePlaybook } from '../../../playbooks/compile.ts';
import { configuredNames } from '../../../worker/configured-names.ts';
import { createCapabilities } from '../../../worker/capability-set.ts';
import { memoryHouse } from '../../support/memory-house.ts';
import { readLibrary } from '../../../playbooks/library.ts';
import { testIncident } from '../../support/page-calls.ts';
import { readConfig, type Config } from '../../../worker/config.ts';
import { readPeople } from '../../../worker/people-file.ts';

const LIBRARY = resolve(import.meta.dirname, '../../../playbooks/library');
const TEAM = 'T0EXAMPLE'; // of the commented `slack` part
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

  it('has every connector that a playbook of the library needs', async () => {
    const set = createCapabilities({
      config: { ...config, connectors: { ...config.connectors, chat: { use: 'console' } } }, // Slack's would be loaded
      ...{ secrets: () => 'not read', queues: [], log: pino({ level: 'silent' }) },
      ledger: memoryHouse({ incident: testIncident }).ledger,
    });
    const library = await readLibrary([LIBRARY]);
    try {
      for (const name of library.playbooks.keys())
        compilePlaybook(name, library, {
          ...{ catalogue: actionCatalogue, connectors: (action) => set.traits(action) },
          ...{ configured: configuredNames(config), today: '2026-05-04' },
        });
      assert.ok(library.playbooks.size >= 4);
    } finally {
      await set.close();
    }
  });

  it('knows the Slack workspace of everybody who has an account', () => {
    const strangers = readPeople(config.people).people.filter(({ slackTeam = TEAM }) => slackTeam !== TEAM);
    assert.deepEqual(strangers, []);
  });

  it('names on-call people who are listed', () => {
    const ids = readPeople(config.people).people.map(({ id }) => id);
    for (const person of Object.values(config.oncall).flat()) assert.ok(ids.includes(person), person);
  });
});
