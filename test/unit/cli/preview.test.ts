import assert from 'node:assert/strict';
import { runCli } from '../../../cli/run-cli.ts';
import { scriptedGateway, scriptedTerminal } from './scripted-terminal.ts';

const ref = { id: 'x', kind: 'credentials', count: 64, digest: 'a'.repeat(64) };
const shows = { targets: 60, connector: 'http-issuer', variants: [], notes: ['It cannot be taken back.'] };
const gate = {
  ...{
    id: 'contain#1:approval',
    step: 'contain',
    kind: 'approval',
    question: 'Revoke?',
    digest: 'b'.repeat(64),
    shows,
  },
  ...{
    roles: ['commander'],
    rule: 'any',
    quorum: 1,
    answers: [],
    state: 'approved',
    expiresAt: '2026-05-04T10:15:00Z',
  },
};
const settled = {
  ...{ incident: 'DRL-2026-0001', playbook: 'exposed-secrets', planHash: 'c'.repeat(64), state: 'declared' },
  steps: [
    { id: 'scope', uses: 'credentials.list', state: 'succeeded', outputs: { dataset: ref, count: 64 } },
    { id: 'contain', uses: 'credentials.revoke', state: 'skipped' },
    { id: 'aware', uses: 'facts.ask', state: 'waiting', waitsFor: 'person' },
  ],
  gates: [gate, { ...gate, id: 'hold#1:approval', step: 'hold', question: 'Keep logs?', roles: [] }],
  asks: [{ step: 'aware', of: 'privacy', text: 'Say what is known of: awareAt' }],
  obligations: [{ title: 'Notify the authority', state: 'provisional', dueAt: '2026-05-07T10:00:00Z' }],
};
const moving = { ...settled, steps: [{ id: 'scope', uses: 'credentials.list', state: 'running' }] };

/** A gateway on which the reading steps run for a while. */
function gatewayThatMoves(looks: number): typeof fetch {
  let left = looks;
  const started = { 'POST /incidents': { incident: settled.incident, joined: false, planHash: settled.planHash } };
  return (input, init) => {
    const view = left > 0 ? moving : settled;
    if ((input as string).endsWith(settled.incident)) left -= 1;
    return scriptedGateway({
      ...started,
      [`GET /incidents/${settled.incident}`]: view,
      [`GET /incidents/${settled.incident}/effects`]: { effects: {} },
    })(input, init);
  };
}

describe('preview', () => {
  const environment = { FIREBREAK_URL: 'http://gateway.example.org', FIREBREAK_KEY: 'k' };

  it('waits until nothing moves, then says what was read, who would be asked on what, and which clocks would run', async () => {
    const terminal = scriptedTerminal({ environment, fetch: gatewayThatMoves(3) });
    const code = await runCli(['playbook', 'preview', 'exposed-secrets', '--input', 'store=ci'], terminal, '1.2.3');
    assert.equal(code, 0, terminal.warned());
    const text = terminal.written();
    assert.match(text, /scope \[credentials\.list\]: dataset: 64 credentials; count: 64/);
    assert.match(text, /Revoke\?\ntargets {3}60/);
    assert.match(text, /^forecast {2}b{64}$/m);
    assert.doesNotMatch(text, /^digest/m, 'a forecast binds nothing and is not called a digest');
    assert.match(text, /What would be done without asking\n {2}hold: Keep logs; 60 targets/);
    assert.match(text, /aware: privacy: Say what is known/);
    assert.match(text, /Notify the authority: provisional, due 2026-05-07 10:00 UTC/);
  });

  it('starts in mode preview', async () => {
    const modes: unknown[] = [];
    const moves = gatewayThatMoves(0);
    const fetch_: typeof fetch = (input, init) => {
      if (init?.method === 'POST') modes.push((JSON.parse(init.body as string) as { mode: string }).mode);
      return moves(input, init);
    };
    const terminal = scriptedTerminal({ environment, fetch: fetch_ });
    await runCli(['playbook', 'preview', 'exposed-secrets'], terminal, '1.2.3');
    assert.deepEqual(modes, ['preview']);
  });
});
