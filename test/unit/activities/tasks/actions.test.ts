import assert from 'node:assert/strict';
import { tasks } from '../../../../activities/tasks/capability.ts';
import { memoryHouse, type MemoryHouse } from '../../../support/memory-house.ts';
import { actionCall, testIncident } from '../../../support/page-calls.ts';
import type { ActionCall } from '../../../../contracts/effects.ts';
import type { FilingRow } from '../../../../ledger/ports.ts';
import type { JsonObject } from '../../../../contracts/json.ts';
import type { ObligationStatus } from '../../../../contracts/messages.ts';

const duty: ObligationStatus = {
  id: 'eu.gdpr.art33',
  title: 'Notify',
  source: 'GDPR',
  state: 'running',
  dueAt: '2026-05-04T00:00:00.000Z',
  of: 'privacy',
  filing: 'authority',
};
const filed: FilingRow = {
  id: 'filing-authority',
  kind: 'authority',
  document: 'd',
  dueAt: undefined,
  state: 'filed',
  by: 'priya',
  at: '2026-05-02T00:00:00Z',
  reference: 'R-1',
};

describe('tasks', () => {
  let house: MemoryHouse;
  const act = async (uses: string, given: JsonObject = {}, changes: Partial<ActionCall> = {}) =>
    tasks.create({}, house.environment).single[uses]!(actionCall(uses, { with: given, ...changes }));

  beforeEach(() => {
    house = memoryHouse({ incident: testIncident });
  });

  describe('incident.close', () => {
    const close = () => act('incident.close');

    it('closes, says so in the journal, and destroys the key of raw credentials only', async () => {
      await house.ledger.duties.putObligations(testIncident, [duty]);
      await house.ledger.duties.putFiling(testIncident, filed);
      assert.deepEqual((await close()).outputs, { at: house.nowAt });
      assert.equal(house.row.state, 'closed');
      assert.deepEqual(house.keysDestroyed, ['secrets']);
      assert.equal(house.ledger.records.at(-1)?.kind, 'incident.closed');
    });

    it('refuses while a duty is neither filed nor decided not required, and names it', async () => {
      await house.ledger.duties.putObligations(testIncident, [duty]);
      await assert.rejects(close(), { code: 'INCIDENT_DUTY_OPEN', what: /eu\.gdpr\.art33 .* due 2026-05-04/ });
      assert.equal(house.row.state, 'declared');
      assert.deepEqual(house.keysDestroyed, []);
    });

    it('takes a duty that a person recorded as not filed for decided', async () => {
      await house.ledger.duties.putObligations(testIncident, [duty]);
      await house.ledger.duties.putFiling(testIncident, { ...filed, state: 'not-filed', reference: undefined });
      assert.ok((await close()).outputs['at']);
    });

    it('refuses while a filing is only a draft', async () => {
      await house.ledger.duties.putFiling(testIncident, { ...filed, state: 'draft' });
      await assert.rejects(close(), { code: 'INCIDENT_DUTY_OPEN', what: /filing-authority/ });
    });

    for (const [what, missing] of [
      ['owner', { owner: undefined }],
      ['date', { dueAt: undefined }],
    ] as const) {
      it(`refuses while a follow-up has no ${what}`, async () => {
        const whole = { id: 'harden', step: 'harden', what: 'work', owner: 'lee', dueAt: '2026-06-01T00:00:00Z' };
        await house.ledger.duties.putFollowUp(testIncident, { ...whole, ...missing });
        await assert.rejects(close(), { code: 'INCIDENT_DUTY_OPEN', what: new RegExp(`harden has no ${what}`) });
      });
    }

    it('answers when it was closed to whoever asks again', async () => {
      const first = await close();
      house.nowAt = '2027-01-01T00:00:00.000Z';
      assert.deepEqual(await close(), first);
    });
  });

  describe('incident.followUp', () => {
    const roles = { platform: ['lee', 'noor'] };

    it('gives the work to the first person of the role, with a date', async () => {
      const { outputs } = await act('incident.followUp', { text: 'review', of: 'platform', due: 'P14D' }, { roles });
      assert.equal(outputs['dueAt'], '2026-05-15T00:00:00.000Z');
      assert.deepEqual(await house.ledger.duties.followUps(testIncident), [
        {
          id: outputs['followUp'],
          step: 'contain',
          what: 'review',
          owner: 'lee',
          dueAt: '2026-05-15T00:00:00.000Z',
        },
      ]);
    });

    it('names the playbook to be started later', async () => {
      await act('incident.followUp', { playbook: 'hardening-after-token-leak', of: 'platform' }, { roles });
      const [row] = await house.ledger.duties.followUps(testIncident);
      assert.equal(row?.what, 'playbook hardening-after-token-leak');
    });

    it('keeps its first date when it is repeated', async () => {
      const first = await act('incident.followUp', { of: 'platform' }, { roles });
      house.nowAt = '2026-05-09T00:00:00.000Z';
      assert.deepEqual(await act('incident.followUp', { of: 'platform' }, { roles }), first);
    });

    it('says that nobody owns it where the role is empty', async () => {
      const { openItems } = await act('incident.followUp', { of: 'platform' });
      assert.match(openItems![0]!, /no owner/);
    });

    it('refuses a duration without unit', async () => {
      await assert.rejects(act('incident.followUp', { of: 'platform', due: '14' }), { code: 'DURATION_INVALID' });
    });
  });

  describe('facts.set', () => {
    it('gives the fact to the workflow', async () => {
      assert.deepEqual(await act('facts.set', { key: 'controllersTold', value: 3 }), {
        outputs: {},
        facts: { controllersTold: 3 },
      });
    });

    it('refuses a key that is not in the catalogue', async () => {
      await assert.rejects(act('facts.set', { key: 'moonPhase', value: 'full' }), { code: 'FACT_UNKNOWN' });
    });
  });

  describe('incident.report', () => {
    const report = async (changes: Partial<ActionCall> = {}): Promise<string> => {
      const { outputs } = await act('incident.report', {}, changes);
      const stored = house.ledger.stored.find(({ meta }) => meta.id === outputs['document']);
      return new TextDecoder().decode(stored?.body);
    };

    it('tells counts, facts, decisions, duties, filings, tickets, follow-ups and what is open', async () => {
      await house.ledger.effects.setPermit('p', testIncident, 'open');
      const lease = { id: 'l', epoch: 1, permit: 'p' };
      await house.ledger.effects.takeLease(lease);
      await house.ledger.effects.claim(
        lease,
        { incident: testIncident, action: 'notices.send', class: 'blind', longestRequestMs: 1 },
        [{ subject: 's', paramsHash: 'h' as never }],
      );
      const row = { subject: 's', generation: 1, attempt: 1, state: 'unknown', receipt: {} } as const;
      await house.ledger.effects.settle(lease, { incident: testIncident, action: 'notices.send' }, [row]);
      await house.ledger.journal.append(testIncident, [
        { key: 'd', kind: 'decision', actor: 'casey', body: { gate: 'contain', answer: 'approve' } },
      ]);
      await house.ledger.duties.putObligations(testIncident, [duty]);
      await house.ledger.duties.putFiling(testIncident, filed);
      await house.ledger.duties.putTicket(testIncident, {
        step: 'case',
        connector: 'x',
        id: 'o/r#1',
        url: 'https://t.example.org',
      });
      await act('incident.followUp', { text: 'review', of: 'platform', due: 'P14D' }, { roles: { platform: ['lee'] } });
      const text = await report({ facts: { affectedPeople: 12 } });
      for (const part of [
        /notices\.send \| 1 \|/,
        /People in scope \(at least\) \| at least 12, inquiry open \|/,
        /casey \| gate contain: approved/,
        /Notify \| GDPR \| running/,
        /filing-authority \| authority \| filed/,
        /o\/r#1/,
        /review \| lee \| 2026-05-15 00:00:00 UTC/,
        /- notices\.send: 1 unknown/,
      ]) {
        assert.match(text, part);
      }
    });

    it('tells credentials that were taken away from old ones that were replaced before', async () => {
      await house.ledger.effects.setPermit('p', testIncident, 'open');
      const lease = { id: 'l', epoch: 1, permit: 'p' };
      await house.ledger.effects.takeLease(lease);
      const accept = async (action: string, subjects: readonly string[]): Promise<void> => {
        const effect = { incident: testIncident, action };
        await house.ledger.effects.claim(
          lease,
          { ...effect, class: 'idempotent', longestRequestMs: 1 },
          subjects.map((subject) => ({ subject, paramsHash: 'h' as never })),
        );
        const rows = subjects.map((subject) => ({ subject, generation: 1, attempt: 1, receipt: {} }));
        await house.ledger.effects.settle(
          lease,
          effect,
          rows.map((row) => ({ ...row, state: 'accepted' as const })),
        );
      };
      await accept('credentials.revoke', ['a', 'b', 'c', 'service-1', 'service-2']);
      assert.match(await report(), /credentials\.revoke \| 5 \|/);
      await accept('credentials.issue', ['service-1', 'service-2']);
      const text = await report();
      assert.match(text, /credentials\.revoke: taken away without a replacement \| 3 \|/);
      assert.match(text, /credentials\.revoke: the old ones of rotations, after their replacement \| 2 \|/);
    });

    it('calls the event by the word that its facts carry', async () => {
      assert.match(await report(), /Event: security incident/);
      assert.match(await report({ facts: { personalDataBreach: true } }), /Event: personal data breach/);
    });

    it('holds nothing that looks like a credential', async () => {
      const leaked = ['ghp', 'x'.repeat(36)].join('_');
      assert.ok(!(await report({ facts: { natureOfBreach: leaked } })).includes(leaked));
    });
  });
});
