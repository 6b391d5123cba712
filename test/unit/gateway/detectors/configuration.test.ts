import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DetectorConfig } from '../../../../gateway/detectors/config.ts';
import { openDetectors } from '../../../../gateway/detectors/detectors.ts';
import { compileRules, filled, ruleFor, scopeOf, severityBy, subjectOf } from '../../../../gateway/detectors/rules.ts';
import type { DetectorEvent } from '../../../../gateway/detectors/port.ts';
import { readConfig } from '../../../../worker/config.ts';
import { readDetectors } from '../../../../worker/detectors-file.ts';
import { published, REST, secretOf, senders } from './senders.ts';

const EVENT: DetectorEvent = { id: 'e1', kind: 'leak', sample: false, fields: { repo: 'example/app', n: 3 } };
const PRINT = 'ab'.repeat(16);

function faultsOf(changes: object): RegExp | string {
  try {
    openDetectors([{ ...REST, ...senders.bearer.config, ...changes }], published);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('configuration of detectors', () => {
  it('takes each scheme as the tests configure it', () => {
    const configs = Object.values(senders).map(({ config }, index) => ({ ...REST, ...config, name: `d${index}` }));
    assert.equal(openDetectors(configs, published).size, configs.length);
  });

  const faults: readonly (readonly [string, object, RegExp])[] = [
    ['no secret', { keys: undefined }, /bearer needs `keys`/],
    ['an empty list of secrets', { keys: [] }, /bearer needs `keys`/],
    ['an empty secret', { keys: [''] }, /key 1 is too weak/],
    ['a famous secret', { keys: [secretOf('a'), 'changeme'] }, /key 2 is too weak/],
    ['a short secret', { keys: ['12345678'] }, /key 1 is too weak/],
    ['a long secret of one letter', { keys: ['a'.repeat(64)] }, /key 1 is too weak/],
    ['a short password', { scheme: 'basic', keys: [`${'u'.repeat(40)}:short`] }, /key 1 is too weak/],
    ['options of another scheme', { topics: ['x'] }, /bearer takes no `topics`/],
    ['a format where the scheme has its own', { scheme: 'gitguardian', format: 'ocsf' }, /has a format of its own/],
    [
      'an address that is not https',
      { scheme: 'github-partner', keys: undefined, api: 'http://api.example' },
      /api is no https/,
    ],
    ['a topic that is none', { scheme: 'sns', keys: undefined, topics: ['arn:aws:sqs:x'] }, /topics: /],
    [
      'a rule for a playbook beyond the key',
      { rules: [{ playbook: 'exposed-secrets' }] },
      /`playbooks` does not allow/,
    ],
    ['a rule that does nothing', { rules: [{}] }, /rule 1 names a playbook or says/],
    ['an unknown fact', { rules: [{ playbook: 'leaked-token', facts: { weather: 1 } }] }, /there is no fact weather/],
    [
      'an expression without end',
      { rules: [{ playbook: 'leaked-token', when: '${{ event.kind' }] },
      /rule 1: .*not closed/,
    ],
    [
      'an expression that could take for ever',
      { rules: [{ playbook: 'leaked-token', when: '${{ event.kind.matches("^(a+)+$") }}' }] },
      /without bound/,
    ],
    [
      'a read of what is not there',
      { rules: [{ playbook: 'leaked-token', about: '${{ event.token }}' }] },
      /there is no `event.token`/,
    ],
    [
      'two comprehensions',
      { sample: '${{ event.fields.a.all(x, event.fields.b.all(y, y == x)) }}' },
      /second comprehension/,
    ],
  ];
  for (const [what, changes, message] of faults)
    it(`refuses ${what}`, () => assert.match(String(faultsOf(changes)), message));

  it('says every fault of every detector at once', () => {
    const configs = [
      { ...REST, ...senders.bearer.config, keys: ['x'] },
      { ...REST, ...senders.sns.config, topics: [] },
    ];
    assert.throws(
      () => openDetectors(configs, published),
      (error: Error) =>
        ['listed twice', 'too weak', 'sns needs `topics`'].every((fault) => error.message.includes(fault)),
    );
  });
});

describe('rules', () => {
  const { rules, faults } = compileRules([
    { when: '${{ event.fields.missing == "x" }}', playbook: 'never' },
    {
      when: '${{ event.fields.n > 2 && event.kind == "leak" }}',
      playbook: 'leaked-token',
      severity: 'high',
      about: 'repo ${{ event.fields.repo }}',
      inputs: { store: '${{ event.fields.repo }}' },
    },
    { playbook: 'other', inputs: { store: '${{ event.fields.missing }}' } },
  ]);
  const scope = scopeOf(EVENT, PRINT);

  it('are taken in order; one that reads what is not there is not for the alert', () => {
    assert.deepEqual(faults, []);
    assert.equal(ruleFor(rules, scope)?.number, 2);
    assert.equal(ruleFor(rules, scopeOf({ ...EVENT, kind: 'x' }, ''))?.number, 3);
    assert.deepEqual(filled(rules[1]!, 'inputs', scope), { store: 'example/app' });
    assert.throws(() => filled(rules[2]!, 'inputs', scope), { code: 'DETECTOR_MAPPING_FAILED' });
  });

  it('take an alert without a severity for critical', () => {
    assert.equal(severityBy(rules[1]!, scope), 'high');
    assert.equal(severityBy(rules[2]!, scope), 'critical');
    assert.equal(severityBy(rules[2]!, scopeOf({ ...EVENT, severity: 'low' }, '')), 'low');
  });

  it('find one subject for one leak: what a rule names, the credential whoever found it, an id of its detector', () => {
    assert.deepEqual(subjectOf(rules[1]!, scope, 'a'), ['about', 'repo example/app']);
    assert.deepEqual(
      subjectOf(rules[2]!, scope, 'a'),
      subjectOf(rules[2]!, scopeOf({ ...EVENT, id: 'e2' }, PRINT), 'b'),
    );
    assert.notDeepEqual(subjectOf(rules[2]!, scopeOf(EVENT, ''), 'a'), subjectOf(rules[2]!, scopeOf(EVENT, ''), 'b'));
    assert.throws(() => subjectOf(rules[2]!, scopeOf({ ...EVENT, id: '' }, ''), 'a'), {
      code: 'DETECTOR_MAPPING_FAILED',
    });
  });
});

describe('readDetectors', () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'firebreak-detectors-'));
  });

  after(() => rmSync(folder, { recursive: true }));

  function read(text: string): readonly DetectorConfig[] {
    const path = join(folder, 'detectors.yaml');
    writeFileSync(path, text);
    return readDetectors(path, (reference) => `<${reference}>`);
  }

  it('reads secrets by their references, files beside it', () => {
    const text = 'detectors: [{name: a, scheme: bearer, keys: ["env:A", "file:b.key"], playbooks: [], rules: []}]';
    assert.deepEqual(read(text)[0]!.keys, ['<env:A>', `<file:${join(folder, 'b.key')}>`]);
  });

  it('is named in the configuration, relative to it', async () => {
    const example = readFileSync(join(import.meta.dirname, '../../../../deploy/firebreak.yaml'), 'utf8');
    const path = join(folder, 'firebreak.yaml');
    writeFileSync(path, `${example}\ndetectors: detectors.yaml\n`);
    assert.equal((await readConfig(path)).detectors, join(folder, 'detectors.yaml'));
  });

  it('refuses secrets in the file, unknown members and unknown schemes, all at once', () => {
    const text = 'detectors:\n  - {name: a, scheme: hope, keys: [plain], playbooks: [], rules: [], verify: false}';
    assert.throws(
      () => read(text),
      (error: Error & { code?: string }) =>
        error.code === 'CONFIG_DETECTORS_INVALID' &&
        ['has no member `verify`', 'keys.0', 'scheme'].every((part) => error.message.includes(part)),
    );
  });
});
