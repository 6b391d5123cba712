import assert from 'node:assert/strict';
import { capabilitiesWith } from '../../../worker/capabilities.ts';
import { configSchema } from '../../../worker/config-schema.ts';
import { checkYaml } from '../../../worker/yaml-faults.ts';

const WHOLE = [
  'database: {url: env:FIREBREAK_DATABASE_URL}',
  'temporal: {address: 127.0.0.1:7233}',
  `keys: {encryption: file:kek, payload: file:payload, signing: file:signing, decisions: file:decisions, decisionsPublic: [ed25519:${'A'.repeat(43)}]}`,
  'http: {port: 7380}',
  'people: people.yaml',
  'playbooks: [playbooks/library]',
  'connectors: {}',
];

const faultsOf = (lines: readonly string[]): readonly string[] =>
  checkYaml(lines.join('\n'), 'firebreak.yaml', configSchema(capabilitiesWith({ credentials: [], tickets: [] })))
    .faults;

/** The whole file with one line replaced. */
const having = (line: number, text: string): readonly string[] =>
  WHOLE.map((given, index) => (index + 1 === line ? text : given));

describe('checkYaml with the configuration schema', () => {
  it('finds nothing in a whole file', () => {
    assert.deepEqual(faultsOf(WHOLE), []);
  });

  it('names the line of a member that there is not', () => {
    const [fault] = faultsOf(having(4, 'http: {port: 7380}\nhtpp: {port: 1}'));
    assert.equal(fault, 'firebreak.yaml:5: the file has no member `htpp`');
  });

  it('names a secret in plain by its place, not by its value', () => {
    const faults = faultsOf(having(1, 'database: {url: "postgres://firebreak:swordfish@db.example.org/x"}'));
    assert.equal(faults.length, 1);
    assert.match(faults[0]!, /^firebreak\.yaml:1: database\.url /);
    assert.doesNotMatch(faults[0]!, /swordfish/);
  });

  it('names every fault at once, by line', () => {
    const faults = faultsOf(having(4, 'http: {port: many}').filter((line) => !line.startsWith('people')));
    assert.deepEqual(
      faults.map((fault) => fault.split(': ').slice(0, 2).join(': ')),
      ['firebreak.yaml:1: the file lacks `people`', 'firebreak.yaml:4: http.port must be integer'],
    );
  });

  it('names the faults of the alternative that was meant', () => {
    const faults = faultsOf(having(7, 'connectors: {chat: {use: slack}}'));
    assert.deepEqual(faults, ['firebreak.yaml:7: connectors.chat lacks `token`']);
  });

  it('names the possible alternatives where none was meant', () => {
    const [fault] = faultsOf(having(7, 'connectors: {chat: {use: carrier-pigeon}}'));
    assert.match(fault!, /connectors\.chat is none of what is possible, `use` is one of slack, console/);
  });

  it('names the line of what is not YAML', () => {
    const [fault] = faultsOf(having(3, 'keys: {encryption: '));
    assert.match(fault!, /^firebreak\.yaml:\d+: /);
  });
});
