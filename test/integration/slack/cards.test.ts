import assert from 'node:assert/strict';
import { CardWatch } from '../../../gateway/slack/card-watch.ts';
import { SlackRefusals } from '../../../gateway/slack/refusals.ts';
import { Rooms } from '../../../gateway/slack/rooms.ts';
import { SlackApi } from '../../../gateway/slack/web-api.ts';
import { decide } from '../../../gateway/acts.ts';
import { until } from '../gateway/door-stand.ts';
import { SlackStand, TOKENS } from './slack-stand.ts';
import type { ApiCall } from '../../../demo/world/slack/local-slack.ts';

/** A gateway that is the only one. */
const ALWAYS = { gains: 1, isMineFor: () => true, take: () => Promise.resolve(true) };
const textOf = (value: unknown): string => JSON.stringify(value);

describe('CardWatch', function () {
  this.timeout(90_000);
  let stand: SlackStand;
  let incident: string;
  let room: string;

  before(async () => {
    stand = await SlackStand.open();
    const started = await stand.started('dana');
    incident = started;
    const { channel } = (await stand.slack.api('conversations.create', { name: incident.toLowerCase() })) as {
      channel: { id: string };
    };
    room = channel.id;
    stand.rooms.set(incident, room);
    await stand.gate(incident);
    await until('the questions', async () => ((await stand.view(incident)).asks.length === 2 ? true : undefined));
  });
  after(() => stand.close());

  const watch = (): CardWatch => {
    const { deps, slack } = stand;
    const api = new SlackApi({ token: slack.token, apiUrl: `${slack.url}/api/` });
    return new CardWatch({ deps, api, rooms: new Rooms(deps.ledger), refusals: new SlackRefusals(deps) }, ALWAYS);
  };
  const posts = (channel?: string): readonly ApiCall[] =>
    stand.slack.of('chat.postMessage').filter(({ args }) => channel === undefined || args['channel'] === channel);

  it('posts each card once into the room and once to each person who is asked, across restarts', async () => {
    const first = watch();
    await first.look();
    await first.look();
    const inRoom = posts(room);
    assert.equal(inRoom.length, 3, 'a gate and two questions');
    assert.match(textOf(inRoom[0]), new RegExp(`\\*${TOKENS}\\* targets`));
    const asked = stand.slack.of('conversations.open').map(({ args }) => args['users']);
    const { users } = stand.slack;
    assert.deepEqual(new Set(asked), new Set([users['casey'], users['noor'], users['priya']]));
    const roles = posts()
      .map(({ args }) => textOf(args))
      .filter((text) => text.includes('you are needed'));
    assert.equal(roles.length, 3);
    assert.ok(
      roles.some((text) => /Privacy counsel.{0,40}lead.{0,400}facts: awareAt/.test(text)),
      roles.join(),
    );
    const before = posts().length;
    await watch().look();
    assert.equal(posts().length, before, 'another process knows them again');
  });

  it('holds in metadata an opaque key only', () => {
    for (const { args } of posts()) {
      const { event_payload: payload } = args['metadata'] as { event_payload: Record<string, string> };
      assert.deepEqual(Object.keys(payload), ['key']);
      assert.match(payload['key']!, /^[0-9a-f]{32}$/);
    }
  });

  it('draws a card anew when it is decided, wherever it was posted', async () => {
    const watching = watch();
    await watching.look();
    const gate = await stand.gate(incident);
    const identity = { id: 'casey', isMachine: false, roles: ['commander'], key: { name: 'test', sha256: '' } };
    await decide(stand.deps, { identity, key: 'card-test' }, incident, {
      gate: gate.id,
      digest: gate.digest,
      answer: 'approve',
    });
    await until('the end of the gate', async () =>
      (await stand.view(incident)).gates.find(({ id, state }) => id === gate.id && state === 'approved'),
    );
    stand.slack.calls.length = 0;
    await watching.look();
    const drawn = stand.slack.of('chat.update').map(({ args }) => textOf(args));
    const approved = drawn.filter((text) => /Approved\./.test(text) && !text.includes('fb_approve'));
    assert.ok(approved.length >= 2, 'in the room and in direct messages');
  });

  it('posts nothing of a drill', async () => {
    const drill = await stand.started('dana', { mode: 'drill' });
    await stand.gate(drill);
    stand.slack.calls.length = 0;
    await watch().look();
    assert.ok(!posts().some(({ args }) => textOf(args).includes(drill)));
  });

  it('goes on when Slack is dead, and posts once it is back', async () => {
    const other = await stand.started('dana');
    await stand.gate(other);
    const watching = watch();
    stand.slack.mood = 'refused';
    await watching.look();
    stand.slack.mood = 'alive';
    stand.slack.calls.length = 0;
    await watching.look();
    assert.ok(posts().some(({ args }) => textOf(args).includes(other)));
  });
});
