import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createTickets } from '../../../activities/tickets/capability.ts';
import { githubIssues } from '../../../activities/tickets/connectors/github-issues.ts';
import { startEmulators, TICKET_REPOSITORIES, type Emulators } from '../../../demo/world/emulators.ts';
import { startFaultProxy, type FaultProxy } from '../../support/fault-proxy.ts';
import { memoryHouse, type MemoryHouse } from '../../support/memory-house.ts';
import { actionCall, later, openPermit, testIncident } from '../../support/page-calls.ts';
import { ticketCases, type TicketBench } from '../../../activities/tickets/connectors/cases.ts';
import type { ActionCall } from '../../../contracts/effects.ts';
import type { Digest, StepId } from '../../../contracts/ids.ts';
import type { JsonObject } from '../../../contracts/json.ts';
import type { RunningCapability } from '../../../activities/port.ts';

const token = ['ghp', randomBytes(18).toString('hex')].join('_');
const idOf = ({ id }: JsonObject): string => id as string;
const { forensics } = TICKET_REPOSITORIES;

describe('githubIssues', () => {
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

  const issues = async (state: 'open' | 'all'): Promise<readonly { title: string; body: string }[]> => {
    const answer = await fetch(`${emulators.github.url}/repos/${forensics}/issues?state=${state}&per_page=100`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return (await answer.json()) as { title: string; body: string }[];
  };

  describe('as a connector of tickets', () => {
    for (const given of ticketCases) {
      it(given.name, async () => {
        const connector = githubIssues({ url: proxy.url, token, queues: { forensics } });
        const bench: TicketBench = {
          connector,
          queue: 'forensics',
          freshKey: () => randomBytes(16).toString('hex'),
          openTitles: async () => (await issues('open')).map(({ title }) => title),
          loseNextAnswer: () => {
            proxy.spoil({ method: 'POST', path: '/issues', how: 'drop-answer' });
          },
        };
        await given.run(bench);
        await connector.end();
      });
    }
  });

  describe('behind tickets.open', () => {
    let house: MemoryHouse;
    let tickets: RunningCapability;
    const text = 'f'.repeat(64) as Digest;
    const leaked = ['hf', 'x'.repeat(34)].join('_');

    const call = (step: string, changes: Partial<ActionCall> = {}): ActionCall =>
      actionCall('tickets.open', {
        step: step as StepId,
        with: { queue: 'forensics', template: 'engagement', ask: ['root-cause'] },
        texts: { 'engagement.en': text },
        ...changes,
      });

    beforeEach(() => {
      house = memoryHouse({ incident: testIncident });
      house.texts.set(text, `Please look into this. Seen in a log: ${leaked}`);
      tickets = createTickets(
        githubIssues({ url: proxy.url, token, queues: { forensics } }),
        house.environment,
        house.runtime,
      );
    });
    afterEach(() => tickets.close());

    const open = async (asked: ActionCall) => {
      await openPermit(house.ledger, asked);
      return tickets.single['tickets.open']!(asked);
    };

    it('opens a ticket with references and hashes and without anything shaped like a credential', async () => {
      const meta = await house.ledger.documents.put(testIncident, {
        name: 'hold.json',
        mediaType: 'application/json',
        body: Buffer.from('{"secret evidence":1}'),
        by: 'engine',
        handling: { tlp: 'AMBER', privilege: 'none', audience: 'response' },
      });
      const asked = call('clean');
      const { outputs } = await open({ ...asked, with: { ...asked.with, reference: [meta.id] } });
      const issue = (await issues('open')).find(({ body }) => body.includes(meta.digest));
      assert.ok(issue);
      assert.doesNotMatch(issue.body, /secret evidence/);
      assert.ok(!issue.body.includes(leaked));
      assert.deepEqual(await house.ledger.duties.tickets(testIncident), [
        { step: 'clean', connector: 'github-issues', ...outputs },
      ]);
    });

    it('returns the same ticket when the step is repeated', async () => {
      const before = proxy.seen('POST', '/issues');
      const first = await open(call('repeated'));
      assert.deepEqual(await open(call('repeated')), first);
      assert.equal(proxy.seen('POST', '/issues'), before + 1);
    });

    it('opens one ticket when the answer of the creation is lost', async () => {
      const before = (await issues('all')).length;
      proxy.spoil({ method: 'POST', path: '/issues', how: 'drop-answer' });
      await assert.rejects(open(call('lost')), { code: 'CONNECTOR_BROKEN_OFF' });
      await assert.rejects(open(call('lost')), { code: 'EFFECT_OUTCOME_PENDING' });
      later(house.ledger.effects, 10_000);
      const { outputs } = await open(call('lost'));
      assert.match(idOf(outputs), new RegExp(`^${forensics}#\\d+$`));
      assert.equal((await issues('all')).length, before + 1);
    });

    it('asks again when the provider slows us down, and nothing is left behind', async () => {
      proxy.spoil({ method: 'POST', path: '/issues', how: 429 });
      await assert.rejects(open(call('slow')), { code: 'CONNECTOR_RATE_LIMITED', retryAfterMs: 1_000 });
      later(house.ledger.effects, 1_000);
      assert.ok((await open(call('slow'))).outputs['url']);
    });

    it('makes no call in a drill', async () => {
      const before = proxy.seen('POST', '/') + proxy.seen('GET', '/');
      await open(call('drilled', { mode: 'drill' }));
      assert.equal(proxy.seen('POST', '/') + proxy.seen('GET', '/'), before);
    });

    it('writes a journal record before and after the act', async () => {
      await open(call('noted'));
      assert.deepEqual(
        house.ledger.records.map(({ key }) => key),
        ['effect:tickets.open:noted:1:opened', 'effect:tickets.open:noted:1:1:settled'],
      );
    });
  });
});
