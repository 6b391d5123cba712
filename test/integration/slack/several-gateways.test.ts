import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startTestTemporal } from '../../support/temporal.ts';
import { SIGNING_SECRET } from './signing-secret.ts';
import { SlackStand } from './slack-stand.ts';
import type { ChildOptions } from './gateway-child.ts';
import type { ApiCall } from '../../../demo/world/slack/local-slack.ts';

const GATEWAYS = 2;
const EVERY_MS = 1_000;
const TAKEN_OVER_WITHIN_MS = 30_000;
const ROUNDS_MS = 6_000; // in which a second gateway would have posted too
const POSTED_WITHIN_MS = 60_000; // two processes begin on two busy cores

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('several gateways with a Slack door', function () {
  this.timeout(240_000);
  let stand: SlackStand;
  const children: ChildProcess[] = [];

  before(async () => {
    stand = await SlackStand.open();
    const { team, token, url } = stand.slack;
    const options: ChildOptions = {
      database: stand.door.test.url,
      temporal: {
        address: (await startTestTemporal({ timeSkipping: true })).address, // the one that stands share
        namespace: stand.deps.client.workflow.options.namespace,
      },
      library: stand.folder,
      people: stand.deps.people,
      slack: { team, token, apiUrl: `${url}/api/` },
      signingSecret: SIGNING_SECRET,
      cardsEveryMs: EVERY_MS,
    };
    const program = join(import.meta.dirname, 'gateway-child.ts');
    for (let index = 0; index < GATEWAYS; index += 1)
      children.push(
        spawn(process.execPath, ['--import', 'tsx', program, JSON.stringify(options)], {
          stdio: ['ignore', 'pipe', 'inherit'],
        }),
      );
    await Promise.all(children.map((child) => once(createInterface({ input: child.stdout! }), 'line')));
  });
  after(async () => {
    for (const child of children) child.kill('SIGKILL');
    await stand.close();
  });

  const cardsFor = (incident: string): readonly ApiCall[] =>
    stand.slack.of('chat.postMessage').filter(({ args }) => {
      const text = JSON.stringify(args);
      return text.includes('fb_approve') && text.includes(incident);
    });

  /** Waits for the cards of a gate: one to each person who may decide. @returns to whom, and milliseconds. */
  async function postedFor(incident: string): Promise<{ readonly channels: readonly unknown[]; readonly ms: number }> {
    const startedAt = performance.now();
    while (cardsFor(incident).length < 2) {
      if (performance.now() - startedAt > POSTED_WITHIN_MS) throw new Error('no cards');
      await pause(100);
    }
    const ms = performance.now() - startedAt;
    await pause(ROUNDS_MS);
    return { channels: cardsFor(incident).map(({ args }) => args['channel']), ms };
  }

  /** The process whose turn it is. */
  async function posting(): Promise<ChildProcess> {
    const { rows } = await stand.door.test.raw.query<{ holder: string }>('select holder from turns');
    assert.equal(rows.length, 1);
    const found = children.find(({ pid }) => rows[0]!.holder.includes(`/${pid}/`));
    assert.ok(found, rows[0]!.holder);
    return found;
  }

  it('post each card once, whichever of them it is', async () => {
    const incident = await stand.started('dana');
    await stand.gate(incident);
    const { channels } = await postedFor(incident);
    assert.equal(channels.length, 2, 'casey and noor');
    assert.equal(new Set(channels).size, 2, 'each once');
  });

  it('go on within 30 seconds after the one that posts was killed, and nothing is posted again', async () => {
    const killed = await posting();
    const earlier = stand.slack.of('chat.postMessage').length;
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    const killedAt = performance.now();
    while ((await posting()) === killed) {
      assert.ok(performance.now() - killedAt < TAKEN_OVER_WITHIN_MS, 'nobody takes over');
      await pause(200);
    }
    console.log(`      taken over after ${((performance.now() - killedAt) / 1_000).toFixed(1)} s`);
    await pause(ROUNDS_MS);
    assert.equal(stand.slack.of('chat.postMessage').length, earlier, 'what was posted before is known again');
    const incident = await stand.started('dana');
    await stand.gate(incident);
    const { channels } = await postedFor(incident);
    assert.equal(new Set(channels).size, 2);
    assert.equal(channels.length, 2);
  });
});
