import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { runCli } from '../../../cli/run-cli.ts';
import { fitted, table } from '../../../cli/table.ts';
import { scriptedGateway, scriptedTerminal, type Script } from './scripted-terminal.ts';

const CONNECTED = { FIREBREAK_URL: 'http://gateway.example.org', FIREBREAK_KEY: 'k' };

async function run(line: string, answers: Readonly<Record<string, unknown>>, script: Script = {}) {
  const asked: { line: string; body: unknown; key: string | null }[] = [];
  const terminal = scriptedTerminal({ environment: CONNECTED, fetch: scriptedGateway(answers, asked), ...script });
  const code = await runCli(line.split(' '), terminal, '1.2.3');
  return { code, written: terminal.written(), warned: terminal.warned(), asked };
}

describe('firebreak people', () => {
  const people = [
    { id: 'casey', roles: ['commander'], oncall: ['security'], reachedBy: ['mail', 'slack'], hasKey: true },
    { id: 'priya', roles: ['privacy', 'counsel'], oncall: [], reachedBy: ['mail'], hasKey: false },
  ];

  it('lists roles, schedules and ways, and who cannot answer', async () => {
    const { written } = await run('people', { 'GET /people': { people } });
    assert.match(written, /^casey +commander +security +mail, slack +key, slack$/m);
    assert.match(written, /^priya +privacy, counsel +mail +nothing: neither key nor Slack$/m);
  });

  it('shows who was bound to an incident, with deputies', async () => {
    const incident = 'INC-2026-0001';
    const bound = { incident, mode: 'live', requester: 'dana', roles: { commander: ['noor', 'casey'], comms: [] } };
    const answers = { 'GET /people': { people }, [`GET /incidents/${incident}/people`]: bound };
    const { written } = await run(`people ${incident}`, answers);
    assert.match(written, /^INC-2026-0001, asked for by dana$/m);
    assert.match(written, /^commander +noor +casey +casey$/m);
    assert.match(written, /^comms +nobody$/m);
    assert.deepEqual(JSON.parse((await run(`people ${incident} --json`, answers)).written), bound);
  });
});

describe('firebreak alerts, detectors and release', () => {
  const alert = {
    ...{ event: 'e1', outcome: 'held', incident: 'INC-2026-0002', mode: 'live', detector: 'github', kind: 'leak' },
    ...{ severity: 'high', times: 3, firstAt: '2026-05-04T10:00:00Z', lastAt: '2026-05-04T10:05:00Z' },
  };

  it('lists what became of alerts, by outcome', async () => {
    const { written } = await run('alerts --outcome held', {
      'GET /alerts?limit=50&outcome=held': { alerts: [alert] },
    });
    assert.match(written, /^2026-05-04 10:05 UTC +3 +github +leak +high +held +INC-2026-0002 +e1$/m);
    const none = await run('alerts', { 'GET /alerts?limit=50': { alerts: [] } });
    assert.equal(none.written, 'no alerts\n');
  });

  it('lists detectors and what was refused', async () => {
    const detector = {
      name: 'github',
      scheme: 'github-partner',
      playbooks: ['leaked-token'],
      modes: ['live'],
      severity: 'high',
    };
    const refusals = [{ detector: 'github', code: 'DETECTOR_UNSIGNED', times: 4 }];
    const { written } = await run('detectors', { 'GET /detectors': { detectors: [detector], refusals } });
    assert.match(written, /^github +github-partner +high +live +leaked-token$/m);
    assert.match(written, /4 x github DETECTOR_UNSIGNED/);
  });

  it('tells how the next page is read', async () => {
    const page = { alerts: [alert], next: 'p1' };
    const { written } = await run('alerts', { 'GET /alerts?limit=50': page });
    assert.match(written, /\nmore: the same with --after p1\n$/);
    const next = await run('alerts --after p1', { 'GET /alerts?limit=50&after=p1': { alerts: [] } });
    assert.equal(next.written, 'no alerts\n');
  });

  it('lists what was refused, by person and code', async () => {
    const refusal = {
      ...{ who: 'dana', route: 'POST /v1/incidents/:id/resume', code: 'GATEWAY_FORBIDDEN', times: 2, request: 'r1' },
      ...{ incident: 'INC-2026-0002', firstAt: '2026-05-04T10:00:00Z', lastAt: '2026-05-04T10:00:30Z' },
    };
    const { written } = await run('audit --who dana --code GATEWAY_FORBIDDEN', {
      'GET /audit?limit=100&who=dana&code=GATEWAY_FORBIDDEN': { refusals: [refusal] },
    });
    assert.match(written, /^2026-05-04 10:00 UTC +2 +dana +GATEWAY_FORBIDDEN +INC-2026-0002 +r1 +POST /m);
  });

  it('dismisses with a reason', async () => {
    const { code, asked } = await run('dismiss INC-2026-0002 --reason test --repeat k1', {
      'POST /incidents/INC-2026-0002/dismiss': { incident: 'INC-2026-0002', dismissed: true },
    });
    assert.equal(code, 0);
    assert.deepEqual(asked, [{ line: 'POST /incidents/INC-2026-0002/dismiss', key: 'k1', body: { reason: 'test' } }]);
  });

  it('releases with a reason', async () => {
    const { code, asked } = await run('release INC-2026-0002 --reason grave --repeat k1', {
      'POST /incidents/INC-2026-0002/release': { incident: 'INC-2026-0002', released: true },
    });
    assert.equal(code, 0);
    assert.deepEqual(asked, [{ line: 'POST /incidents/INC-2026-0002/release', key: 'k1', body: { reason: 'grave' } }]);
  });
});

describe('firebreak documents', () => {
  it('lists all, page after page', async () => {
    const at = '/incidents/INC-2026-0002/documents';
    const document = (id: string): object => ({
      ...{ id, name: `${id}.md`, mediaType: 'text/markdown', bytes: 1, createdAt: '2026-05-04T10:00:00Z' },
      handling: { tlp: 'AMBER', privilege: 'none', audience: 'all' },
    });
    const answers = {
      [`GET ${at}`]: { documents: [document('d1')], next: 'a b' },
      [`GET ${at}?after=a%20b`]: { documents: [document('d2')] },
    };
    const { written } = await run('documents INC-2026-0002 --json', answers);
    const { documents, ...rest } = JSON.parse(written) as { documents: { id: string }[] };
    assert.deepEqual([documents.map(({ id }) => id), rest], [['d1', 'd2'], {}]);
  });
});

describe('firebreak completion', () => {
  function complete(script: string, words: readonly string[]): readonly string[] {
    const typed = words.map((word) => `'${word}'`).join(' ');
    const line = `${script}\nCOMP_WORDS=(${typed}); COMP_CWORD=${words.length - 1}; _firebreak; echo "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', line], { encoding: 'utf8' }).trim().split(' ');
  }

  it('completes commands, sub-commands and options in bash', async () => {
    const { code, written } = await run('completion bash', {});
    assert.equal(code, 0);
    assert.deepEqual(complete(written, ['firebreak', 'runb']), ['runbook']);
    assert.deepEqual(complete(written, ['firebreak', 'rollout', 're']), ['resume', 'retry']);
    assert.deepEqual(complete(written, ['firebreak', 'watch', 'INC-2026-0001', '--unt']), ['--until']);
    assert.deepEqual(complete(written, ['firebreak', 'rollout', 'rate', 'X', 'Y', '--per']), ['--per-minute']);
  });

  it('gives zsh the same behind its adapter, and other shells nothing', async () => {
    const [bash, zsh] = [(await run('completion bash', {})).written, (await run('completion zsh', {})).written];
    assert.equal(zsh, `autoload -U +X bashcompinit && bashcompinit\n${bash}`);
    assert.deepEqual((await run('completion fish', {})).code, 2);
  });
});

describe('table', () => {
  const rows = [['a', 'x'.repeat(60)]];

  it('cuts its last column at the edge of the screen, and nothing in a pipe', () => {
    const [head, row] = table(['N', 'TEXT'], rows, 40);
    assert.equal(head, 'N  TEXT');
    assert.equal(row?.length, 40);
    assert.match(row, /\u2026$/);
    assert.equal(table(['N', 'TEXT'], rows)[1]?.length, 63);
  });

  it('leaves something of the last column however narrow the screen is', () => {
    assert.equal(table(['N', 'TEXT'], rows, 5)[1]?.length, 3 + 20);
  });

  it('marks what is cut', () => {
    assert.equal(fitted('abcdef', 4), 'abc\u2026');
    assert.equal(fitted('abcd', 4), 'abcd');
  });
});
