import assert from 'node:assert/strict';
import { runCli } from '../../../cli/run-cli.ts';
import { scriptedGateway, scriptedTerminal } from './scripted-terminal.ts';
import type { HoldReport } from '../../../contracts/returns.ts';

const CONNECTED = { FIREBREAK_URL: 'http://gateway.example.org', FIREBREAK_KEY: 'k' };
const AT = '/incidents/INC-2026-0001/holds';
const REPORT: HoldReport = {
  hold: {
    ...{ id: 'h1', audience: 'everyone', by: 'omar', basis: 'order of a court', at: '2026-05-04T10:00:00.000Z' },
    ...{ until: '2026-05-08T10:00:00.000Z', active: true },
  },
  counts: { accepted: 1 },
  goneOut: [{ subject: 'exposed/1/p1', state: 'accepted', at: '2026-05-04T09:00:00.000Z' }],
};

async function run(args: readonly string[], answers: Readonly<Record<string, unknown>>) {
  const asked: { readonly line: string; readonly body: unknown; readonly key: string | null }[] = [];
  const terminal = scriptedTerminal({ environment: CONNECTED, fetch: scriptedGateway(answers, asked) });
  return { code: await runCli(args, terminal, '1.2.3'), said: terminal.written(), asked };
}

describe('firebreak hold', () => {
  it('places one, and says what had gone out', async () => {
    const until = '2026-05-08T10:00:00Z';
    const args = ['hold', 'add', 'INC-2026-0001', '--basis', 'order of a court', '--until', until];
    const { code, said, asked } = await run(args, { [`POST ${AT}`]: REPORT });
    assert.equal(code, 0);
    assert.deepEqual(asked[0]!.body, { audience: 'everyone', basis: 'order of a court', until });
    assert.notEqual(asked[0]!.key, null);
    assert.match(
      said,
      /hold h1: everyone, until 2026-05-08 10:00 UTC\n.*order of a court\n {2}1 had gone out \(1 accepted\)/,
    );
    assert.match(said, /exposed\/1\/p1 {2}accepted/);
  });

  it('asks for the legal basis', async () => {
    assert.equal((await run(['hold', 'add', 'INC-2026-0001'], {})).code, 2);
  });

  it('lists them, as JSON where that is wanted', async () => {
    const answers = { [`GET ${AT}`]: { holds: [REPORT] } };
    assert.match((await run(['hold', 'list', 'INC-2026-0001'], answers)).said, /^hold h1/);
    const { said } = await run(['hold', 'list', 'INC-2026-0001', '--json'], answers);
    assert.deepEqual(JSON.parse(said), { holds: [REPORT] });
  });

  it('lifts one', async () => {
    const lifted = { liftedAt: '2026-05-05T08:00:00.000Z', liftedBy: 'omar', reason: 'withdrawn', active: false };
    const answer: HoldReport = { ...REPORT, hold: { ...REPORT.hold, ...lifted } };
    const args = ['hold', 'lift', 'INC-2026-0001', 'h1', '--reason', 'withdrawn'];
    const { said, asked } = await run(args, { [`POST ${AT}/h1/lift`]: answer });
    assert.deepEqual(asked[0]!.body, { reason: 'withdrawn' });
    assert.match(said, /lifted 2026-05-05 08:00 UTC by omar: withdrawn/);
  });
});

describe('firebreak reconcile', () => {
  const settled = [{ incident: 'INC-2026-0001', step: 'tell#1', action: 'notices.send', class: 'blind', settled: 3 }];

  it('says what became unknown and what was left', async () => {
    const { code, said } = await run(['reconcile'], { 'POST /reconcile': { settled, open: 2 } });
    assert.equal(code, 0);
    assert.match(said, /INC-2026-0001 +tell#1 +notices\.send +blind +3\n2 claims were left/);
  });

  it('prints the report as JSON where that is wanted', async () => {
    const { said } = await run(['reconcile', '--json'], { 'POST /reconcile': { settled: [], open: 0 } });
    assert.deepEqual(JSON.parse(said), { settled: [], open: 0 });
  });
});
