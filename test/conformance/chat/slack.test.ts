import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createEmulator } from 'emulate';
import { createChat, type RunningChat } from '../../../activities/chat/capability.ts';
import { chatCases, type ChatBench, type SeenMessage } from '../../../activities/chat/connectors/cases.ts';
import { slackChat } from '../../../activities/chat/connectors/slack.ts';
import { startFaultProxy, type FaultProxy } from '../../support/fault-proxy.ts';
import { memoryHouse, type MemoryHouse } from '../../support/memory-house.ts';
import { actionCall, later, openPermit, testIncident } from '../../support/page-calls.ts';
import type { ActionCall } from '../../../contracts/effects.ts';
import type { JsonObject } from '../../../contracts/json.ts';
import type { StepId } from '../../../contracts/ids.ts';

const bot = ['xoxb', randomBytes(12).toString('hex')].join('-');
const idOf = ({ id }: JsonObject): string => id as string;
const stranger = ['xoxb', randomBytes(12).toString('hex')].join('-');

describe('slackChat', () => {
  let emulator: { readonly url: string; close(): Promise<void> };
  let proxy: FaultProxy;

  before(async () => {
    emulator = await createEmulator({
      service: 'slack',
      port: 0,
      seed: {
        tokens: {
          [bot]: { login: 'firebreak', scopes: [] },
          [stranger]: { login: 'stranger', scopes: [] },
        },
        slack: {
          team: { name: 'Example Hub', domain: 'example-hub' },
          users: [
            { name: 'firebreak', email: 'firebreak@staff.example.org' },
            { name: 'casey', email: 'casey@staff.example.org' },
            { name: 'stranger', email: 'stranger@staff.example.org' },
          ],
        },
      },
    });
    proxy = await startFaultProxy(emulator.url.replace('//localhost:', '//127.0.0.1:'));
  });
  after(async () => {
    await proxy.close();
    await emulator.close();
  });

  const api = async (token: string, method: string, args: JsonObject): Promise<Record<string, unknown>> => {
    const answer = await fetch(`${emulator.url}/api/${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(args),
    });
    return (await answer.json()) as Record<string, unknown>;
  };

  const messages = async (channel: string): Promise<readonly SeenMessage[]> => {
    const { messages: all } = await api(bot, 'conversations.history', { channel, limit: 200 });
    return (all as { ts: string; text: string; subtype?: string; metadata?: unknown }[])
      .filter(({ subtype }) => subtype === undefined)
      .map(({ ts, text, metadata }) => ({ id: ts, text, metadata }))
      .reverse();
  };

  describe('as a connector of chat', () => {
    for (const given of chatCases) {
      it(given.name, async () => {
        const bench: ChatBench = {
          connector: slackChat({ token: bot, url: `${proxy.url}/api/` }),
          freshKey: () => randomBytes(16).toString('hex'),
          messages,
          occupy: async (room) => {
            await api(stranger, 'conversations.create', { name: room });
          },
          loseNextPost: () => {
            proxy.spoil({ method: 'POST', path: 'chat.postMessage', how: 'drop-answer' });
          },
          loseNextRoom: () => {
            proxy.spoil({ method: 'POST', path: 'conversations.create', how: 'drop-answer' });
          },
        };
        await given.run(bench);
      });
    }
  });

  describe('behind the actions of chat', () => {
    let house: MemoryHouse;
    let chat: RunningChat;
    let number = 0;

    beforeEach(() => {
      number += 1;
      house = memoryHouse({ incident: testIncident });
      chat = createChat(
        { use: 'slack', token: 'env:TOKEN', url: `${proxy.url}/api/` },
        { ...house.environment, secrets: () => bot },
        house.runtime,
      );
    });
    afterEach(() => chat.close());

    const act = async (uses: string, step: string, given: JsonObject, changes: Partial<ActionCall> = {}) => {
      const call = actionCall(uses, { step: step as StepId, with: given, ...changes });
      await openPermit(house.ledger, call);
      return chat.single[uses]!(call);
    };
    const open = () => act('chat.open', 'room', { name: `INC-2026-${number}`, private: true });

    it('opens a private room with a status card and keeps the card fresh', async () => {
      const { outputs } = await open();
      await chat.updateCard(actionCall('engine.card'), { state: 'contained', steps: { running: 2 } });
      const seen = await messages(idOf(outputs));
      assert.equal(seen.length, 1);
      assert.match(seen[0]!.text, /contained[\s\S]*2 running/);
    });

    it('pins the card and invites who leads or deputises a role, and names those it does not know', async () => {
      const [pins, invites] = [proxy.seen('POST', 'pins.add'), proxy.seen('POST', 'conversations.invite')];
      const roles = { commander: ['casey', 'casey', 'ghost', 'casey'], responder: ['key:scanner'], admin: ['phantom'] };
      const { state, openItems, outputs } = await act(
        'chat.open',
        'room',
        { name: `INC-2026-${number}`, private: true },
        { roles },
      );
      assert.equal(proxy.seen('POST', 'pins.add') - pins, 1);
      assert.equal(proxy.seen('POST', 'conversations.invite') - invites, 1);
      assert.equal(state, 'partial');
      assert.deepEqual(openItems, ['[CHAT_PERSON_UNKNOWN] chat.open: ghost could not be invited']);
      const pinned = await api(bot, 'pins.list', { channel: idOf(outputs) });
      assert.equal((pinned['items'] as readonly unknown[]).length, 1);
    });

    it('draws only the newest of many summaries', async () => {
      const { outputs } = await open();
      const before = proxy.seen('POST', 'chat.update');
      for (let step = 1; step <= 20; step += 1) {
        await chat.updateCard(actionCall('engine.card'), { state: 'declared', steps: { succeeded: step } });
      }
      await chat.close();
      assert.equal(proxy.seen('POST', 'chat.update') - before, 2);
      assert.match((await messages(idOf(outputs)))[0]!.text, /20 succeeded/);
    });

    it('invites the people of a role and names those it does not know', async () => {
      await open();
      const result = await act(
        'chat.invite',
        'call',
        { of: 'commander' },
        { roles: { commander: ['casey', 'ghost'] } },
      );
      assert.equal(result.state, 'partial');
      assert.deepEqual(result.openItems, ['[CHAT_PERSON_UNKNOWN] chat.invite: ghost (commander) could not be invited']);
    });

    it('posts and sets the topic in the room', async () => {
      const { outputs } = await open();
      await act('chat.post', 'say', { text: 'contained' });
      await act('chat.topic', 'topic', { text: 'secrets exposed' });
      assert.deepEqual(
        (await messages(idOf(outputs))).slice(1).map(({ text }) => text),
        ['contained'],
      );
      const { channel } = await api(bot, 'conversations.info', { channel: outputs['id']! });
      assert.equal((channel as { topic: { value: string } }).topic.value, 'secrets exposed');
    });

    it('becomes an open item with a code when the chat stays down', async () => {
      const call = actionCall('chat.open', { step: 'room' as StepId, with: { name: `INC-2026-${number}` } });
      await openPermit(house.ledger, call);
      for (let tries = 1; tries <= 3; tries += 1) {
        proxy.spoil({ method: 'POST', path: 'conversations.create', how: 503 });
        house.runtime.number = tries;
        later(house.ledger.effects, 60_000);
        if (tries < 3) await assert.rejects(chat.single['chat.open']!(call), { code: 'CONNECTOR_UNAVAILABLE' });
      }
      const result = await chat.single['chat.open']!(call);
      assert.equal(result.state, 'partial');
      assert.match(result.openItems![0]!, /^\[CONNECTOR_UNAVAILABLE\] chat\.open/);
    });

    it('becomes an open item at once when there is no room', async () => {
      const result = await act('chat.post', 'say', { text: 'to whom' });
      assert.match(result.openItems![0]!, /^\[CHAT_ROOM_MISSING\]/);
    });

    it('waits as long as Slack asks', async () => {
      proxy.spoil({ method: 'POST', path: 'conversations.create', how: 429 });
      await assert.rejects(open(), { code: 'CONNECTOR_RATE_LIMITED', retryAfterMs: 1_000 });
    });

    it('makes no call in a drill', async () => {
      const before = proxy.seen('POST', '/api/');
      await act('chat.open', 'room', { name: `INC-2026-${number}` }, { mode: 'drill' });
      assert.equal(proxy.seen('POST', '/api/'), before);
    });
  });
});
