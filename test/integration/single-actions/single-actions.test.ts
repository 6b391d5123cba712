import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createTickets } from '../../../activities/tickets/capability.ts';
import { githubIssues } from '../../../activities/tickets/connectors/github-issues.ts';
import { dutyAssessor } from '../../../activities/filings/assess-duties.ts';
import { filings } from '../../../activities/filings/capability.ts';
import { migrate } from '../../../ledger/migrate.ts';
import { openLedger } from '../../../ledger/open.ts';
import { runSingle, type SingleEffect } from '../../../activities/single-effect.ts';
import { startEmulators, TICKET_REPOSITORIES, type Emulators } from '../../../demo/world/emulators.ts';
import { startFaultProxy, type FaultProxy } from '../../support/fault-proxy.ts';
import { startTestPostgres } from '../../support/postgres.ts';
import { shippedCatalogue } from '../../support/obligation-records.ts';
import { tasks } from '../../../activities/tasks/capability.ts';
import { actionCall, attempt, openPermit } from '../../support/page-calls.ts';
import type { ActionCall } from '../../../contracts/effects.ts';
import type { CapabilityEnvironment, RunningCapability } from '../../../activities/port.ts';
import type { CompiledPlan } from '../../../contracts/plan.ts';
import type { Digest, IncidentId, StepId } from '../../../contracts/ids.ts';
import type { JsonObject } from '../../../contracts/json.ts';
import type { Ledger } from '../../../ledger/ports.ts';

const token = ['ghp', randomBytes(18).toString('hex')].join('_');
const openedAt = '2026-10-23T13:00:00.000Z';

describe('single actions on PostgreSQL', () => {
  let ledger: Ledger;
  let incident: IncidentId;
  let environment: CapabilityEnvironment;
  let number = 0;

  const runtime = () => ({ ledger, attempt: () => attempt(), attemptNumber: () => 1 });
  const call = (uses: string, step: string, given: JsonObject, changes: Partial<ActionCall> = {}): ActionCall =>
    actionCall(uses, { incident, step: step as StepId, with: given, ...changes });
  const run = async (capability: RunningCapability, asked: ActionCall) => {
    await openPermit(ledger, asked);
    return capability.single[asked.uses]!(asked);
  };

  before(async () => {
    const postgres = await startTestPostgres();
    const url = await postgres.freshDatabase();
    await migrate(url);
    ledger = await openLedger({ url, keyEncryptionKey: randomBytes(32), opens: ['secrets', 'people'] });
    environment = { ledger, secrets: () => token, now: () => new Date().toISOString(), staff: () => undefined };
  });
  after(() => ledger.close());

  beforeEach(async () => {
    number += 1;
    ({ incident } = await ledger.incidents.open({
      key: `open-${number}`,
      requestHash: 'a'.repeat(64) as Digest,
      mode: 'live',
      playbook: 'exposed-secrets',
      planHash: '0'.repeat(64) as Digest,
      requester: 'dana',
      inputs: {},
      roles: {},
    }));
  });

  describe('runSingle', () => {
    const effect = (changes: Partial<SingleEffect>): SingleEffect => ({
      action: 'tickets.open',
      subject: 'step',
      class: 'checkable',
      params: {},
      longestRequestMs: 50,
      act: () => Promise.resolve({ state: 'accepted', result: { id: 'T-1' } }),
      ...changes,
    });
    const single = async (given: SingleEffect, visit = 1) => {
      const asked = call('tickets.open', 'step', {}, { visit });
      await openPermit(ledger, asked);
      return runSingle(runtime(), asked, given);
    };

    it('lets a later visit take over what an earlier one left claimed', async () => {
      const silence = { state: 'pending', code: 'CONNECTOR_TIMEOUT', what: 'silence' } as const;
      await assert.rejects(single(effect({ act: () => Promise.resolve(silence) })), { code: 'CONNECTOR_TIMEOUT' });
      const repeats: boolean[] = [];
      const takeOver = effect({
        act: (_key, isRepeat) => {
          repeats.push(isRepeat);
          return Promise.resolve({ state: 'accepted', result: {} });
        },
      });
      const deadlineMs = performance.now() + 5_000;
      for (;;) {
        const done = await single(takeOver, 2).catch((error: unknown) => error);
        if (!(done instanceof Error)) break;
        assert.match(done.message, /EFFECT_OUTCOME_PENDING/);
        assert.ok(performance.now() < deadlineMs);
      }
      assert.deepEqual(repeats, [true]);
    });

    it('reopens a refused act for a later visit, and only for that', async () => {
      const refused = { state: 'failed', code: 'CONNECTOR_REFUSED', what: 'no' } as const;
      await assert.rejects(single(effect({ act: () => Promise.resolve(refused) })), { code: 'CONNECTOR_REFUSED' });
      await assert.rejects(single(effect({})), { code: 'CONNECTOR_REFUSED' });
      assert.deepEqual((await single(effect({}), 2)).result, { id: 'T-1' });
      const journal = await ledger.journal.read(incident, { limit: 100 });
      assert.deepEqual(
        journal.filter(({ kind }) => kind === 'effect').map(({ key }) => key),
        [
          'effect:tickets.open:step:1:opened',
          'effect:tickets.open:step:1:1:settled',
          'effect:tickets.open:step:2:opened',
          'effect:tickets.open:step:2:2:settled',
        ],
      );
      await ledger.journal.verify(incident);
    });

    it('lets one of two attempts of the same moment act', async () => {
      const asked = call('tickets.open', 'step', {});
      await openPermit(ledger, asked);
      let acts = 0;
      const once = effect({
        act: async () => {
          acts += 1;
          await new Promise(setImmediate);
          return { state: 'accepted', result: {} };
        },
      });
      const ends = await Promise.allSettled([runSingle(runtime(), asked, once), runSingle(runtime(), asked, once)]);
      assert.equal(acts, 1);
      assert.ok(ends.some(({ status }) => status === 'fulfilled'));
    });
  });

  describe('tickets.open', () => {
    let emulators: Emulators;
    let proxy: FaultProxy;
    before(async () => {
      emulators = await startEmulators({ github: token, slack: ['xoxb', 'demo'].join('-') });
      proxy = await startFaultProxy(emulators.github.url);
    });
    after(async () => {
      await proxy.close();
      await emulators.close();
    });

    it('opens one ticket with the text of the plan and keeps it in the ledger', async () => {
      const hash = randomBytes(32).toString('hex') as Digest;
      await ledger.documents.putPlan({
        plan: {} as CompiledPlan['plan'],
        planHash: randomBytes(32).toString('hex') as Digest,
        documents: { [hash]: { kind: 'text', name: 'engagement', body: 'Please look into this.' } },
      });
      const tickets = createTickets(
        githubIssues({ url: proxy.url, token, queues: { forensics: TICKET_REPOSITORIES.forensics } }),
        environment,
        runtime(),
      );
      const asked = call(
        'tickets.open',
        'case',
        { queue: 'forensics', template: 'engagement' },
        { texts: { engagement: hash } },
      );
      const first = await run(tickets, asked);
      assert.deepEqual(await run(tickets, asked), first);
      assert.equal(proxy.seen('POST', '/issues'), 1);
      assert.deepEqual(await ledger.duties.tickets(incident), [
        { step: 'case', connector: 'github-issues', ...first.outputs },
      ]);
      await tickets.close();
    });
  });

  it('takes an incident from facts over drafts and filings to its close', async () => {
    const fact = (key: string, value: JsonObject | string | boolean, sequence: number) => ({
      key: `fact:${sequence}`,
      kind: 'fact' as const,
      actor: 'priya',
      body: { key, value, source: 'person', confidence: 'decided', at: openedAt },
    });
    await ledger.journal.append(incident, [
      fact('awareAt', { at: '2026-10-23T12:20:00Z' }, 1),
      fact('controllerOrProcessor', 'controller', 2),
      fact('personalDataBreach', true, 3),
      fact('riskToPeople', 'risk', 4),
      fact('crimeSuspected', true, 5),
    ]);
    const assessor = dutyAssessor(ledger, shippedCatalogue);
    const assessed = await assessor(incident, {}, openedAt);
    await ledger.duties.putObligations(incident, assessed.obligations);
    assert.deepEqual(
      assessed.clocks.map(({ obligation, dueAt }) => [obligation, dueAt]),
      [
        ['eu.gdpr.art33', '2026-10-26T12:20:00.000Z'],
        ['policy.law-enforcement.referral', '2026-10-28T12:20:00.000Z'],
      ],
    );
    const running = filings.create({}, environment);
    const task = tasks.create({}, environment);
    const close = call('incident.close', 'close', {});
    await assert.rejects(run(task, close), { code: 'INCIDENT_DUTY_OPEN' });
    for (const kind of ['authority', 'law-enforcement']) {
      const { outputs } = await run(running, call('filings.draft', `draft-${kind}`, { kind, template: kind }));
      const document = await ledger.documents.get(incident, outputs['document'] as string);
      assert.match(new TextDecoder().decode(document?.body), /^# DRAFT, not filed[\s\S]*said by priya/);
      const ended = { filing: outputs['filing']!, state: 'filed', by: 'priya', at: openedAt, reference: `R-${kind}` };
      await run(running, call('filings.record', `record-${kind}`, ended));
    }
    await run(
      task,
      call(
        'incident.followUp',
        'harden',
        { text: 'review', of: 'platform', due: 'P14D' },
        { roles: { platform: ['lee'] } },
      ),
    );
    const report = await run(task, call('incident.report', 'report', {}));
    const { body } = (await ledger.documents.get(incident, report.outputs['document'] as string))!;
    assert.match(new TextDecoder().decode(body), /authority \| filed \| 2026-10-26 12:20:00 UTC \| priya/);
    assert.deepEqual((await assessor(incident, {}, openedAt)).clocks, []);
    assert.ok((await run(task, close)).outputs['at']);
    assert.equal((await ledger.incidents.read(incident))?.state, 'closed');
    assert.ok(await ledger.journal.verify(incident));
  });
});
