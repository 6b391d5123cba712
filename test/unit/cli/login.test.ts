import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../../../cli/run-cli.ts';
import { scriptedGateway, scriptedTerminal, type Script } from './scripted-terminal.ts';

const KEY = ['fbk', 'k'.repeat(24)].join('_');
const ME = { id: 'casey', isMachine: false, roles: ['commander'], key: 'casey-laptop', may: ['read', 'decide'] };
const URL = 'https://gateway.example.org';

describe('firebreak login', () => {
  let home: string;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'firebreak-login-'));
  });

  afterEach(() => rm(home, { recursive: true }));

  /** Runs one command line; `keys` takes the key of every request. */
  async function run(line: string, { environment = {}, ...script }: Script = {}, keys: (string | null)[] = []) {
    const gateway = scriptedGateway({ 'GET /me': ME, 'GET /incidents?limit=50': { incidents: [] } });
    const fetch: typeof globalThis.fetch = (input, init) => {
      keys.push(`${new globalThis.URL(input).host} ${new Headers(init?.headers).get('authorization')}`);
      return gateway(input, init);
    };
    const terminal = scriptedTerminal({ fetch, environment: { HOME: home, ...environment }, ...script });
    const code = await runCli(line.split(' '), terminal, '1.2.3');
    return { code, written: terminal.written(), warned: terminal.warned(), questions: terminal.questions };
  }

  const stored = (): string => join(home, '.config', 'firebreak', 'profiles.json');

  it('asks for address and key, tries them, and stores them for their owner only', async () => {
    const { code, written, questions } = await run('login', { answers: [URL, KEY] });
    assert.equal(code, 0);
    assert.equal(questions.length, 2);
    assert.match(written, /^casey \(commander\) at https:\/\/gateway\.example\.org\n/);
    assert.ok(!written.includes(KEY));
    assert.equal(statSync(stored()).mode & 0o777, 0o600);
    assert.equal(statSync(join(home, '.config', 'firebreak')).mode & 0o777, 0o700);
  });

  it('takes the key from standard input, and lets every command speak with it', async () => {
    const keys: string[] = [];
    assert.equal((await run(`login --url ${URL}/ --key-file -`, { input: `${KEY}\n` })).code, 0);
    assert.equal((await run('list', {}, keys)).code, 0);
    assert.deepEqual(keys, [`gateway.example.org Bearer ${KEY}`]);
  });

  it('stores nothing that the gateway refuses', async () => {
    const fetch: typeof globalThis.fetch = () => Promise.reject(new TypeError('nobody listens'));
    assert.equal((await run(`login --url ${URL} --key-file -`, { input: KEY, fetch })).code, 69);
    assert.equal(existsSync(stored()), false);
  });

  for (const [what, line, input] of [
    ['an address that is none', 'login --url gateway --key-file -', KEY],
    ['an address with a password in it', 'login --url https://a:b@gateway.example.org --key-file -', KEY],
    ['http to another machine', 'login --url http://gateway.example.org --key-file -', KEY],
    ['no key', `login --url ${URL} --key-file -`, ' \n'],
    ['nobody to ask for the key', `login --url ${URL}`, ''],
    ['nobody to ask for the address', 'login --key-file -', KEY],
    ['a name that is none', `login --url ${URL} --key-file - --profile ../x`, KEY],
  ] as const)
    it(`ends 2 for ${what}, and asks no gateway`, async () => {
      const keys: string[] = [];
      assert.equal((await run(line, { input }, keys)).code, 2);
      assert.deepEqual(keys, []);
    });

  it('takes http to this machine, and to another where that is said', async () => {
    assert.equal((await run('login --url http://127.0.0.1:7380 --key-file -', { input: KEY })).code, 0);
    assert.equal(
      (await run('login --url http://gateway.example.org --allow-http --key-file -', { input: KEY })).code,
      0,
    );
  });

  it('shows what is stored without a key', async () => {
    await run(`login --url ${URL} --key-file -`, { input: KEY });
    await run('login --url https://staging.example.org --profile staging --key-file -', { input: KEY });
    const shown = await run('login --show');
    assert.match(shown.written, /^default +casey +https:\/\/gateway\.example\.org$/m);
    assert.match(shown.written, /^staging +casey +https:\/\/staging\.example\.org$/m);
    const { written } = await run('login --show --json');
    assert.equal((JSON.parse(written) as { profiles: unknown[] }).profiles.length, 2);
    assert.ok(!(shown.written + written).includes(KEY));
  });

  it('forgets a profile, and all', async () => {
    await run(`login --url ${URL} --key-file -`, { input: KEY });
    await run('login --url https://staging.example.org --profile staging --key-file -', { input: KEY });
    assert.equal((await run('logout')).code, 0);
    assert.deepEqual(Object.keys(JSON.parse(readFileSync(stored(), 'utf8')) as object), ['staging']);
    assert.equal((await run('logout')).code, 78);
    assert.equal((await run('logout --all')).code, 0);
    assert.equal((await run('list')).code, 78);
  });

  it('refuses a file that others may read', async () => {
    await run(`login --url ${URL} --key-file -`, { input: KEY });
    chmodSync(stored(), 0o644);
    const { code, warned } = await run('list');
    assert.equal(code, 78);
    assert.match(warned, /others may read it: run `chmod 600 /);
  });

  it('refuses a file that is not what it writes', async () => {
    mkdirSync(join(home, '.config', 'firebreak'), { recursive: true });
    writeFileSync(stored(), '{"default": {"url": 1}}', { mode: 0o600 });
    assert.equal((await run('list')).code, 78);
  });

  describe('which gateway and key', () => {
    const OTHER = ['fbk', 'o'.repeat(24)].join('_');
    const STACK = ['fbk', 's'.repeat(24)].join('_');

    beforeEach(async () => {
      await run(`login --url ${URL} --key-file -`, { input: KEY });
      await run('login --url https://staging.example.org --profile staging --key-file -', { input: OTHER });
      mkdirSync(join(home, 'stack', '.firebreak'), { recursive: true });
      writeFileSync(join(home, 'dana.key'), STACK);
      const found = { url: 'http://stack.example.org', keys: home, as: 'dana' };
      writeFileSync(join(home, 'stack', '.firebreak', 'cli.json'), JSON.stringify(found));
    });

    const cases: readonly (readonly [string, string, Script, string])[] = [
      ['the profile `default` where nothing is said', 'list', {}, `gateway.example.org Bearer ${KEY}`],
      ['the profile that is named', 'list --profile staging', {}, `staging.example.org Bearer ${OTHER}`],
      [
        'FIREBREAK_PROFILE',
        'list',
        { environment: { FIREBREAK_PROFILE: 'staging' } },
        `staging.example.org Bearer ${OTHER}`,
      ],
      [
        'a key of the environment before FIREBREAK_PROFILE',
        'list',
        { environment: { FIREBREAK_PROFILE: 'staging', FIREBREAK_URL: 'https://env.example.org', FIREBREAK_KEY: 'e' } },
        'env.example.org Bearer e',
      ],
    ];
    for (const [what, line, script, asked] of cases)
      it(`is ${what}`, async () => {
        const keys: string[] = [];
        assert.equal((await run(line, script, keys)).code, 0);
        assert.deepEqual(keys, [asked]);
      });

    it('is the development stack that one stands in, before the profile `default` and after one that is named', async () => {
      const keys: string[] = [];
      const folder = join(home, 'stack');
      await run('list', { folder }, keys);
      await run('list --as dana', { folder }, keys);
      await run('list --profile staging', { folder }, keys);
      assert.deepEqual(keys, [
        ...[`stack.example.org Bearer ${STACK}`, `stack.example.org Bearer ${STACK}`],
        `staging.example.org Bearer ${OTHER}`,
      ]);
    });

    for (const line of [
      'list --profile staging --url https://elsewhere.example.org',
      'list --url https://elsewhere.example.org',
      'list --profile staging --as dana',
    ])
      it(`sends no stored key for: ${line}`, async () => {
        const keys: string[] = [];
        assert.equal((await run(line, {}, keys)).code, 2);
        assert.deepEqual(keys, []);
      });

    it('says which profiles there are where one is not', async () => {
      const { code, warned } = await run('list --profile prod');
      assert.equal(code, 78);
      assert.match(warned, /no profile prod; stored: default, staging/);
    });
  });

  it('tells by whoami whom the key speaks for, where, and by what', async () => {
    await run(`login --url ${URL} --key-file -`, { input: KEY });
    const { written } = await run('whoami');
    assert.equal(
      written,
      'casey (commander), key casey-laptop\nat https://gateway.example.org, by profile default\nmay read, decide\n',
    );
  });
});
