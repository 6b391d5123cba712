import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../../../cli/run-cli.ts';
import { scriptedGateway, scriptedTerminal, type Script, type ScriptedTerminal } from './scripted-terminal.ts';

const CONNECTED = { FIREBREAK_URL: 'http://gateway.example.org', FIREBREAK_KEY: 'k' };

async function run(args: readonly string[], script: Script = {}): Promise<ScriptedTerminal & { code: number }> {
  const terminal = scriptedTerminal({ environment: CONNECTED, ...script });
  return { ...terminal, code: await runCli(args, terminal, '1.2.3') };
}

function problem(code: string, status: number): Response {
  const body = { type: 'urn:x', title: 't', status, detail: 'it is so', code, remedy: 'Do this.', requestId: 'r1' };
  return Response.json(body, { status, headers: { 'content-type': 'application/problem+json' } });
}

describe('runCli', () => {
  it('lists every command that the launcher has', async () => {
    const { code, written } = await run(['--help']);
    assert.equal(code, 0);
    for (const command of ['start', 'approve', 'runbook', 'demo', 'up', 'worker', 'gateway', 'migrate', 'doctor'])
      assert.match(written(), new RegExp(`^ {2}${command} `, 'm'));
  });

  it('tells its version', async () => {
    const { code, written } = await run(['--version']);
    assert.deepEqual([code, written()], [0, '1.2.3\n']);
  });

  for (const args of [[], ['nonsense'], ['status'], ['stop', 'INC-2026-0001'], ['list', '--colour'], ['up']]) {
    it(`ends 2 for: ${args.join(' ') || 'nothing'}`, async () => {
      assert.equal((await run(args)).code, 2);
    });
  }

  it('gives an example in the help of every command that changes something', async () => {
    for (const command of ['start', 'approve', 'reject', 'fact', 'resolve'])
      assert.match((await run([command, '--help'])).written(), /\$ firebreak /, command);
  });

  const ends: readonly (readonly [string, Response, number])[] = [
    ['GATE_ROLE', problem('GATE_ROLE', 403), 1],
    ['GATEWAY_RATE_LIMITED', problem('GATEWAY_RATE_LIMITED', 429), 1],
    ['GATEWAY_ENGINE_AWAY', problem('GATEWAY_ENGINE_AWAY', 503), 69],
    ['LEDGER_UNREACHABLE', problem('LEDGER_UNREACHABLE', 503), 69],
    ['CODE_OF_A_NEWER_GATEWAY', problem('CODE_OF_A_NEWER_GATEWAY', 418), 1],
    ['CLI_UNREACHABLE', new Response('<html>bad gateway</html>', { status: 502 }), 69],
  ];
  for (const [code, answer, exit] of ends) {
    it(`ends ${exit} for ${code} and says what to do`, async () => {
      const ended = await run(['list'], { fetch: scriptedGateway({ 'GET /incidents?limit=50': answer }) });
      assert.equal(ended.code, exit);
      assert.equal(ended.written(), '');
      assert.match(ended.warned(), new RegExp(`^\\[${code}\\] .+\\. [A-Z].+\\.\n$`));
    });
  }

  it('ends 69 where nobody listens, and tells the key of the act', async () => {
    const { code, warned } = await run(['stop', 'INC-2026-0001', '--reason', 'x', '--repeat', 'my-key']);
    assert.equal(code, 69);
    assert.match(warned(), /\[CLI_UNREACHABLE\].*my-key/);
  });

  it('ends 78 where it knows no gateway', async () => {
    const { code, warned } = await run(['list'], { environment: {} });
    assert.equal(code, 78);
    assert.match(warned(), /^\[CLI_NOT_CONFIGURED\]/);
  });

  it('prints errors as JSON where JSON is wanted', async () => {
    const fetch = scriptedGateway({ 'GET /incidents?limit=50': problem('GATE_ROLE', 403) });
    const { warned } = await run(['list', '--json'], { fetch });
    assert.deepEqual(JSON.parse(warned()), {
      error: { code: 'GATE_ROLE', what: 'it is so', remedy: 'Do this.', requestId: 'r1' },
    });
  });

  describe('start', () => {
    const started = { incident: 'INC-2026-0001', joined: false, planHash: 'a'.repeat(64) };

    it('sends typed inputs, roles, and credentials from standard input', async () => {
      const asked: { line: string; body: unknown; key: string | null }[] = [];
      const value = ['hf', 'z'.repeat(34)].join('_');
      const { code, written } = await run(
        [
          'start',
          'leaked-token',
          '--input',
          'n=2',
          '--input',
          'store=ci',
          '--role',
          'commander=casey,noor',
          '--credentials',
          '-',
          '--repeat',
          'k1',
        ],
        {
          fetch: scriptedGateway({ 'POST /incidents': started }, asked),
          input: `${value}\n\n{"value":"${value}","name":"CI"}\n`,
        },
      );
      assert.equal(code, 0);
      assert.match(written(), /^INC-2026-0001 started/);
      assert.deepEqual(asked, [
        {
          line: 'POST /incidents',
          key: 'k1',
          body: {
            playbook: 'leaked-token',
            mode: 'live',
            inputs: { n: 2, store: 'ci' },
            roles: { commander: ['casey', 'noor'] },
            credentials: [{ value }, { value, name: 'CI' }],
          },
        },
      ]);
    });

    it('takes no other mode', async () => {
      assert.equal((await run(['start', 'leaked-token', '--mode', 'dry'])).code, 2);
    });
  });

  describe('approve', () => {
    const digest = 'd'.repeat(64);
    const gate = {
      ...{ id: 'contain#1', step: 'contain', kind: 'approval', question: 'Revoke the token?', digest, state: 'open' },
      ...{ roles: ['commander'], rule: 'any', quorum: 1, answers: [], expiresAt: '2026-05-04T10:15:00Z' },
      shows: {
        ...{ targets: 2000, connector: 'http-issuer', notes: ['the issuer tells owners'] },
        variants: [{ name: 'dead', count: 1990, sample: 'Your secret is dead.\nReplace it.' }],
      },
    };
    const view = { incident: 'INC-2026-0001', gates: [gate], steps: [], asks: [] };
    const receipt = { id: 'x', at: '2026-05-04T10:01:00Z', effect: 'approved: the step goes on' };

    async function approve(args: readonly string[], answers?: readonly string[], gates: readonly object[] = [gate]) {
      const asked: { line: string; body: unknown; key: string | null }[] = [];
      const fetch = scriptedGateway(
        { 'GET /incidents/INC-2026-0001': { ...view, gates }, 'POST /incidents/INC-2026-0001/decisions': receipt },
        asked,
      );
      const ended = await run(['approve', 'INC-2026-0001', ...args], { fetch, ...(answers ? { answers } : {}) });
      return { ...ended, decisions: asked.filter(({ line }) => line.startsWith('POST')).map(({ body }) => body) };
    }

    it('shows question, counts, samples and digest before it asks', async () => {
      const { code, written, questions, decisions } = await approve([], ['yes']);
      assert.equal(code, 0);
      for (const part of [
        'Revoke the token?',
        '2000',
        '1990 x dead',
        '| Replace it.',
        digest,
        'the issuer tells owners',
      ])
        assert.ok(written().includes(part), part);
      assert.equal(questions.length, 1);
      assert.deepEqual(decisions, [{ gate: 'contain#1', digest, answer: 'approve' }]);
    });

    const refused: readonly (readonly [string, readonly string[], readonly string[] | undefined, string])[] = [
      ['where the person says no', [], ['no'], 'CLI_NOT_CONFIRMED'],
      ['where nobody sits there', [], undefined, 'CLI_NOT_CONFIRMED'],
      ['for --yes without a digest', ['--yes'], undefined, 'CLI_NOT_CONFIRMED'],
      ['for --yes with another digest', ['--yes', '--digest', 'e'.repeat(64)], undefined, 'GATE_STALE'],
      ['for --yes with a digest of a few characters', ['--yes', '--digest', 'ddd'], undefined, 'CLI_USAGE'],
      ['for a gate that is not there', ['--gate', 'tell#1'], ['yes'], 'GATE_UNKNOWN'],
    ];
    for (const [what, args, answers, code] of refused) {
      it(`decides nothing ${what}`, async () => {
        const ended = await approve(args, answers);
        assert.deepEqual([ended.code, ended.decisions], [code === 'CLI_USAGE' ? 2 : 1, []]);
        assert.ok(ended.warned().startsWith(`[${code}]`), ended.warned());
      });
    }

    it('decides nothing while two gates are open and none is named', async () => {
      const ended = await approve([], ['yes'], [gate, { ...gate, id: 'tell#1' }]);
      assert.deepEqual(ended.decisions, []);
      assert.match(ended.warned(), /contain#1, tell#1/);
    });

    const full = { ...gate, id: 'round/contain#1:approval' };
    const answered = { by: 'noor', role: 'commander', answer: 'approve', at: '2026-05-04T10:02:00Z' };
    const decided = { ...gate, id: 'round/tell#1:approval', state: 'approved', answers: [answered] };

    for (const short of ['round/contain', 'round/contain#1', 'round/contain#1:approval'])
      it(`finds a gate by ${short}`, async () => {
        const { decisions } = await approve(['--gate', short], ['yes'], [full, decided]);
        assert.deepEqual(decisions, [{ gate: 'round/contain#1:approval', digest, answer: 'approve' }]);
      });

    it('does not choose between two gates of one step', async () => {
      const two = [full, { ...full, id: 'round/contain#1:limit' }];
      assert.match((await approve(['--gate', 'round/contain#1'], ['yes'], two)).warned(), /^\[CLI_GATE_AMBIGUOUS\]/);
    });

    it('says by whom and when a gate was decided', async () => {
      const { warned, code } = await approve(['--gate', 'round/tell#1'], ['yes'], [full, decided]);
      assert.equal(code, 1);
      assert.match(warned(), /^\[GATE_CLOSED\] gate round\/tell#1:approval .* by noor at 2026-05-04 10:02 UTC/);
    });

    it('takes --yes with the digest that was seen', async () => {
      const { code, decisions } = await approve(['--yes', '--digest', digest.slice(0, 16), '--role', 'commander']);
      assert.equal(code, 0);
      assert.deepEqual(decisions, [{ gate: 'contain#1', digest, answer: 'approve', role: 'commander' }]);
    });
  });

  describe('resolve', () => {
    const ask = { step: 'shut', of: 'platform', people: ['lee'], text: 'entry-closed', wants: ['entryClosedAt'] };
    const view = {
      ...{ incident: 'INC-2026-0001', gates: [], obligations: [], openItems: [], openedAt: '2026-05-04T10:00:00Z' },
      ...{
        planHash: 'a',
        requester: 'dana',
        asks: [{ ...ask, openedAt: '2026-05-04T10:00:00Z', evidence: 'required' }],
      },
      steps: [{ id: 'shut', uses: 'manual', title: 'The way in is closed', state: 'waiting', visit: 1 }],
    };
    const at = '/incidents/INC-2026-0001';
    const answers = {
      [`GET ${at}`]: view,
      [`GET ${at}/effects`]: { effects: {} },
      [`GET ${at}/rollouts`]: { rollouts: [] },
      [`POST ${at}/steps/shut/resolution`]: { id: 'x', at: '', effect: 'done' },
    };

    async function resolve(line: string) {
      const asked: { line: string; body: unknown; key: string | null }[] = [];
      const ended = await run(line.split(' '), { fetch: scriptedGateway(answers, asked) });
      return { ...ended, sent: asked.find((one) => one.line.startsWith('POST'))?.body };
    }

    it('is done by the very command that status shows, filled in', async () => {
      const shown = (await run(['status', 'INC-2026-0001'], { fetch: scriptedGateway(answers) })).written();
      const line = /firebreak (resolve .*)$/m.exec(shown)?.[1] ?? '';
      assert.equal(line, 'resolve INC-2026-0001 shut --set entryClosedAt=... --set evidence=...');
      const { code, sent } = await resolve(line.replace('=...', '=2026-05-04T09:00:00Z').replace('=...', '=CHG-1'));
      assert.equal(code, 0);
      assert.deepEqual(sent, { answer: 'done', values: { value: { at: '2026-05-04T09:00:00Z' }, evidence: 'CHG-1' } });
    });

    it('takes the fact as `value` too', async () => {
      const { sent } = await resolve('resolve INC-2026-0001 shut --set value=unknown');
      assert.deepEqual(sent, { answer: 'done', values: { value: { unknown: true } } });
    });

    it('says how a time is typed', async () => {
      const { code, warned, sent } = await resolve('resolve INC-2026-0001 shut --set entryClosedAt=yesterday');
      assert.deepEqual([code, sent], [2, undefined]);
      assert.match(warned(), /entryClosedAt is a time: give it as 2026-05-04T10:00:00Z, FROM\.\.TO/);
    });
  });

  it('offers --repeat where something is done, and nowhere else', async () => {
    for (const command of ['start', 'approve', 'fact', 'resolve', 'amend', 'stop'])
      assert.match((await run([command, '--help'])).written(), /--repeat <key>/, command);
    for (const command of ['list', 'status', 'timeline', 'gate', 'duties'])
      assert.doesNotMatch((await run([command, '--help'])).written(), /--repeat/, command);
  });

  it('says of a file that the gateway starts what it has', async () => {
    const { code, warned } = await run(['playbook', 'preview', 'playbooks/mine.yaml']);
    assert.equal(code, 2);
    assert.match(warned(), /is a file; give the name .*`firebreak playbook list`/);
  });

  it('finds the stack of its own checkout from everywhere', async () => {
    const checkout = await mkdtemp(join(tmpdir(), 'firebreak-cli-'));
    try {
      await mkdir(join(checkout, '.firebreak'));
      await writeFile(join(checkout, 'casey.key'), 'k');
      const found = { url: 'http://gateway.example.org', keys: checkout, as: 'casey' };
      await writeFile(join(checkout, '.firebreak', 'cli.json'), JSON.stringify(found));
      const fetch = scriptedGateway({ 'GET /incidents?limit=50': { incidents: [] } });
      const terminal = { ...scriptedTerminal({ fetch }), checkout };
      assert.equal(await runCli(['list'], terminal, '1.2.3'), 0);
      assert.equal(terminal.written(), 'no incidents\n');
    } finally {
      await rm(checkout, { recursive: true });
    }
  });

  describe('without a gateway', () => {
    it('prints the runbook of a playbook, with a box and a place to sign for every step', async () => {
      const { code, written } = await run(['runbook', 'leaked-token'], { environment: {} });
      assert.equal(code, 0);
      assert.equal(written().match(/^- \[ \] \*\*/gm)?.length, written().match(/done by ____/g)?.length);
      assert.match(written(), /\*\*contain\*\*/);
      assert.doesNotMatch(written(), /\$cel|\{"/);
      assert.match(written(), /first get the yes of commander within 15 min/);
    });

    it('explains a playbook, and prints a new one under a name that can be one', async () => {
      assert.match(
        (await run(['playbook', 'explain', 'leaked-token'], { environment: {} })).written(),
        /asks commander/,
      );
      const { written } = await run(['playbook', 'new', 'stolen-laptop']);
      assert.match(written(), /name: stolen-laptop/);
      assert.equal((await run(['playbook', 'new', '../x'])).code, 1);
    });

    it('ends 1 for a file that cannot be read', async () => {
      const { code } = await run(['playbook', 'lint', 'nowhere.yaml']);
      assert.equal(code, 1);
    });

    it('ends 1 for a bundle that is none', async () => {
      const { code, written } = await run(['bundle', 'verify', 'nowhere.fbb', '--json']);
      assert.equal(code, 1);
      assert.equal((JSON.parse(written()) as { ok: boolean }).ok, false);
    });
  });
});
