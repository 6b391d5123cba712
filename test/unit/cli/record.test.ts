import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../../../cli/run-cli.ts';
import { scriptedGateway, scriptedTerminal } from './scripted-terminal.ts';

const INCIDENT = 'INC-2026-0001';
const AT = '2026-05-04T10:00:00Z';
const POST = `POST /incidents/${INCIDENT}/hand-records`;
const RECORDED = { incident: INCIDENT, document: 'd1', digest: 'a'.repeat(64), isNew: true };

describe('firebreak record', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'firebreak-record-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  async function run(args: readonly string[], answers: Readonly<Record<string, unknown>> = { [POST]: RECORDED }) {
    const asked: { line: string; body: unknown; key: string | null }[] = [];
    const environment = { FIREBREAK_URL: 'http://gateway.example.org', FIREBREAK_KEY: 'k' };
    const terminal = scriptedTerminal({ folder, environment, fetch: scriptedGateway(answers, asked) });
    const code = await runCli(['record', ...args], terminal, '1.2.3');
    return { code, written: terminal.written(), warned: terminal.warned(), asked };
  }

  it('sends what was done, when, by whom, and the hash of the file that shows it', async () => {
    writeFileSync(join(folder, 'export.csv'), 'a,b\n');
    const evidence = { name: 'export.csv', bytes: 4, sha256: createHash('sha256').update('a,b\n').digest('hex') };
    const options = [
      '--step',
      'round/contain',
      '--count',
      '12',
      '--at',
      AT,
      '--by',
      'priya',
      '--evidence',
      'export.csv',
    ];
    const { code, written, asked } = await run([INCIDENT, 'revoked by hand', ...options, '--repeat', 'k1']);
    assert.equal(code, 0);
    const body = { text: 'revoked by hand', at: AT, by: 'priya', step: 'round/contain', count: 12, evidence };
    assert.deepEqual(asked, [{ line: POST, key: 'k1', body }]);
    assert.match(written, /^on record\n.*firebreak resolve INC-2026-0001 round\/contain/);
  });

  it('says that it was on record already', async () => {
    const { written } = await run([INCIDENT, 'x'], { [POST]: { ...RECORDED, isNew: false } });
    assert.equal(written, 'it was on record already\n');
  });

  const token = ['hf', 'z'.repeat(34)].join('_');
  for (const [what, args, code] of [
    ['no incident', [], 2],
    ['no words', [INCIDENT], 2],
    ['an incident that is none', ['INC-1', 'x'], 2],
    ['a subject and a count', [INCIDENT, 'x', '--subject', 's', '--count', '2'], 2],
    ['a count that is none', [INCIDENT, 'x', '--count', '0'], 2],
    ['a time ahead', [INCIDENT, 'x', '--at', '2199-01-01T00:00:00Z'], 2],
    ['a file and an incident', [INCIDENT, 'x', '--import', 'f'], 2],
    ['an offline line without a name', [INCIDENT, 'x', '--offline', 'f'], 2],
    ['a credential in the words', [INCIDENT, token], 1],
    ['evidence that is not there', [INCIDENT, 'x', '--evidence', 'nowhere'], 1],
    ['an offline file that is not there', ['--import', 'nowhere'], 1],
  ] as const)
    it(`sends nothing for ${what}`, async () => {
      const ended = await run(args);
      assert.deepEqual([ended.code, ended.asked], [code, []]);
      assert.ok(!ended.warned.includes(token));
    });

  describe('while nothing answers', () => {
    const file = (): string => join(folder, 'hand.jsonl');

    /** Writes two lines; nobody is asked. */
    async function writeTwo(): Promise<readonly string[]> {
      for (const words of ['called the duty desk', 'shut the door']) {
        const args = [INCIDENT, words, '--by', 'priya', '--at', AT, '--offline', 'hand.jsonl'];
        const { code, asked } = await run(args, {});
        assert.deepEqual([code, asked], [0, []]);
      }
      return readFileSync(file(), 'utf8').trim().split('\n');
    }

    it('writes lines that each hold the hash of the one before, for their owner only', async () => {
      const [first, second] = (await writeTwo()).map((line) => JSON.parse(line) as Record<string, unknown>);
      assert.equal(first!['prev'], '0'.repeat(64));
      assert.equal(second!['prev'], first!['hash']);
      assert.equal(statSync(file()).mode & 0o077, 0);
    });

    it('brings each line in under a key of its own, the same every time', async () => {
      const lines = (await writeTwo()).map((line) => JSON.parse(line) as { hash: string });
      const once = await run(['--import', 'hand.jsonl']);
      const again = await run(['--import', 'hand.jsonl'], { [POST]: { ...RECORDED, isNew: false } });
      assert.deepEqual([once.code, again.code], [0, 0]);
      assert.deepEqual(
        once.asked.map(({ key }) => key),
        lines.map(({ hash }) => `offline-${hash}`),
      );
      assert.deepEqual(again.asked, once.asked);
      assert.match(once.written, /2 lines, 2 new\n$/);
      assert.match(again.written, /2 lines, 0 new\n$/);
      const body = once.asked[0]!.body as { text: string; entry: { hash: string } };
      assert.deepEqual([body.text, body.entry.hash], ['called the duty desk', lines[0]!.hash]);
    });

    for (const [what, change] of [
      ['changed', ([first, second]) => [first!.replace('duty', 'other'), second!]],
      ['left out', ([, second]) => [second!]],
      ['moved', ([first, second]) => [second!, first!]],
      ['doubled', ([first, second]) => [first!, first!, second!]],
      ['cut', ([first, second]) => [first!.slice(0, 40), second!]],
    ] as readonly (readonly [string, (lines: readonly string[]) => readonly string[]])[])
      it(`brings nothing in of a file in which a line was ${what}, and writes nothing behind it`, async () => {
        writeFileSync(file(), `${change(await writeTwo()).join('\n')}\n`);
        const ended = await run(['--import', 'hand.jsonl']);
        assert.deepEqual([ended.code, ended.asked], [1, []]);
        assert.match(ended.warned, /^\[CLI_RECORDS_BROKEN\] \S*hand\.jsonl:\d /);
        const more = await run([INCIDENT, 'more', '--by', 'priya', '--offline', 'hand.jsonl']);
        assert.equal(more.code, 1);
      });
  });
});
