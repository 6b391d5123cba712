import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { outsideEffects, recordLines } from './outside-effects.ts';
import { runDemo, type DemoRun } from './run-demo.ts';
import type { DemoOutcome } from '../../demo/outcome.ts';
import type { ApiCall } from '../../demo/world/slack/local-slack.ts';
import type { ActRecord } from '../../demo/world/slack/workplace.ts';

const SIZE = ['--tokens', '40', '--people', '25', '--seed', '3'];
const RUN_WITHIN_MS = 180_000;
const ACK_WITHIN_MS = 3_000; // @source Slack: acknowledge within three seconds

/** What the engine claims and the world saw, without what differs from run to run. */
function effectsOf({ credentials, notices, tickets, filings, observed, journal }: DemoOutcome): object {
  const { calls: _calls, firstRevokeAt: _at, ...issuer } = observed.issuer;
  const { messages: _messages, ...mail } = observed.mail; // pages to staff count too
  return {
    ...{ credentials, notices, issuer, mail },
    tickets: tickets.map(({ connector }) => connector),
    filings: filings.map(({ kind, state }) => `${kind} ${state}`).sort(),
    seen: [observed.tickets, observed.chat],
    verified: journal.verified,
  };
}

describe('firebreak demo --trigger', function () {
  this.timeout(RUN_WITHIN_MS);
  const folders: string[] = [];
  const run = async (door: string): Promise<DemoRun & { readonly record: string }> => {
    const record = mkdtempSync(join(tmpdir(), `firebreak-${door}-`));
    folders.push(record);
    return { ...(await runDemo([...SIZE, '--trigger', door, '--record', record])), record };
  };
  let api: Awaited<ReturnType<typeof run>>;

  before(async () => {
    api = await run('api');
    assert.equal(api.code, 0, api.said);
  });
  after(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  for (const [door, by] of [
    ['slack', 'dana'],
    ['detector', 'scout'],
  ] as const)
    describe(door, () => {
      let done: Awaited<ReturnType<typeof run>>;

      before(async () => {
        done = await run(door);
      });

      it('starts the flagship through that door, and says so with how long it took', () => {
        assert.equal(done.code, 0, done.said);
        const { trigger, status, playbook } = done.outcome;
        assert.deepEqual([trigger.door, trigger.by, status, playbook], [door, by, 'closed', 'exposed-secrets']);
        assert.ok(trigger.ackMs > 0 && trigger.ackMs < ACK_WITHIN_MS, String(trigger.ackMs));
      });

      it('brings about the effects that the HTTP API brings about, target for target', () => {
        assert.deepEqual(effectsOf(done.outcome), effectsOf(api.outcome));
        assert.deepEqual(outsideEffects(done.record), outsideEffects(api.record));
      });

      if (door === 'slack') {
        it('takes the approvals on cards, each acknowledged in time', () => {
          const acts = recordLines(done.record, 'slack-acts.jsonl') as readonly ActRecord[];
          const late = acts.filter(({ answer }) => answer.status !== 200 || answer.ms > ACK_WITHIN_MS);
          assert.deepEqual(late, []);
          const pressed = acts.filter(
            ({ act }) => act.kind === 'press' && 'action_id' in act.action && act.action.action_id === 'fb_approve',
          );
          assert.ok(pressed.length >= 2, `${pressed.length} presses`);
          assert.ok(pressed.every(({ act }) => act.person !== by));
          assert.ok(done.outcome.observed.slack.slowestAckMs < ACK_WITHIN_MS);
        });

        it('records what went over Slack, and no address and no token in it', () => {
          const text = readFileSync(join(done.record, 'slack.jsonl'), 'utf8');
          const calls = recordLines(done.record, 'slack.jsonl') as readonly ApiCall[];
          const methods = new Set(calls.map(({ method }) => method));
          for (const method of ['views.open', 'views.update', 'chat.postMessage', 'chat.update'])
            assert.ok(methods.has(method), method);
          assert.doesNotMatch(text, /@(people|customers)\.example\.org|xoxb-/);
        });
      }
    });
});
