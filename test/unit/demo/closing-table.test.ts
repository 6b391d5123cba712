import assert from 'node:assert/strict';
import { answerCommands, type DemoOutcome } from '../../../demo/outcome.ts';
import { closingTable, type ClosingPlaces } from '../../../demo/closing-table.ts';
import type { IncidentStatus } from '../../../contracts/messages.ts';

const gate = { id: 'round/tell-people#1:approval', state: 'open', rule: 'all', roles: ['commander', 'privacy'] };
const status = {
  incident: 'INC-2026-0001',
  gates: [
    { ...gate, answers: [{ by: 'casey', role: 'commander', answer: 'approve', at: '' }] },
    { ...gate, id: 'round/contain#1:approval', rule: 'any', roles: ['commander'], answers: [] },
    { ...gate, id: 'old#1:approval', state: 'approved', answers: [] },
  ],
  asks: [{ step: 'shut', of: 'platform', people: ['lee'], wants: ['entryClosedAt'], evidence: 'required' }],
  steps: [{ id: 'shut', uses: 'manual' }],
} as unknown as IncidentStatus;

const commands = [
  './firebreak approve INC-2026-0001 --gate round/tell-people#1:approval --as priya',
  './firebreak approve INC-2026-0001 --gate round/contain#1:approval --as casey',
  './firebreak resolve INC-2026-0001 shut --set entryClosedAt=... --set evidence=... --as lee',
];

describe('answerCommands', () => {
  it('names for all that is open the command and a person who may still answer', () => {
    assert.deepEqual(answerCommands(status), commands);
  });
});

describe('closingTable', () => {
  const outcome = {
    ...{ incident: 'INC-2026-0001', status: 'declared', open: ['gate x'], answers: commands, crashes: 0 },
    ...{ credentials: { verified: 0, targets: 0 }, notices: {}, tickets: [], filings: [], bundle: '/b/x.jsonl' },
    trigger: { door: 'api', by: 'dana', ackMs: 12 },
    ...{
      observed: { issuer: { active: 300 }, mail: {}, slack: { cards: 0, acts: 0, slowestAckMs: 0 } },
      journal: { records: 1, verified: true },
    },
  } as unknown as DemoOutcome;
  const places: ClosingPlaces = { record: '/r', drafts: '/d', anchors: '/a.jsonl', publicKey: '/b/signing.pub.pem' };

  it('says how to go on where the stack stays, and how to get there where it does not', () => {
    const stays = closingTable(outcome, { ...places, live: { mailbox: 'http://m', ui: undefined } });
    for (const command of commands) assert.ok(stays.includes(command), command);
    assert.match(closingTable(outcome, places), /rests on people.*--keep/);
  });

  it('does not count what was not tried, and verifies with anchor and key', () => {
    const said = closingTable(outcome, places);
    assert.match(said, /none was tried yet/);
    assert.match(said, /dana, over the HTTP API +.*acknowledged in 12 ms/);
    assert.ok(said.includes('check:run -- --bundle /b/x.jsonl --record /r --anchor /a.jsonl'), said);
    assert.match(said, /bundle verify \/b\/x\.jsonl --anchor \/a\.jsonl --key \/b\/signing\.pub\.pem/);
  });
});
