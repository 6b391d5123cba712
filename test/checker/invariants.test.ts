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
import type { OutsideRecords, RoomEntry } from './records.ts';
import type { Plan } from '../../contracts/plan.ts';
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
    readonly plan?: Plan;
    readonly documents?: readonly (readonly [id: string, digest: string])[];
    readonly said?: readonly Said[];
    readonly acts?: readonly EvidenceAct[];
    readonly manifest?: Partial<Manifest>;
    readonly targets?: readonly string[];
  } = {},
): Evidence {
  const { said = [opened, gate, decision('casey', 2), decision('noor', 3), page, ended], acts = [act] } = changes;
  const targets = (changes.targets ?? ['p1']).map((subject) => [subject, '', `ref-${subject}`] as const);
  const manifest: Manifest = {
    ...{ incident: INCIDENT, mode: 'live', state: 'closed', planHash, audience: 'auditor', exportedAt: at(100) },
    ...changes.manifest,
  };
  return {
    ...{ manifest, plan: changes.plan ?? plan, acts, documents: new Map(changes.documents) },
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

  describe('of the chat', () => {
    const room: EvidenceAct = {
      ...{ ...act, action: 'chat.open', subject: 'room' },
      ...{ lease: `${INCIDENT}/room:single`, epoch: null },
    };
    const said: readonly Said[] = [
      opened,
      { kind: 'effect', second: 1, body: { action: 'chat.open', subject: 'room' } },
    ];
    const evidence = evidenceOf({ acts: [room], said });
    const mark = markOf(INCIDENT, 'chat.open', 'room', 1);
    const card = { id: '1', key: `${mark}-card` };
    const chat = (...rooms: readonly Partial<RoomEntry>[]): OutsideRecords => ({
      ...nobody,
      chat: rooms.map((one) => ({ id: 'C1', mark, posts: [card], ...one })),
    });

    it('hold where the card is there once, and where no chat keeps anything', () => {
      const talk = { id: '2', key: '' };
      for (const outside of [chat({ posts: [card, talk] }), chat({}, { id: 'C2', mark: '', posts: [talk, talk] })])
        for (const judge of [judgeLost, judgeRepeats, judgePermission])
          assert.deepEqual(faults(judge(evidence, outside)), []);
      assert.deepEqual(faults(judgeLost(evidence, nobody)), []);
    });

    it('I1: finds a room or a card that is not there', () => {
      for (const outside of [{ ...nobody, chat: [] }, chat({ posts: [] })])
        assert.match(faults(judgeLost(evidence, outside))[0] ?? '', /nobody outside has it/);
    });

    it('I2: finds a card posted twice, and a second room of one act', () => {
      assert.deepEqual(faults(judgeRepeats(evidence, chat({ posts: [card, { ...card, id: '2' }] }))), [
        '2 messages of one act are in the chat',
      ]);
      assert.deepEqual(faults(judgeRepeats(evidence, chat({}, { id: 'C2', posts: [] }))), [
        '2 rooms were opened by one act',
      ]);
    });

    it('I4 and I10: find what no effect knows, and what was said in a drill', () => {
      const strange = chat({ posts: [card, { id: '3', key: 'f'.repeat(32) }] });
      assert.deepEqual(faults(judgePermission(evidence, strange)), ['a post that no effect knows']);
      const drill = evidenceOf({ acts: [{ ...room, state: 'withheld' }], manifest: { mode: 'drill' }, said });
      assert.deepEqual(faults(judgeDrill(drill, chat({}))), [
        'a room was opened in a drill',
        'a message was posted in a drill',
      ]);
    });
  });

  describe('of a rotation', () => {
    const rotating = planOf([
      { id: 'services', uses: 'credentials.rotate', forEach: 'inputs.targets', with: { revokeAfter: 'PT4H' } },
    ]);
    const lease = `${INCIDENT}/services#1:0`;
    const said: readonly Said[] = [
      { ...opened, body: { planHash } },
      {
        ...page,
        key: `page:${lease}:1000`,
        body: { step: 'services', uses: 'credentials.rotate', round: 1, dataset: 'd' },
      },
      { ...ended, body: { step: 'services', outputs: { left: 0 } } },
    ];
    const done = ['credentials.issue', 'credentials.handover', 'credentials.revoke'].map((action): EvidenceAct => ({
      ...act,
      action,
      subject: 'p1',
      lease,
    }));
    const rotation = (acts: readonly EvidenceAct[]) => evidenceOf({ plan: rotating, said, acts });
    const key = markOf(INCIDENT, 'credentials.issue', 'p1', 1);
    const issue = { act: 'issue' as const, id: 'ref-p1', key, replacement: 'r1', at: at(11) };
    const handover = { act: 'handover' as const, id: 'ref-p1', replacement: 'r1', at: at(12) };
    const confirm = { ...handover, act: 'confirm' as const, at: at(14) };
    const revoke = (second: number) => ({ act: 'revoke' as const, id: 'ref-p1', at: at(second) });
    const all = [issue, handover, confirm, revoke(15)];

    it('hold where the old one died after its owner had the new one', () => {
      for (const judge of [judgeLost, judgeRepeats, judgePermission])
        assert.deepEqual(faults(judge(rotation(done), { ...nobody, issuer: all })), []);
      const waited = [issue, handover, revoke(12 + 4 * 3_600)];
      assert.deepEqual(faults(judgePermission(rotation(done), { ...nobody, issuer: waited })), []);
    });

    it('I1: finds one that ended in the middle, and a replacement that nobody has', () => {
      const [issued, handed] = done;
      assert.deepEqual(faults(judgeLost(rotation([issued!, handed!]), { ...nobody, issuer: all })), [
        'services ended and nothing became of it',
      ]);
      const failed = rotation([issued!, { ...handed!, state: 'failed' }]);
      assert.deepEqual(faults(judgeLost(failed, { ...nobody, issuer: all })), []);
      assert.equal(faults(judgeLost(rotation(done), { ...nobody, issuer: [revoke(15)] })).length, 2);
    });

    it('I4: finds an old one that died too early, and what no effect knows', () => {
      const early = [issue, handover, { ...confirm, at: at(20) }, revoke(15)];
      assert.deepEqual(faults(judgePermission(rotation(done), { ...nobody, issuer: early })), [
        'it died before its owner had the replacement',
      ]);
      const strange = [...all, { ...issue, key: 'k' }, { ...handover, id: 'other' }];
      assert.deepEqual(faults(judgePermission(rotation(done), { ...nobody, issuer: strange })), [
        'a replacement that no effect knows',
        'handed over, and no effect says so',
      ]);
    });
  });

  it('I1: finds evidence that was kept and is not among the documents', () => {
    const kept: Said = { kind: 'evidence', second: 5, body: { document: 'e1', digest: 'd1' } };
    const of = (documents: readonly (readonly [string, string])[]): readonly string[] =>
      faults(judgeLost(evidenceOf({ said: [opened, kept], acts: [], documents }), nobody));
    assert.deepEqual(of([['e1', 'd1']]), []);
    assert.equal(of([['e1', 'other']]).length, 1);
    assert.equal(of([]).length, 1);
  });

  it('I8: finds a step that began before what it needs had ended, also inside a child playbook', () => {
    const nested = planOf([
      { id: 'round', uses: 'playbook.run' },
      { id: 'round/preserve', uses: 'evidence.snapshot' },
      { id: 'round/contain', uses: 'credentials.revoke', needs: [{ step: 'round/preserve' }] },
    ]);
    const hash = createHash('sha256').update(canonicalJson(nested)).digest('hex');
    const started = (step: string): Said => ({ kind: 'step.started', second: 1, body: { step } });
    const over = (step: string): Said => ({ kind: 'step.ended', second: 1, body: { step } });
    const of = (...steps: readonly Said[]): readonly string[] =>
      faults(
        judgePlan(
          evidenceOf({
            ...{ plan: nested, manifest: { planHash: hash }, acts: [] },
            said: [{ ...opened, body: { planHash: hash } }, ...steps],
          }),
        ),
      );
    const [first, second] = [started('round/2/preserve'), started('round/2/contain')];
    assert.deepEqual(of(started('round'), first, over('round/2/preserve'), second), []);
    assert.deepEqual(of(started('round'), first, second, over('round/2/preserve')), [
      'it began before a step that it needs had ended',
    ]);
    assert.deepEqual(of(first, over('round/2/preserve'), started('round')), ['it began before its playbook was run']);
  });
});
