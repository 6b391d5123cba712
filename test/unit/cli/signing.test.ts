import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSignedBy } from '../../../ledger/signatures.ts';
import { personalText } from '../../../contracts/decision-proof.ts';
import { runCli } from '../../../cli/run-cli.ts';
import { scriptedGateway, scriptedTerminal, type Script, type ScriptedTerminal } from './scripted-terminal.ts';
import type { DecisionBody } from '../../../contracts/api.ts';
import type { Digest, IncidentId } from '../../../contracts/ids.ts';

const INCIDENT = 'INC-2026-0001' as IncidentId;
const PLAN = 'e'.repeat(64) as Digest;
const digest = 'ab'.repeat(32) as Digest;
const gate = {
  ...{ id: 'contain#1:approval', step: 'contain', kind: 'approval', question: 'Revoke?', digest, state: 'open' },
  ...{ roles: ['commander'], rule: 'any', quorum: 1, escalations: 0, secondFactor: true },
  ...{ openedAt: '2026-05-04T10:00:00Z', expiresAt: '2026-05-04T10:15:00Z' },
  shows: { targets: 2_000, variants: [], notes: [] },
  answers: [],
};

describe('the key that signs decisions', () => {
  let home: string;
  const environment = (): Readonly<Record<string, string>> => ({
    FIREBREAK_URL: 'http://gateway.example.org',
    FIREBREAK_KEY: 'k',
    HOME: home,
  });

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'firebreak-key-'));
  });

  after(() => rm(home, { recursive: true }));

  async function run(args: readonly string[], script: Script = {}): Promise<ScriptedTerminal & { code: number }> {
    const terminal = scriptedTerminal({ environment: environment(), ...script });
    return { ...terminal, code: await runCli(args, terminal, '1.2.3') };
  }

  async function approve(answer = 'approve', more: readonly string[] = []) {
    const asked: { line: string; body: unknown; key: string | null }[] = [];
    const view = { incident: INCIDENT, planHash: PLAN, gates: [gate] };
    const receipt = { id: 'x', at: '2026-05-04T10:01:00Z', effect: 'approved: the step goes on' };
    const answers = { [`GET /incidents/${INCIDENT}`]: view, [`POST /incidents/${INCIDENT}/decisions`]: receipt };
    const ended = await run([answer, INCIDENT, ...more], { fetch: scriptedGateway(answers, asked), answers: ['yes'] });
    const body = asked.find(({ line }) => line.startsWith('POST'))?.body as DecisionBody | undefined;
    return { ...ended, body };
  }

  it('is asked for before anything is sent, where there is none', async () => {
    const { code, warned, body } = await approve();
    assert.deepEqual([code, body], [1, undefined]);
    assert.match(warned(), /CLI_SIGNING_KEY.*firebreak keys new/);
  });

  it('is made once, for its owner only, and shown without its secret', async () => {
    const made = await run(['keys', 'new']);
    assert.equal(made.code, 0, made.warned());
    const path = join(home, '.config', 'firebreak', 'signing.pem');
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    const [, key] = /^key: (ed25519:[\w-]{43})$/m.exec(made.written()) ?? [];
    assert.ok(key);
    assert.ok(!made.written().includes((await readFile(path, 'utf8')).split('\n')[1]!));
    const again = await run(['keys', 'new']);
    assert.deepEqual([again.code, (await run(['keys', 'show'])).written()], [1, `key: ${key}\n`]);
    assert.deepEqual(JSON.parse((await run(['keys', 'show', '--json'])).written()), { file: path, key });
  });

  it('signs exactly what the gate shows, and says that a signature is asked for', async () => {
    const { written, body } = await approve();
    assert.match(written(), /^signature each yes has to be signed/m);
    const key = /ed25519:[\w-]{43}/.exec((await run(['keys', 'show'])).written())![0];
    const said = { incident: INCIDENT, planHash: PLAN, gate: gate.id, digest, answer: 'approve' } as const;
    assert.ok(isSignedBy(key, personalText({ ...said, breakGlass: false }), body?.signature));
    const broken = await approve('approve', ['--break-glass']);
    assert.ok(isSignedBy(key, personalText({ ...said, breakGlass: true }), broken.body?.signature));
  });

  it('is not needed to say no', async () => {
    const { code, body } = await approve('reject');
    assert.deepEqual([code, body?.signature], [0, undefined]);
  });

  it('is not used where others may read it', async () => {
    const path = join(home, '.config', 'firebreak', 'signing.pem');
    await chmod(path, 0o644);
    const { code, warned, body } = await approve('approve', ['--sign', path]);
    assert.deepEqual([code, body], [1, undefined]);
    assert.match(warned(), /chmod 600/);
  });
});
