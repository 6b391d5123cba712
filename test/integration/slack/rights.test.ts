import assert from 'node:assert/strict';
import { isAllowed, type Operation } from '../../../gateway/auth/authorize.ts';
import type { SlackDoor } from '../../../gateway/slack/door.ts';
import { openSlack } from '../../../worker/slack-door.ts';
import { INCIDENT, PEOPLE, standDeps } from '../../unit/gateway/stand.ts';
import { chosen, Deliveries, typed, type Delivered } from '../../../demo/world/slack/deliveries.ts';
import { SIGNING_SECRET } from './signing-secret.ts';
import { SocketSlack } from './socket-slack.ts';

const SECRETS = 50;
const DIGEST = 'd'.repeat(64);
const INCIDENT_STATE = JSON.stringify({ i: INCIDENT, s: 'aware' });

/** Everything that people can do in Slack, with the right that it needs. */
const ways: Readonly<Record<string, readonly [Operation, (from: Deliveries, person: string) => Promise<Delivered>]>> = {
  declare: ['start', (from, person) => from.command(person, 'declare')],
  drill: ['start', (from, person) => from.command(person, 'drill')],
  'the form of a start': [
    'start',
    (from, person) => from.submit(person, { callback_id: 'fb_declare', private_metadata: '{"m":"live"}' }, {}),
  ],
  status: ['read', (from, person) => from.command(person, `status ${INCIDENT}`)],
  'the list': ['read', (from, person) => from.command(person, 'status')],
  approve: ['read', (from, person) => from.command(person, `approve ${INCIDENT}`)],
  facts: ['read', (from, person) => from.command(person, `facts ${INCIDENT}`)],
  timeline: ['read', (from, person) => from.command(person, `timeline ${INCIDENT}`)],
  roles: ['read', (from, person) => from.command(person, `roles ${INCIDENT}`)],
  stop: ['stop', (from, person) => from.command(person, `stop ${INCIDENT} wrong store`)],
  pause: ['pause', (from, person) => from.command(person, `pause ${INCIDENT} contain wrong store`)],
  'the form of an answer': [
    'resolve',
    (from, person) => from.submit(person, { callback_id: 'fb_step', private_metadata: INCIDENT_STATE }, {}),
  ],
  'the form of a fact': [
    'fact',
    (from, person) =>
      from.submit(
        person,
        { callback_id: 'fb_fact', private_metadata: INCIDENT_STATE },
        {
          fact: chosen('affectedPeople', 'fb_pick_fact'),
          'in:affectedPeople': typed('7'),
        },
      ),
  ],
};

/** Buttons: what they lead to is told by response URL. */
const presses: Readonly<Record<string, readonly [Operation, string]>> = {
  Approve: ['decide', 'fb_approve'],
  Reject: ['decide', 'fb_reject'],
  Answer: ['resolve', 'fb_answer'],
  'Say a fact': ['fact', 'fb_say_fact'],
};

describe('rights at the Slack door', function () {
  this.timeout(60_000);
  let slack: SocketSlack;
  let door: SlackDoor;
  let from: Deliveries;
  const lines: object[] = [];

  before(async () => {
    slack = await SocketSlack.open();
    const people = PEOPLE.map((person) => ({ ...person, slack: slack.users[person.id]! }));
    const row = { gates: [{ id: 'contain#1:approval', state: 'open', digest: DIGEST, roles: [], answers: [] }] };
    const base = standDeps();
    const handle = base.client.workflow.getHandle('any');
    const status = {
      incident: INCIDENT,
      mode: 'live',
      state: 'declared',
      steps: [],
      asks: [],
      facts: [],
      obligations: [],
      openItems: [],
      ...row,
    };
    const client = {
      withDeadline: base.client.withDeadline,
      workflow: { getHandle: () => ({ ...handle, query: () => Promise.resolve(status) }) },
    };
    const effects = { ...base.ledger.effects, subjects: () => Promise.resolve([]) };
    const deps = standDeps({
      people,
      client: client as unknown as typeof base.client,
      ledger: { ...base.ledger, effects },
      rate: { perSecond: 1_000, burst: 10_000 },
      log: (line) => lines.push(line),
    });
    const secrets: Readonly<Record<string, string>> = { 'env:BOT': slack.token, 'env:SIGNING': SIGNING_SECRET };
    const config = {
      ...{ team: slack.team, token: 'env:BOT', url: `${slack.url}/api/`, cards: false },
      http: { port: 0, signingSecret: 'env:SIGNING' },
    };
    door = (await openSlack(config, (reference) => secrets[reference]!, deps))!;
    from = new Deliveries(slack, { url: door.url!, signingSecret: SIGNING_SECRET });
  });
  after(async () => {
    await door.close();
    await slack.close();
  });

  for (const person of PEOPLE)
    it(`are those of ${person.roles.join(', ')}`, async () => {
      const may = (operation: Operation): boolean => isAllowed({ ...person, isMachine: false }, operation);
      for (const [name, [operation, act]] of Object.entries(ways)) {
        const { status, json } = await act(from, person.id);
        assert.equal(status, 200, name);
        assert.equal(
          JSON.stringify(json).includes('GATEWAY_FORBIDDEN'),
          !may(operation),
          `${name}: ${JSON.stringify(json)}`,
        );
      }
      for (const [name, [operation, action]] of Object.entries(presses)) {
        slack.responses.length = 0;
        const value = JSON.stringify({ i: INCIDENT, g: 'contain#1:approval', d: DIGEST, s: 'aware' });
        await from.press(person.id, { action_id: action, value });
        if (may(operation)) assert.doesNotMatch(JSON.stringify(slack.responses), /GATEWAY_FORBIDDEN/, name);
        else
          for (let tries = 0; !JSON.stringify(slack.responses).includes('GATEWAY_FORBIDDEN'); tries += 1) {
            assert.ok(tries < 200, `${name} was not refused`);
            await new Promise((resolve) => setTimeout(resolve, 10));
          }
      }
    });

  it('repeat no secret that somebody typed: not in answers, calls or lines', async () => {
    const canaries = Array.from({ length: SECRETS }, (_, n) =>
      ['hf', `Canary${String(n).padStart(3, '0')}`.padEnd(30, 'x')].join('_'),
    );
    slack.calls.length = 0;
    slack.responses.length = 0;
    lines.length = 0;
    const answers: unknown[] = [];
    for (const canary of canaries) {
      answers.push((await from.command('casey', `stop ${INCIDENT} ${canary}`)).json);
      answers.push((await from.command('casey', canary)).json);
      answers.push((await from.command('casey', `status ${canary}`)).json);
      const fact = { fact: chosen('measuresTaken', 'fb_pick_fact'), 'in:measuresTaken': typed(`revoked ${canary}`) };
      answers.push(
        (await from.submit('casey', { callback_id: 'fb_fact', private_metadata: INCIDENT_STATE }, fact)).json,
      );
      await from.press('casey', { action_id: 'fb_approve', value: canary });
    }
    assert.ok(JSON.stringify(answers).includes('GATEWAY_SECRET_IN_TEXT'));
    const everywhere = JSON.stringify([answers, slack.calls, slack.responses, lines]);
    assert.deepEqual(
      canaries.filter((canary) => everywhere.includes(canary)),
      [],
    );
  });
});
