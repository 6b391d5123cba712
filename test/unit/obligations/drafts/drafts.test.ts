import assert from 'node:assert/strict';
import { draftAuthorityNotification } from '../../../../obligations/drafts/authority-notification.ts';
import { draftLawEnforcementReferral } from '../../../../obligations/drafts/law-enforcement-referral.ts';
import { knownFacts } from '../../../../obligations/known-facts.ts';
import { renderMarkdown } from '../../../../obligations/drafts/render-markdown.ts';
import { testIncident } from '../../../support/page-calls.ts';
import type { Draft, DraftInput, FieldValue } from '../../../../obligations/drafts/draft.ts';
import type { Json } from '../../../../contracts/json.ts';

const input = (facts: Record<string, Json> = {}, changes: Partial<DraftInput> = {}): DraftInput => ({
  incident: testIncident,
  facts: knownFacts(facts),
  preparedAt: '2026-10-24T08:00:00Z',
  openedAt: '2026-10-23T13:00:00Z',
  dueAt: '2026-10-26T12:20:00Z',
  isDueDecided: true,
  effects: {},
  filings: [],
  evidence: [],
  ...changes,
});

const fieldOf = (draft: Draft, ref: string): FieldValue | undefined =>
  draft.sections.flatMap(({ fields }) => fields).find((field) => field.ref === ref)?.value;

describe('draftAuthorityNotification', () => {
  it('holds everything that Art. 33(3) asks for', () => {
    const draft = draftAuthorityNotification(input());
    for (const ref of ['33(3)(a)', '68', '73', '33(3)(b)', '33(3)(c)', '33(3)(d)', '48']) {
      assert.ok(fieldOf(draft, ref), ref);
    }
  });

  it('names whom to ask for what nobody knows, and counts it', () => {
    const empty = draftAuthorityNotification(input());
    assert.deepEqual(fieldOf(empty, '33(3)(c)'), { unknown: true, ask: 'privacy' });
    const more = draftAuthorityNotification(input({ likelyConsequences: 'misuse' }));
    assert.equal(more.unknown, empty.unknown - 1);
  });

  it('treats an instant said to be unknown as unknown', () => {
    assert.deepEqual(fieldOf(draftAuthorityNotification(input({ occurredAt: { unknown: true } })), '44'), {
      unknown: true,
      ask: 'privacy',
    });
  });

  it('says where each value came from', () => {
    const facts = knownFacts({}, [
      {
        key: 'likelyConsequences',
        value: 'misuse',
        source: 'step:aware',
        by: 'priya',
        at: '2026-10-23T15:00:00Z',
        confidence: 'decided',
      },
    ]);
    const { source } = fieldOf(draftAuthorityNotification(input({}, { facts })), '33(3)(c)') as { source: string };
    assert.equal(source, 'fact likelyConsequences (step:aware), said by priya at 2026-10-23 15:00:00 UTC, decided');
  });

  it('calls it a security incident until a breach is decided', () => {
    assert.match(draftAuthorityNotification(input()).title, /security incident/);
    assert.match(draftAuthorityNotification(input({ personalDataBreach: false })).title, /security incident/);
    assert.match(draftAuthorityNotification(input({ personalDataBreach: true })).title, /personal data breach/);
  });

  it('says "at least" of a count until the scope is final', () => {
    const open = draftAuthorityNotification(input({ affectedPeople: 1500 }));
    assert.equal((fieldOf(open, '68') as { text: string }).text, 'at least 1500, inquiry open');
    const final = draftAuthorityNotification(input({ affectedPeople: 1500, scopeFinal: true }));
    assert.equal((fieldOf(final, '68') as { text: string }).text, '1500');
  });

  it('claims as done only what the ledger shows', () => {
    assert.equal(fieldOf(draftAuthorityNotification(input()), '92'), undefined);
    const effects = { 'credentials.revoke': { accepted: 3, verified: 7, failed: 2 } };
    const { text } = fieldOf(draftAuthorityNotification(input({}, { effects })), '92') as { text: string };
    assert.equal(
      text,
      '10 exposed credentials were revoked; 7 of them were since verified dead by an independent check.',
    );
  });

  it('asks for reasons only when it is late', () => {
    const facts = { awareAt: { at: '2026-10-23T12:20:00Z' } };
    assert.equal(fieldOf(draftAuthorityNotification(input(facts)), '49'), undefined);
    const late = draftAuthorityNotification(input(facts, { preparedAt: '2026-10-26T12:20:01Z' }));
    assert.deepEqual(fieldOf(late, '49'), { unknown: true, ask: 'privacy' });
  });

  it('says that a provisional date is one', () => {
    assert.match(draftAuthorityNotification(input({}, { isDueDecided: false })).notes[0]!, /provisional/);
  });
});

describe('draftLawEnforcementReferral', () => {
  it('says that its date is policy', () => {
    assert.match(draftLawEnforcementReferral(input()).notes[0]!, /policy of the organisation, no statute/);
  });

  it('lists evidence by digest', () => {
    const evidence = [{ name: 'audit.jsonl', digest: 'ab'.repeat(32), takenAt: '2026-10-23T13:01:00Z' }];
    const { text } = fieldOf(draftLawEnforcementReferral(input({}, { evidence })), 'evidence') as { text: string };
    assert.match(text, /^SHA-256 (ab){32}, taken 2026-10-23 13:01:00 UTC$/);
  });

  it('never says that there is no evidence of something', () => {
    const draft = draftLawEnforcementReferral(input({ misuseFound: 'not-found', exfiltrationFound: 'not-found' }));
    assert.doesNotMatch(renderMarkdown(draft), /no evidence/i);
  });
});

describe('renderMarkdown', () => {
  it('is headed as a draft and says its time zone', () => {
    const text = renderMarkdown(draftAuthorityNotification(input()));
    assert.match(text, /^# DRAFT, not filed\n/);
    assert.match(text, /All times are UTC/);
    assert.match(text, /\*\*unknown: ask privacy\*\*/);
  });

  it('shows data as data and removes what looks like a credential', () => {
    const leaked = ['hf', 'x'.repeat(34)].join('_');
    const text = renderMarkdown(
      draftAuthorityNotification(input({ natureOfBreach: `a | b\n# <b>heading</b> ${leaked}` })),
    );
    assert.ok(text.includes('a \\| b \\# \\<b\\>heading\\</b\\>'));
    assert.ok(!text.includes(leaked));
  });
});
