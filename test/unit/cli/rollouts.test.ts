import assert from 'node:assert/strict';
import { rolloutLines, targetLines } from '../../../cli/commands/rollouts.ts';
import { runCli } from '../../../cli/run-cli.ts';
import { scriptedGateway, scriptedTerminal } from './scripted-terminal.ts';
import type { RolloutView, TargetList } from '../../../contracts/rollout-api.ts';

const CONNECTED = { FIREBREAK_URL: 'http://gateway.example.org', FIREBREAK_KEY: 'k' };
const AT = '/incidents/INC-2026-0001/steps/round%2Ftell';
const LIST: TargetList = {
  total: 2,
  digest: 'ab'.repeat(32),
  targets: [
    { action: 'notices.send', subject: 'n/1/p1', state: 'unknown', generation: 1, code: 'NOTICE_UNKNOWN' },
    { action: 'notices.send', subject: 'n/1/p2', state: 'failed', generation: 1 },
  ],
};
const VIEW: RolloutView = {
  ...{ step: 'round/tell', visit: 2, action: 'notices.send', state: 'running', targets: 5_000, done: 2_000 },
  ...{ counts: { accepted: 1_990, failed: 10 }, reasons: { NOTICE_UNREACHABLE: 10 }, perMinute: 300, secondsLeft: 600 },
  ...{ startedAt: '2026-05-04T10:00:00.000Z', answeredAt: '2026-05-04T10:07:00.000Z' },
};

async function run(args: readonly string[], answers: readonly string[] | undefined) {
  const asked: { line: string; body: unknown; key: string | null }[] = [];
  const fetch = scriptedGateway(
    {
      [`GET ${AT}/targets?limit=5000&states=failed%2Cunknown`]: LIST,
      [`POST ${AT}/rollout/retry`]: { id: 'x', at: '2026-05-04T10:00:00Z', effect: 'taken up again' },
      [`POST ${AT}/rollout/rate`]: { id: 'x', at: '2026-05-04T10:00:00Z', effect: 'slower' },
    },
    asked,
  );
  const terminal = scriptedTerminal({ environment: CONNECTED, fetch, ...(answers ? { answers: [...answers] } : {}) });
  const code = await runCli(['rollout', ...args, '--reason', 'why'], terminal, '1.2.3');
  return { code, asked: asked.filter(({ line }) => line.startsWith('POST')), ...terminal };
}

describe('firebreak rollout', () => {
  const RETRY = ['retry', 'INC-2026-0001', 'round/tell', '--states', 'failed,unknown'];

  it('shows how far, how fast and how long', () => {
    const [, line] = rolloutLines([VIEW]);
    for (const part of ['round/tell#2', 'running', '2000 of 5000', '300', '10 min', '10 failed', 'NOTICE_UNREACHABLE'])
      assert.ok(line!.includes(part), `${part} in ${line}`);
  });

  it('shows the list, with what a repeat may do twice, before it retries', async () => {
    const { code, asked, written } = await run(RETRY, ['yes']);
    assert.equal(code, 0);
    for (const line of targetLines('round/tell', LIST)) assert.ok(written().includes(line), line);
    assert.match(written(), /1 are unknown: .+ twice/);
    assert.deepEqual(asked[0]?.body, { reason: 'why', list: LIST.digest, states: ['failed', 'unknown'] });
  });

  it('retries nothing that was not confirmed, or that is another list than was seen', async () => {
    for (const [more, answers] of [
      [[], ['no']],
      [[], undefined],
      [['--yes'], undefined],
      [['--yes', '--digest', 'cd'.repeat(8)], undefined],
    ] as const) {
      const { code, asked } = await run([...RETRY, ...more], answers);
      assert.deepEqual([code, asked], [1, []], more.join(' '));
    }
    const seen = await run([...RETRY, '--yes', '--digest', LIST.digest.slice(0, 12)], undefined);
    assert.deepEqual([seen.code, seen.asked.length], [0, 1]);
  });

  it('sends a rate and a window as numbers, and takes nothing else', async () => {
    const { asked } = await run(
      ['rate', 'INC-2026-0001', 'round/tell', '--window', '2', '--per-minute', '60'],
      undefined,
    );
    assert.deepEqual(asked[0]?.body, { reason: 'why', window: 2, perMinute: 60 });
    for (const more of [[], ['--window', 'two'], ['--per-minute', '-1']]) {
      const { code, asked: none } = await run(['rate', 'INC-2026-0001', 'round/tell', ...more], undefined);
      assert.deepEqual([code === 0, none], [false, []], more.join(' '));
    }
  });
});
