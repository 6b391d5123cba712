import assert from 'node:assert/strict';
import type { IncidentId } from '../../../../contracts/ids.ts';
import type { GateStatus } from '../../../../contracts/messages.ts';
import { escape, message, modal, section } from '../../../../gateway/slack/blocks.ts';
import { askCard, gateCard } from '../../../../gateway/slack/cards.ts';
import { nagsDue } from '../../../../gateway/slack/card-watch.ts';
import { waitingFor } from '../../../../gateway/slack/home.ts';

const INCIDENT = 'INC-2026-0007';

function gate(more: Partial<GateStatus> = {}): GateStatus {
  return {
    ...{ id: 'contain#1:approval', step: 'contain', kind: 'approval', question: 'Revoke the tokens?' },
    ...{ digest: 'a'.repeat(64) as GateStatus['digest'], roles: ['commander'], rule: 'any', quorum: 1 },
    ...{ openedAt: '2026-05-04T10:00:00.000Z', expiresAt: '2026-05-04T10:15:00.000Z', escalations: 0 },
    shows: {
      targets: 1_234,
      connector: 'http-issuer',
      variants: [{ name: 'owner', count: 1_200, sample: 'Dear reader' }],
      notes: [],
    },
    ...{ answers: [], state: 'open' },
    ...more,
  };
}

const textOf = (value: unknown): string => JSON.stringify(value);

describe('gateCard', () => {
  it('shows exact counts, a sample of each text, who is asked until when, and the digest', () => {
    const text = textOf(gateCard(INCIDENT, 'live', gate()));
    for (const part of [
      '*1234* targets',
      '*1200* x owner',
      'Dear reader',
      '*commander*',
      '2026-05-04 10:15 UTC',
      'a'.repeat(64),
    ])
      assert.ok(text.includes(part), part);
  });

  it('has no button to approve where each yes has to be signed, and says how it is done', () => {
    const text = textOf(gateCard(INCIDENT, 'live', gate({ secondFactor: true })));
    assert.ok(!text.includes('fb_approve') && text.includes('fb_reject'));
    assert.match(text, /signature by your own key.*firebreak approve INC-2026-0007/);
  });

  it('carries in its buttons ids and the digest, nothing else', () => {
    const row = gateCard(INCIDENT, 'live', gate()).blocks.find(({ type }) => type === 'actions');
    const values = (row!['elements'] as { value: string }[]).map(({ value }) =>
      Object.keys(JSON.parse(value) as object),
    );
    assert.deepEqual(values, [
      ['i', 'g', 'd'],
      ['i', 'g', 'd'],
    ]);
  });

  it('has no button once it is decided', () => {
    const card = gateCard(INCIDENT, 'live', gate({ state: 'approved' }));
    assert.ok(!textOf(card).includes('fb_approve'));
  });

  it('says in its first words that it is a drill', () => {
    assert.match(gateCard('DRL-2026-0001', 'drill', gate()).text, /^\*DRILL DRL-2026-0001\*/);
  });

  it('lets no text of a sample out of its fence, mention anybody or show a credential', () => {
    const token = ['hf', 'b'.repeat(30)].join('_');
    const sample = `\`\`\` <!channel> <https://example.test|x> ${token} ${'y'.repeat(5_000)}`;
    const { shows } = gate();
    const card = gateCard(
      INCIDENT,
      'live',
      gate({ shows: { ...shows, variants: [{ name: 'owner', count: 1, sample }] } }),
    );
    const text = textOf(card);
    assert.ok(!text.includes('<!channel>') && !text.includes('<https:') && !text.includes(token));
    const fenced = card.blocks.map((block) => (block['text'] as { text?: string } | undefined)?.text ?? '');
    for (const part of fenced) {
      assert.ok(part.length <= 3_000);
      assert.ok((part.match(/```/g) ?? []).length % 2 === 0);
    }
  });

  it('stays within fifty blocks however many variants there are', () => {
    const variants = Array.from({ length: 300 }, (_, n) => ({ name: `v${n}`, count: n, sample: 's' }));
    const card = gateCard(INCIDENT, 'live', gate({ shows: { targets: 9, variants, notes: [] } }));
    assert.ok(card.blocks.length <= 50);
    assert.ok(textOf(card).includes('fb_approve'), 'the buttons are not cut off');
  });
});

describe('askCard', () => {
  const step = { id: 'aware', uses: 'facts.ask', title: 'Aware', state: 'waiting', visit: 1 } as const;
  const view = {
    incident: INCIDENT as IncidentId,
    mode: 'live',
    steps: [step],
    instructions: { aware: 'Ask legal first' },
  } as const;

  it('has a button that names incident and step, and the command that answers without Slack', () => {
    const ask = {
      step: 'aware',
      of: 'privacy',
      people: ['priya'],
      text: 'What is known?',
      wants: ['awareAt'],
      openedAt: '',
      evidence: 'none',
    } as const;
    const text = textOf(askCard(view, ask));
    assert.ok(text.includes(textOf(JSON.stringify({ i: INCIDENT, s: 'aware' })).slice(1, -1)));
    assert.ok(text.includes(`firebreak resolve ${INCIDENT} aware`));
    assert.ok(text.includes('Ask legal first'));
  });
});

describe('blocks', () => {
  it('escape what opens Slack markup', () => {
    assert.equal(escape('<!here> & <@U1>'), '&lt;!here&gt; &amp; &lt;@U1&gt;');
  });

  it('are cut with a word about what is left', () => {
    const many = Array.from({ length: 60 }, () => section('x'));
    const { blocks } = message('x', many);
    assert.equal(blocks.length, 49);
    assert.match(textOf(blocks.at(-1)), /and 12 more/);
  });

  it('hold in a modal what Slack takes', () => {
    const view = modal(
      'fb_x',
      't'.repeat(100),
      Array.from({ length: 200 }, () => section('x')),
    );
    assert.ok((view['title'] as { text: string }).text.length <= 24);
    assert.ok((view['blocks'] as unknown[]).length <= 100);
  });
});

describe('nagsDue', () => {
  const at = (minute: number): number => Date.parse('2026-05-04T10:00:00.000Z') + minute * 60_000;

  it('tells at once, after half and after three quarters of the time, then no more', () => {
    const due = { openedAt: '2026-05-04T10:00:00.000Z', dueAt: '2026-05-04T11:00:00.000Z' };
    assert.deepEqual(
      [0, 29, 30, 44, 45, 500].map((minute) => nagsDue(due, at(minute))),
      [1, 1, 2, 2, 3, 3],
    );
  });

  it('tells of what has no time at most three times', () => {
    const due = { openedAt: '2026-05-04T10:00:00.000Z', dueAt: undefined };
    assert.deepEqual(
      [0, 239, 240, 480, 100_000].map((minute) => nagsDue(due, at(minute))),
      [1, 1, 2, 3, 3],
    );
  });
});

describe('waitingFor', () => {
  const row = { roles: { commander: ['casey', 'noor'], privacy: ['priya'] }, requester: 'noor' };

  it('leaves out who may not answer: another role, the requester, who has answered', () => {
    const open = { gates: [gate()], asks: [] };
    const gatesOf = (person: string, gates = open.gates): number =>
      waitingFor({ ...open, gates }, row, person).gates.length;
    assert.deepEqual(
      ['casey', 'noor', 'priya'].map((person) => gatesOf(person)),
      [1, 0, 0],
    );
    const answered = gate({ answers: [{ by: 'casey', role: 'commander', answer: 'approve', at: '' }] });
    assert.equal(gatesOf('casey', [answered]), 0);
    assert.equal(gatesOf('casey', [gate({ state: 'voided' })]), 0);
  });
});
