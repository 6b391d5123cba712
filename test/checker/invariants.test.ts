import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { canonicalJson, type JsonObject } from '../../contracts/json.ts';
import { byCommander, planOf } from '../support/plan-sketch.ts';
import { judgeAttempts, judgeDrill, judgeStops } from './invariants/attempts.ts';
import { judgeBlind, judgeRepeats } from './invariants/duplicates.ts';
import { judgeDeadlines } from './invariants/deadlines.ts';
import { judgeLost } from './invariants/lost.ts';
import { judgePermission } from './invariants/permission.ts';
import { judgePlan } from './invariants/chain.ts';
import { markOf } from './effect-keys.ts';
import type { Evidence, EvidenceAct, Manifest } from './evidence.ts';
import type { JournalKind, JournalRecord } from '../../contracts/journal.ts';
import type { OutsideRecords } from './records.ts';
import type { Verdict } from './verdict.ts';

const INCIDENT = 'INC-2026-0001';
const LEASE = `${INCIDENT}/tell#1:0`;
const NOTICE = 'n/1/p1';
const GATE = 'g'.repeat(64);
const nobody: OutsideRecords = { issuer: [], mail: [], tickets: [] };

const plan = planOf([
  {
    ...{ id: 'tell', uses: 'notices.send', forEach: 'inputs.targets', with: { notice: 'n' } },
    approval: byCommander({ quorum: 2, withinMs: 60_000 }),
  },
]);
const planHash = createHash('sha256').update(canonicalJson(plan)).digest('hex');

/** An instant so many seconds into the incident, as the database writes it. */
const at = (second: number): string => new Date(Date.UTC(2026, 10, 24, 10) + second * 1_000).toISOString();

interface Said {
  readonly kind: JournalKind;
  readonly body: JsonObject;
  readonly second: number;
  readonly actor?: string;
  readonly key?: string;
}

function recordOf(
  { kind, body, second, actor = 'engine', key = `${kind}:${second}` }: Said,
  seq: number,
): JournalRecord {
  return { seq, at: at(second), key, kind, actor, body, prevHash: '', hash: '' };
}

const opened: Said = { kind: 'incident.opened', actor: 'dana', body: { planHash }, second: 0 };
const gate: Said = {
  ...{ kind: 'gate.opened', second: 1 },
  body: { gate: 'tell#1:approval', step: 'tell', kind: 'approval', digest: GATE },
};
const page: Said = {
  ...{ kind: 'page.opened', second: 10, key: `page:${LEASE}:1000` },
  body: { step: 'tell', uses: 'notices.send', round: 1, dataset: 'd', gate: GATE, from: 0, to: 2 },
};
const ended: Said = {
  kind: 'step.ended',
  body: { step: 'tell', state: 'succeeded', outputs: { left: 0 } },
  second: 30,
};

function decision(actor: string, second: number): Said {
  const body = { gate: 'tell#1:approval', step: 'tell', digest: GATE, answer: 'approve', role: 'commander' };
  return { kind: 'decision', actor, body, second };
}

const act: EvidenceAct = {
  ...{ action: 'notices.send', subject: NOTICE, state: 'accepted', generation: 1, attempt: 1, code: null },
  ...{ lease: LEASE, epoch: 1000, claimedAt: at(11) },
};

/** Evidence of a small incident in which two people decided and one of one was told. */
function evidenceOf(
  changes: {
    readonly said?: readonly Said[];
    readonly acts?: readonly EvidenceAct[];
    readonly manifest?: Partial<Manifest>;
    readonly targets?: readonly string[];
  } = {},
): Evidence {
  const { said = [opened, gate, decision('casey', 2), decision('noor', 3), page, ended], acts = [act] } = changes;
  const targets = (changes.targets ?? ['p1']).map((subject) => [subject, '', ''] as const);
  const manifest: Manifest = {
    ...{ incident: INCIDENT, mode: 'live', state: 'closed', planHash, audience: 'auditor', exportedAt: at(100) },
    ...changes.manifest,
  };
  return {
    ...{ manifest, plan, acts },
    records: said.map((one, index) => recordOf(one, index + 1)),
    datasets: new Map([['d', { id: 'd', kind: 'people', count: targets.length, digest: '', targets }]]),
  };
}

const message = (generation = 1) => ({
  at: at(12),
  id: `<${markOf(INCIDENT, 'notices.send', NOTICE, generation)}@bounces.example.org>`,
  recipients: ['someone'],
});
const told: OutsideRecords = { ...nobody, mail: [message()] };

/** Why a verdict is broken, in order; empty where it holds. */
function faults(verdict: Verdict): readonly string[] {
  assert.notEqual(verdict.verdict, 'not judged');
  return verdict.verdict === 'broken' ? verdict.findings.map(({ why }) => why) : [];
}

describe('the invariants', () => {
  it('hold for an incident in which everything is as it should be', () => {
    for (const judge of [judgeLost, judgeBlind, judgePermission, judgeAttempts, judgePlan])
      assert.deepEqual(faults(judge(evidenceOf(), told)), []);
  });

  it('I1: finds a target that nothing became of, and what was done for nobody', () => {
    assert.deepEqual(faults(judgeLost(evidenceOf({ targets: ['p1', 'p2'] }), told)), [
      'tell ended and nothing became of it',
    ]);
    assert.match(faults(judgeLost(evidenceOf(), nobody))[0] ?? '', /nobody outside has it/);
    const left = { ...ended, body: { step: 'tell', state: 'partial', outputs: { left: 1 } } };
    assert.deepEqual(faults(judgeLost(evidenceOf({ targets: ['p1', 'p2'], said: [opened, page, left] }), told)), []);
  });

  it('I2: finds two open tickets of one act, and two replacements for one key', () => {
    const tickets = ['1', '2'].map((id) => ({ id, open: true, mark: 'm' }));
    const issued = ['a', 'b'].map((replacement) => ({
      act: 'issue' as const,
      id: 't',
      key: 'k',
      replacement,
      at: at(1),
    }));
    assert.equal(faults(judgeRepeats(evidenceOf(), { ...nobody, tickets, issuer: issued })).length, 2);
    const closed = tickets.map((ticket, index) => ({ ...ticket, open: index === 0 }));
    assert.deepEqual(faults(judgeRepeats(evidenceOf(), { ...nobody, tickets: closed })), []);
  });

  it('I3: finds a message taken twice, and one sent again unasked', () => {
    assert.equal(faults(judgeBlind(evidenceOf(), { ...nobody, mail: [message(), message()] })).length, 1);
    const again = evidenceOf({ acts: [{ ...act, generation: 2 }], said: [opened, page] });
    assert.equal(faults(judgeBlind(again, { ...nobody, mail: [message(1), message(2)] })).length, 1);
  });

  it('I4: finds acts without enough people, after a gate was taken back, or without a record', () => {
    const said = (...more: readonly Said[]): Evidence => evidenceOf({ said: [opened, gate, ...more] });
    const of = (evidence: Evidence): readonly string[] => faults(judgePermission(evidence, nobody));
    assert.deepEqual(of(said(decision('casey', 2), page)), ['too few people had approved']);
    assert.deepEqual(of(said(decision('dana', 2), decision('casey', 3), page)), ['too few people had approved']);
    assert.deepEqual(of(said(page, decision('casey', 12), decision('noor', 13))), ['too few people had approved']);
    const voided: Said = { kind: 'gate.voided', body: { gate: 'tell#1:approval' }, second: 4 };
    assert.deepEqual(of(said(decision('casey', 2), decision('noor', 3), voided, page)), [
      'its gate had been taken back',
    ]);
    assert.match(of(said(decision('casey', 2), decision('noor', 3)))[0] ?? '', /no page/);
    const early = evidenceOf({ acts: [{ ...act, claimedAt: at(9) }] });
    assert.deepEqual(of(early), ['it was claimed before its page was opened']);
    const strangers = judgePermission(evidenceOf({ acts: [] }), told);
    assert.deepEqual(faults(strangers), ['a message that no effect knows']);
  });

  it('I5: finds a gate that nobody answered in time and nobody was woken for', () => {
    const late = [decision('casey', 400), decision('noor', 401)];
    assert.equal(faults(judgeDeadlines(evidenceOf({ said: [opened, gate, ...late] }))).length, 1);
    const woken: Said = { kind: 'escalation', body: { gate: 'tell#1:approval' }, second: 70 };
    assert.deepEqual(faults(judgeDeadlines(evidenceOf({ said: [opened, gate, woken, ...late] }))), []);
  });

  it('I7: finds a claim of an attempt after a newer one had begun', () => {
    const newer: Said = { ...page, key: `page:${LEASE}:2000`, second: 20 };
    const said = [opened, page, newer];
    assert.deepEqual(faults(judgeAttempts(evidenceOf({ said }))), []);
    assert.equal(faults(judgeAttempts(evidenceOf({ said, acts: [{ ...act, claimedAt: at(21) }] }))).length, 1);
  });

  it('I8: finds another plan than the one that was named', () => {
    assert.equal(faults(judgePlan(evidenceOf({ manifest: { planHash: GATE } }))).length, 1);
    assert.equal(faults(judgePlan(evidenceOf({ said: [{ ...opened, body: { planHash: GATE } }] }))).length, 1);
  });

  it('I9: finds a claim between a stop and its end', () => {
    const stop: Said = { kind: 'stop', body: { step: 'tell' }, second: 2 };
    const resume: Said = { kind: 'resume', body: { step: 'tell' }, second: 10 };
    assert.equal(faults(judgeStops(evidenceOf({ said: [opened, stop] }))).length, 1);
    assert.deepEqual(faults(judgeStops(evidenceOf({ said: [opened, stop, resume] }))), []);
    const other: Said = { ...stop, body: { step: 'contain' } };
    assert.deepEqual(faults(judgeStops(evidenceOf({ said: [opened, other] }))), []);
  });

  it('I10: finds a message in a drill', () => {
    const manifest = { mode: 'drill' as const };
    const withheld = [{ ...act, state: 'withheld' as const }];
    assert.deepEqual(faults(judgeDrill(evidenceOf({ manifest, acts: withheld }), nobody)), []);
    assert.equal(faults(judgeDrill(evidenceOf({ manifest, acts: withheld }), told)).length, 1);
    assert.equal(faults(judgeDrill(evidenceOf({ manifest }), nobody)).length, 1);
  });
});
