import assert from 'node:assert/strict';
import { Client, Connection } from '@temporalio/client';
import type { SlackDoor } from '../../../gateway/slack/door.ts';
import { openSlackDoor } from '../../../gateway/slack/door.ts';
import { deliverIntents } from '../../../gateway/slack/intents.ts';
import { SlackRefusals } from '../../../gateway/slack/refusals.ts';
import { Rooms } from '../../../gateway/slack/rooms.ts';
import { Turn } from '../../../gateway/slack/turn.ts';
import { SlackApi } from '../../../gateway/slack/web-api.ts';
import { WhoIs } from '../../../gateway/slack/who-is.ts';
import type { GatewayDeps } from '../../../gateway/deps.ts';
import { CodedError } from '../../../contracts/errors.ts';
import { freePort } from '../../support/free-port.ts';
import { until } from '../gateway/door-stand.ts';
import { Deliveries } from '../../../demo/world/slack/deliveries.ts';
import { SIGNING_SECRET } from './signing-secret.ts';
import { ACK_WITHIN_MS, DECLARE, declareBy, FORM, textOf } from './declaring.ts';
import { SlackStand } from './slack-stand.ts';

describe('the Slack door while the engine is away', function () {
  this.timeout(120_000);
  let stand: SlackStand;
  let door: SlackDoor;
  let from: Deliveries;

  before(async () => {
    stand = await SlackStand.open();
    ({ door, from } = await stand.overHttp());
  });
  after(async () => {
    await door.close();
    await stand.close();
  });

  const declared = (person?: string): Promise<string> => declareBy(from, person);

  /** A door whose engine does not answer. */
  const openLost = async (more: Partial<GatewayDeps> = {}) => {
    const dead = new Client({
      connection: Connection.lazy({ address: `127.0.0.1:${await freePort()}`, connectTimeout: '1s' }),
    });
    const { team, token, url } = stand.slack;
    const away = await openSlackDoor(
      { ...stand.deps, ...more, client: dead },
      {
        ...{ team, token, apiUrl: `${url}/api/`, cardsEveryMs: 0 },
        reception: { mode: 'http', signingSecret: SIGNING_SECRET, host: '127.0.0.1', port: 0 },
      },
    );
    return { away, lost: new Deliveries(stand.slack, { url: away.url!, signingSecret: SIGNING_SECRET }) };
  };
  /** Goes round as the gateway does whose turn it is, with the engine back. */
  const deliver = async (more: Partial<GatewayDeps> = {}): Promise<void> => {
    const { slack } = stand;
    const deps = { ...stand.deps, ...more };
    const api = new SlackApi({ token: slack.token, apiUrl: `${slack.url}/api/` });
    const turn = new Turn(deps.ledger.turns, 'slack-cards');
    const who = new WhoIs(deps.people, slack.team, api);
    await deliverIntents({ deps, api, rooms: new Rooms(deps.ledger), refusals: new SlackRefusals(deps) }, who, turn);
    await turn.give();
  };
  const toldTo = (person: string): readonly string[] =>
    stand.slack
      .of('chat.postMessage')
      .filter(({ args }) => args['channel'] === stand.slack.users[person])
      .map(({ args }) => String(args['text']));

  it('stores a press, acknowledges it in time, and delivers it once when the engine is back', async () => {
    const incident = await declared();
    const gate = await stand.gate(incident);
    const { away, lost } = await openLost();
    const press = { action_id: 'fb_approve', value: JSON.stringify({ i: incident, g: gate.id, d: gate.digest }) };
    try {
      for (const retry of [0, 1]) {
        const stored = await lost.press('casey', press, {}, { retry });
        assert.equal(stored.status, 200);
        assert.ok(stored.ms < ACK_WITHIN_MS, String(stored.ms));
      }
      await until('what was said', async () =>
        stand.slack.responses.find((said) => /engine is away. This is stored/.test(textOf(said))),
      );
      const stranger = await lost.press('olive', press);
      assert.ok(stranger.status === 200, 'refused at once: no intent of somebody who may not decide');
    } finally {
      await away.close();
    }
    assert.equal((await stand.view(incident)).gates.find(({ id }) => id === gate.id)?.state, 'open');
    await deliver();
    await deliver();
    const decided = (await stand.view(incident)).gates.find(({ id }) => id === gate.id);
    assert.deepEqual(
      decided?.answers.map(({ by, answer }) => [by, answer]),
      [['casey', 'approve']],
    );
    const told = toldTo('casey').filter((text) => text.includes(incident));
    assert.equal(told.length, 1, told.join());
    assert.match(told[0]!, /while the engine was away: .*approved/);
  });

  it('delivers a stop, and tells who pressed on what has changed meanwhile that nothing was decided', async () => {
    const [stopped, changed] = [await declared(), await declared()];
    const gate = await stand.gate(changed);
    const { away, lost } = await openLost();
    try {
      const { json } = await lost.command('casey', `stop ${stopped} wrong store`);
      assert.match(textOf(json), /engine is away. This is stored/);
      const value = JSON.stringify({ i: changed, g: gate.id, d: 'e'.repeat(64) });
      assert.equal((await lost.press('casey', { action_id: 'fb_approve', value })).status, 200);
    } finally {
      await away.close();
    }
    await deliver();
    assert.equal((await stand.view(stopped)).stopped, true);
    assert.equal((await stand.view(changed)).gates.find(({ id }) => id === gate.id)?.state, 'open');
    assert.ok(toldTo('casey').some((text) => /has changed since the card was drawn/.test(text)));
  });

  /** Has casey press while the engine is away, each press kept. @returns the incident, its gate, and the buttons. */
  const kept = async (...answers: readonly ('approve' | 'reject')[]) => {
    const incident = await declared();
    const { id, digest } = await stand.gate(incident);
    const value = JSON.stringify({ i: incident, g: id, d: digest });
    const { away, lost } = await openLost();
    try {
      for (const answer of answers)
        assert.equal((await lost.press('casey', { action_id: `fb_${answer}`, value })).status, 200);
    } finally {
      await away.close();
    }
    const gate = async () => {
      const { state, answers: given } = (await stand.view(incident)).gates.find((one) => one.id === id)!;
      return [state, ...given.map(({ by, answer }) => `${by} ${answer}`)];
    };
    return { incident, gate, value };
  };
  const waiting = async (incident: string): Promise<number> =>
    (await stand.deps.ledger.intents.waiting(50)).filter(({ body }) => textOf(body).includes(incident)).length;
  /** Rows of incidents cannot be read where `when` says so. */
  const failing = (code: 'LEDGER_UNREACHABLE' | 'GATEWAY_RATE_LIMITED', when = async (): Promise<boolean> => true) => {
    const { ledger } = stand.deps;
    const read: typeof ledger.incidents.read = async (id) => {
      if (await when()) throw new CodedError(code, 'for a moment');
      return ledger.incidents.read(id);
    };
    return { ledger: { ...ledger, incidents: { ...ledger.incidents, read } } };
  };

  it('keeps the newest word of a person at a gate: who approves and then rejects has rejected', async () => {
    const { incident, gate } = await kept('approve', 'reject');
    assert.equal(await waiting(incident), 1);
    await deliver();
    assert.deepEqual(await gate(), ['rejected', 'casey reject']);
  });

  it('forgets what was kept of a gate once the same person has answered it', async () => {
    const { incident, gate, value } = await kept('reject');
    await from.press('casey', { action_id: 'fb_approve', value });
    await until('the older word gone', async () => ((await waiting(incident)) === 0 ? true : undefined));
    await deliver();
    assert.deepEqual(await gate(), ['approved', 'casey approve']);
  });

  it('keeps what fails in passing for the next round, until it is void', async () => {
    const { incident, gate } = await kept('approve');
    for (const code of ['LEDGER_UNREACHABLE', 'GATEWAY_RATE_LIMITED'] as const) {
      await deliver(failing(code));
      assert.equal(await waiting(incident), 1, code);
    }
    assert.deepEqual(
      toldTo('casey').filter((text) => text.includes('for a moment')),
      [],
    );
    const [intent] = (await stand.deps.ledger.intents.waiting(50)).filter(({ body }) =>
      textOf(body).includes(incident),
    );
    const at = new Date(Date.now() - 31 * 60_000).toISOString();
    await stand.deps.ledger.intents.keep({ ...intent!, key: 'an older one', at });
    await deliver();
    assert.deepEqual(await gate(), ['approved', 'casey approve']);
    assert.equal(await waiting(incident), 0);
    assert.equal(toldTo('casey').filter((text) => /within half an hour of/.test(text)).length, 1);
  });

  it('tells what is decided as decided, also where the card cannot be drawn anew', async () => {
    const { incident, gate } = await kept('approve');
    await deliver(failing('LEDGER_UNREACHABLE', async () => (await gate())[0] !== 'open'));
    assert.equal(await waiting(incident), 0);
    assert.match(
      toldTo('casey')
        .filter((text) => text.includes(incident))
        .join(),
      /approved/,
    );
  });

  it('asks Slack anew who pressed: a deactivated account decides nothing, a silent Slack nothing yet', async () => {
    const { incident, gate } = await kept('approve');
    const { slack } = stand;
    const user = slack.users['casey']!;
    slack.mood = 'refused';
    await deliver().finally(() => (slack.mood = 'alive'));
    assert.deepEqual([await waiting(incident), await gate()], [1, ['open']]);
    slack.flags.set(user, { deleted: true });
    await deliver().finally(() => slack.flags.delete(user));
    assert.deepEqual([await waiting(incident), await gate()], [0, ['open']]);
    assert.match(toldTo('casey').at(-1)!, /SLACK_USER_FOREIGN/);
  });

  it('says that it is unsure where the store answers late, and delivers what was stored', async () => {
    const incident = await declared();
    const { id, digest } = await stand.gate(incident);
    const { ledger } = stand.deps;
    const keep: typeof ledger.intents.keep = async (intent) => {
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      await ledger.intents.keep(intent);
    };
    const { away, lost } = await openLost({ ledger: { ...ledger, intents: { ...ledger.intents, keep } } });
    const unsure = /not sure whether this was stored.*Look at the card/;
    try {
      const before = stand.slack.responses.length;
      const value = JSON.stringify({ i: incident, g: id, d: digest });
      void lost.press('casey', { action_id: 'fb_reject', value }).catch(() => undefined); // not acknowledged
      await until('what was said', async () =>
        stand.slack.responses.slice(before).find((said) => unsure.test(textOf(said))),
      );
      const { json } = await lost.command('casey', `stop ${incident} wrong store`);
      assert.match(textOf(json), unsure);
      await until('both stored', async () => ((await waiting(incident)) === 2 ? true : undefined));
    } finally {
      await away.close();
    }
    await deliver();
    assert.equal((await stand.view(incident)).stopped, true);
  });

  it('acknowledges no form as done, and takes the same again later once', async () => {
    const { away, lost } = await openLost();
    try {
      const form = await lost.submit('dana', { ...DECLARE, id: 'V0AWAY' }, FORM);
      assert.ok(form.ms < ACK_WITHIN_MS, String(form.ms));
      assert.match(textOf(form.json), /GATEWAY_(ENGINE_AWAY|ANSWER_LATE)/);
      const again = await from.submit('dana', { ...DECLARE, id: 'V0AWAY' }, FORM);
      assert.equal(again.json['response_action'], 'push');
    } finally {
      await away.close();
    }
  });
});
