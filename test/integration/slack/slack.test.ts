import assert from 'node:assert/strict';
import { until } from '../gateway/door-stand.ts';
import type { SlackDoor } from '../../../gateway/slack/door.ts';
import { chosen, typed, type Deliveries, type Delivered } from '../../../demo/world/slack/deliveries.ts';
import { SlackStand, TOKENS } from './slack-stand.ts';

interface View {
  readonly id: string;
  readonly callback_id: string;
  readonly private_metadata: string;
  readonly external_id?: string;
  readonly blocks: readonly Record<string, unknown>[];
}

const textOf = (value: unknown): string => JSON.stringify(value);
const viewIn = ({ json }: Delivered): View => json['view'] as View;
const FORM = {
  playbook: chosen('store-entered', 'fb_pick_playbook'),
  'in:store': typed('ci-secrets'),
  'in:severity': chosen('high'),
  mode: chosen('live'),
};

for (const way of ['HTTP', 'Socket Mode'] as const) {
  describe(`the Slack door over ${way}`, function () {
    this.timeout(90_000);
    let stand: SlackStand;
    let door: SlackDoor;
    let from: Deliveries;

    before(async () => {
      stand = await SlackStand.open();
      ({ door, from } = way === 'HTTP' ? await stand.overHttp() : await stand.overSocket());
    });
    after(async () => {
      await door.close();
      await stand.close();
    });

    /** Declares through the form and its preview. @returns the incident. */
    const declared = async (person = 'dana', form: object = FORM): Promise<string> => {
      const preview = viewIn(
        await from.submit(
          person,
          { id: `V0${Math.random()}`, callback_id: 'fb_declare', private_metadata: '{"m":"live"}' },
          form,
        ),
      );
      const started = await from.submit(person, { ...preview, id: 'V0PREVIEW' }, {});
      return /INC-\d{4}-\d+/.exec(textOf(started.json))![0];
    };
    const press = (person: string, action: string, value: object) =>
      from.press(person, { action_id: action, value: JSON.stringify(value) });
    const told = async (pattern: RegExp): Promise<string> =>
      until(`an answer ${pattern.source}`, async () => {
        const found = stand.slack.responses.map(textOf).find((text) => pattern.test(text));
        return found;
      });
    beforeEach(() => {
      stand.slack.responses.length = 0;
      stand.slack.calls.length = 0;
    });

    describe('declare', () => {
      it('opens a form of the inputs of the playbook, and of who is who', async () => {
        const { status } = await from.command('dana', '');
        assert.equal(status, 200);
        const { args } = await stand.called('views.open');
        const { blocks, callback_id: callback } = args['view'] as View;
        assert.equal(callback, 'fb_declare');
        const ids = blocks.map((block) => block['block_id']).filter((id) => id !== undefined);
        assert.deepEqual(ids, [
          'playbook',
          'in:store',
          'in:severity',
          'in:detected',
          'mode',
          'role:commander',
          'role:privacy',
        ]);
      });

      it('shows the fields of the playbook that is picked', async () => {
        const pick = {
          type: 'static_select',
          action_id: 'fb_pick_playbook',
          selected_option: { value: 'store-entered' },
        };
        const view = { id: 'V0PICK', type: 'modal', callback_id: 'fb_declare', private_metadata: '{"m":"drill"}' };
        await from.press('dana', pick, { view, container: { type: 'view', view_id: 'V0PICK' } });
        const { args } = await stand.called('views.update', ({ view_id: id }) => id === 'V0PICK');
        assert.match(textOf(args), /in:store.*"initial_option":.{0,80}drill/s);
      });

      it('shows what it would touch before it starts, and starts exactly that once', async () => {
        const form = { id: 'V0DECLARE', callback_id: 'fb_declare', private_metadata: '{"m":"live"}' };
        const pushed = await from.submit('dana', form, FORM);
        assert.equal(pushed.json['response_action'], 'push');
        const preview = viewIn(pushed);
        assert.match(textOf(preview), /Counting/);
        const { args } = await stand.called('views.update', (given) => textOf(given).includes(preview.external_id!));
        assert.match(textOf(args), new RegExp(`\\*${TOKENS}\\* credentials`));
        assert.match(textOf(args), new RegExp(`Revoke the tokens\\?.{0,2000}\\*${TOKENS}\\* targets`));
        const sent = { ...preview, id: 'V0PREVIEW' };
        const first = await from.submit('dana', sent, {});
        const again = await from.submit('dana', sent, {}, { retry: 1 });
        const [incident] = /INC-\d{4}-\d+/.exec(textOf(first.json))!;
        assert.match(textOf(again.json), new RegExp(`${incident}.{0,40}was started before`));
        const { requester, mode, playbook } = await stand.view(incident);
        assert.deepEqual([requester, mode, playbook], ['dana', 'live', 'store-entered']);
        const row = await stand.deps.ledger.incidents.read(incident as never);
        assert.deepEqual(row?.inputs, { store: 'ci-secrets', severity: 'high' });
      });

      it('says at the field what is wrong, past the limits of the form too', async () => {
        const view = { id: 'V0FAULTY', callback_id: 'fb_declare', private_metadata: '{"m":"live"}' };
        const { json } = await from.submit('dana', view, { ...FORM, 'in:store': typed('x'.repeat(10_000)) });
        assert.deepEqual(json['errors'], { 'in:store': '`store` is longer than 64 characters' });
        const empty = await from.submit('dana', view, { ...FORM, 'in:store': typed('  ') });
        assert.deepEqual(empty.json['errors'], { playbook: 'it lacks `store`' });
        const secret = await from.submit('dana', view, {
          ...FORM,
          'in:store': typed(['hf', 'a'.repeat(30)].join('_')),
        });
        assert.match(textOf(secret.json), /GATEWAY_SECRET_IN_TEXT/);
      });

      it('refuses a start that somebody else previewed, or that nobody did', async () => {
        const view = { id: 'V0OTHERS', callback_id: 'fb_declare', private_metadata: '{"m":"live"}' };
        const preview = viewIn(await from.submit('dana', view, FORM));
        const stolen = await from.submit('casey', { ...preview, id: 'V0STOLEN' }, {});
        assert.match(textOf(stolen.json), /SLACK_PREVIEW_STALE/);
        const forged = { callback_id: 'fb_start', private_metadata: 'none' };
        assert.match(textOf((await from.submit('dana', forged, {})).json), /SLACK_CARD_STALE/);
        const observer = await from.submit('olive', view, FORM);
        assert.match(textOf(observer.json), /GATEWAY_FORBIDDEN/);
      });
    });

    describe('decisions', () => {
      it('shows exact counts and the digest, takes one press as one decision', async () => {
        const incident = await declared();
        const gate = await stand.gate(incident);
        const { json } = await from.command('casey', `approve ${incident}`);
        assert.match(textOf(json), new RegExp(`\\*${TOKENS}\\* targets`));
        assert.match(textOf(json), new RegExp(gate.digest));
        const value = { i: incident, g: gate.id, d: gate.digest };
        assert.equal((await press('casey', 'fb_approve', value)).status, 200);
        await told(/approved/);
        assert.equal((await press('casey', 'fb_approve', value)).status, 200);
        const decided = await stand.view(incident);
        const answers = decided.gates.find(({ id }) => id === gate.id)?.answers;
        assert.deepEqual(
          answers?.map(({ by, role, answer }) => [by, role, answer]),
          [['casey', 'commander', 'approve']],
        );
      });

      it('answers a press that is late, of the wrong person, or on what has changed', async () => {
        const incident = await declared('noor');
        const gate = await stand.gate(incident);
        const value = { i: incident, g: gate.id, d: gate.digest };
        await press('priya', 'fb_approve', value);
        await told(/GATE_ROLE/);
        await press('noor', 'fb_approve', value);
        await told(/GATE_REQUESTER/);
        await press('olive', 'fb_approve', value);
        await told(/GATEWAY_FORBIDDEN/);
        await press('casey', 'fb_approve', { ...value, d: 'd'.repeat(64) });
        await told(/has changed since the card was drawn/);
        await press('casey', 'fb_approve', { i: incident });
        await told(/SLACK_CARD_STALE/);
        await from.press('casey', { action_id: 'fb_approve', value: '{broken' });
        assert.equal((await stand.view(incident)).gates.find(({ id }) => id === gate.id)?.state, 'open');
        await press('casey', 'fb_reject', value);
        await told(/Rejected|rejected/);
        stand.slack.responses.length = 0;
        await press('ada', 'fb_approve', value);
        await told(/is rejected, by casey/);
      });
    });

    describe('answers', () => {
      it('takes facts and evidence through forms, each form once', async () => {
        const incident = await declared();
        await until('the question', async () => (await stand.view(incident)).asks.find(({ step }) => step === 'aware'));
        await press('priya', 'fb_answer', { i: incident, s: 'aware' });
        const { args } = await stand.called('views.update', (given) => textOf(given).includes('fb_step'));
        assert.match(textOf(args), /in:awareAt.*in:riskToPeople.*in:residents/s);
        const view = {
          id: 'V0AWARE',
          callback_id: 'fb_step',
          private_metadata: JSON.stringify({ i: incident, s: 'aware' }),
        };
        const values = {
          'in:awareAt': { value: { type: 'datetimepicker', selected_date_time: 1_777_888_800 } },
          'in:riskToPeople': chosen('risk'),
          'in:residents': typed('de, FR'),
        };
        const taken = await from.submit('priya', view, values);
        assert.equal(taken.json['response_action'], 'update', textOf(taken.json));
        const { facts } = await stand.view(incident);
        const known = Object.fromEntries(facts.map(({ key, value }) => [key, value]));
        assert.deepEqual(known['awareAt'], { at: '2026-05-04T10:00:00.000Z' });
        assert.deepEqual(known['residents'], ['DE', 'FR']);
        const late = await from.submit('priya', { ...view, id: 'V0LATE' }, values);
        assert.match(textOf(late.json), /asks nothing any more/);

        const shut = {
          id: 'V0SHUT',
          callback_id: 'fb_step',
          private_metadata: JSON.stringify({ i: incident, s: 'shut' }),
        };
        const wrong = await from.submit('priya', shut, { 'in:evidence': typed('see ticket 7') });
        assert.match(textOf(wrong.json), /ASK_ROLE|GATEWAY/);
        const closed = await from.submit('casey', shut, {
          'in:evidence': typed('see ticket 7'),
          'in:value': { value: { type: 'datetimepicker', selected_date_time: 1_777_888_800 } },
        });
        assert.equal(closed.json['response_action'], 'update', textOf(closed.json));
      });

      it('takes a fact that somebody says, in the words of its schema', async () => {
        const incident = await declared();
        const view = { id: 'V0FACT', callback_id: 'fb_fact', private_metadata: JSON.stringify({ i: incident }) };
        const values = {
          fact: chosen('crimeSuspected', 'fb_pick_fact'),
          'in:crimeSuspected': chosen('yes'),
          confidence: chosen('decided'),
        };
        assert.match(textOf((await from.submit('dana', view, values)).json), /GATEWAY_FORBIDDEN/);
        const taken = await from.submit('omar', view, values);
        assert.equal(taken.json['response_action'], 'update', textOf(taken.json));
        const { json } = await from.command('olive', `facts ${incident}`);
        assert.match(textOf(json), /crimeSuspected` true \(decided by omar\)/);
      });
    });

    describe('commands', () => {
      it('stops for a reason, once for one trigger, and shows where things stand', async () => {
        const incident = await declared();
        await stand.gate(incident);
        const { json } = await from.command('casey', `stop ${incident}`);
        assert.match(textOf(json), /say why/);
        const trigger = { trigger_id: 'one-trigger' };
        const first = await from.command('casey', `stop ${incident} wrong store`, trigger);
        const again = await from.command('casey', `stop ${incident} wrong store`, trigger, { retry: 1 });
        assert.deepEqual(again.json, first.json);
        assert.doesNotMatch(textOf(first.json), /\[[A-Z_]+\]/);
        assert.equal((await stand.view(incident)).stopped, true);
        assert.match(textOf((await from.command('olive', `status ${incident}`)).json), /\(stopped\)/);
        assert.match(textOf((await from.command('olive', 'status')).json), new RegExp(incident));
        assert.match(textOf((await from.command('olive', `timeline ${incident}`)).json), /incident\.opened.*dana/);
        assert.match(textOf((await from.command('olive', `roles ${incident}`)).json), /commander.*casey/);
        assert.match(textOf((await from.command('olive', 'help')).json), /needs no Slack/);
        assert.match(textOf((await from.command('olive', 'resume now')).json), /SLACK_COMMAND_UNKNOWN/);
        assert.match(textOf((await from.command('olive', `stop ${incident} x`)).json), /GATEWAY_FORBIDDEN/);
      });
    });

    describe('the timeline and Home', () => {
      it('puts a marked message on the timeline once, its text sealed', async () => {
        const incident = await declared();
        const { channel } = (await stand.slack.api('conversations.create', { name: incident.toLowerCase() })) as {
          channel: { id: string };
        };
        stand.rooms.set(incident, channel.id);
        const { ts } = (await stand.slack.api('chat.postMessage', {
          channel: channel.id,
          text: 'logs show a second address',
        })) as { ts: string };
        const marked = {
          type: 'reaction_added',
          user: stand.slack.users['dana'],
          reaction: 'stopwatch',
          item: { type: 'message', channel: channel.id, ts },
        };
        assert.equal((await from.event(marked)).status, 200);
        assert.equal((await from.event(marked, {}, { retry: 1 })).status, 200);
        const records = await stand.deps.ledger.journal.read(incident as never, { limit: 200 });
        const notes = records.filter(({ kind, body }) => kind === 'evidence' && body['from'] === 'slack');
        assert.deepEqual(
          notes.map(({ actor }) => actor),
          ['dana'],
        );
        assert.ok(!textOf(notes).includes('second address'));
        const found = await stand.deps.ledger.documents.get(incident as never, notes[0]!.body['document'] as string);
        assert.equal(Buffer.from(found!.body).toString('utf8'), 'logs show a second address');
        const { json } = await from.command('olive', 'status', { channel_id: channel.id });
        assert.match(textOf(json), new RegExp(`${incident}.{0,40}declared`));
      });

      it('shows each person what waits for them', async () => {
        const incident = await declared();
        await stand.gate(incident);
        await from.event({ type: 'app_home_opened', user: stand.slack.users['casey'], tab: 'home', channel: 'D0' });
        const mine = await stand.called('views.publish', ({ user_id: user }) => user === stand.slack.users['casey']);
        assert.match(textOf(mine.args), new RegExp(`fb_approve.{0,200}${incident}`));
        await from.event({ type: 'app_home_opened', user: stand.slack.users['dana'], tab: 'home', channel: 'D0' });
        const hers = await stand.called('views.publish', ({ user_id: user }) => user === stand.slack.users['dana']);
        assert.match(textOf(hers.args), new RegExp(incident));
        assert.doesNotMatch(textOf(hers.args), /fb_approve/);
      });
    });

    describe('strangers', () => {
      it('refuses guests, bots, other workspaces and people who are not listed', async () => {
        const { slack } = stand;
        const refused = async (person: string, more: Readonly<Record<string, string>> = {}): Promise<string> =>
          textOf((await from.command(person, 'status', more)).json);
        assert.match(await refused('wren'), /SLACK_USER_UNKNOWN/);
        assert.match(await refused('olive', { team_id: 'T0OTHER' }), /SLACK_USER_FOREIGN/);
        for (const flag of ['is_restricted', 'is_ultra_restricted', 'is_bot', 'deleted', 'is_stranger']) {
          slack.flags.set(slack.users['sam']!, { [flag]: true });
          assert.match(await refused('sam'), /SLACK_USER_FOREIGN/, flag);
        }
        slack.flags.set(slack.users['sam']!, { team_id: 'T0OTHER' });
        assert.match(await refused('sam'), /SLACK_USER_FOREIGN/);
        slack.flags.delete(slack.users['sam']!);
        assert.doesNotMatch(await refused('sam'), /SLACK_USER/);
        await from.event({ type: 'app_home_opened', user: slack.users['wren'], tab: 'home', channel: 'D0' });
        const { args } = await stand.called('views.publish', ({ user_id: user }) => user === slack.users['wren']);
        assert.match(textOf(args), /SLACK_USER_UNKNOWN/);
      });
    });
  });
}
