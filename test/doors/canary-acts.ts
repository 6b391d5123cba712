import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { runCli } from '../../cli/run-cli.ts';
import type { Delivered } from '../../demo/world/slack/deliveries.ts';
import { WORLD_KEYS } from '../../demo/world.ts';
import { scriptedTerminal } from '../unit/cli/scripted-terminal.ts';
import type { CanaryHouse } from './canary-house.ts';
import { TYPED_BY_HAND } from './canary-places.ts';

/** One of the fifty: a secret and a person who hold to each other. */
export interface Pair {
  readonly n: number;
  /** Shaped like a token. */
  readonly secret: string;
  /** Mail address of a person whom nobody may find. */
  readonly person: string;
}

/** Brings a pair to a door. @returns everything that was answered. */
export type Bring = (pair: Pair) => Promise<string>;

/** What the acts speak about: a running incident, a step of it that asks, one with a gate, its room in Slack. */
export interface Scene {
  readonly incident: string;
  readonly asks: string;
  readonly gated: string;
  readonly room: string;
}

/** The codec's answer is what an admin asked it to open, and nobody else's. */
export const CODEC = 'the codec';

const DIGEST = 'd'.repeat(64);

/** Requests to the HTTP API in which a secret, or a person, stands wherever something can stand. */
function overHttp(house: CanaryHouse, { incident, asks, gated }: Scene): Readonly<Record<string, Bring>> {
  const ask = async (path: string, as: string, body?: object | string, more: object = {}): Promise<string> => {
    const answer = await fetch(`${house.stack.urls.gateway}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${house.keys.get(as) ?? ''}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json', 'idempotency-key': randomUUID() }),
        ...more,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return `${answer.status} ${await answer.text()}`;
  };
  const at = `/v1/incidents/${incident}`;
  return {
    'a start with credentials': ({ secret, person }) =>
      ask('/v1/incidents', 'dana', {
        playbook: 'leaked-token',
        credentials: [{ value: secret, name: 'DEPLOY_KEY', owner: person }],
      }),
    'the inputs of a start': ({ secret }) =>
      ask('/v1/incidents', 'dana', { playbook: 'exposed-secrets', inputs: { store: secret } }),
    'the people of a start': ({ person }) =>
      ask('/v1/incidents', 'dana', { playbook: 'leaked-token', roles: { commander: [person] } }),
    'a comment at a gate': ({ secret }) =>
      ask(`${at}/decisions`, 'casey', {
        gate: `${gated}#1:approval`,
        digest: DIGEST,
        answer: 'reject',
        comment: secret,
      }),
    'a fact': ({ secret }) => ask(`${at}/facts`, 'priya', { key: 'natureOfBreach', value: `seen ${secret} there` }),
    'the key of a fact': ({ secret, person }) => ask(`${at}/facts`, 'priya', { key: secret, value: person }),
    'a resolution': ({ secret }) =>
      ask(`${at}/steps/${asks}/resolution`, 'priya', { answer: 'done', values: { natureOfBreach: secret } }),
    'a reason to stop': ({ secret }) => ask(`${at}/stop`, 'casey', { reason: `saw ${secret}` }),
    'a reason to pause': ({ secret }) => ask(`${at}/steps/${gated}/rollout/pause`, 'casey', { reason: secret }),
    'an amendment': ({ secret }) =>
      ask(`${at}/amendments`, 'casey', { run: 'widen', reason: 'more', inputs: { targets: secret } }),
    'the basis of a hold': ({ secret }) => ask(`${at}/holds`, 'omar', { audience: 'everyone', basis: secret }),
    'whom a hold covers': ({ person }) => ask(`${at}/holds`, 'omar', { audience: `person:${person}`, basis: 'order' }),
    'a query': ({ secret, person }) => ask(`/v1/incidents?${secret}=${encodeURIComponent(person)}`, 'dana'),
    'a path': ({ secret, person }) => ask(`/v1/incidents/${secret}/documents/${encodeURIComponent(person)}`, 'dana'),
    'an authorization': ({ secret }) => ask(at, 'dana', undefined, { authorization: `Bearer ${secret}` }),
    'half a body': ({ secret, person }) => ask(`${at}/facts`, 'priya', `{"key": "${secret}", "value": "${person}`),
    'another type of body': ({ secret, person }) =>
      ask(`${at}/facts`, 'priya', `${secret} ${person}`, { 'content-type': 'text/plain' }),
    'a report on a notice': ({ secret, person }) =>
      ask(`/v1/bounces?recipient=${encodeURIComponent(person)}`, 'noor', `To: ${person}\r\n\r\n${secret}\r\n`, {
        'content-type': 'message/rfc822',
      }),
    [CODEC]: ({ secret, person }) =>
      ask('/codec/decode', 'noor', { payloads: [{ data: Buffer.from(secret + person).toString('base64') }] }),
  };
}

/** Alerts of detectors that carry a credential, or something shaped like one where none belongs. */
function fromDetectors(house: CanaryHouse): Readonly<Record<string, Bring>> {
  const deliver = async (name: string, body: string, headers: Readonly<Record<string, string>>): Promise<string> => {
    const answer = await fetch(`${house.stack.urls.gateway}/v1/detectors/${name}`, {
      ...{ method: 'POST', body },
      headers: { 'content-type': 'application/json', ...headers },
    });
    return `${answer.status} ${await answer.text()}`;
  };
  const standard = (id: string, body: string): Promise<string> => {
    const at = String(Math.floor(Date.now() / 1_000));
    const secret = Buffer.from(house.secrets.standard.slice('whsec_'.length), 'base64');
    const mac = createHmac('sha256', secret).update(`${id}.${at}.${body}`).digest('base64');
    return deliver('own', body, { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': `v1,${mac}` });
  };
  return {
    'an alert of a partner': ({ n, secret }) => {
      const alert = { token: secret, type: 'hub_token', url: `https://code.example/repo-${n}`, source: 'content' };
      const body = JSON.stringify([alert]);
      return deliver('partner', body, house.code.proof(body));
    },
    'an alert whose secret is fetched': ({ n, secret, person }) => {
      house.code.secrets.set(n, secret);
      const alert = { number: n, secret_type: 'hub_token', created_at: new Date().toISOString() };
      const repository = { full_name: 'example/app' };
      const body = JSON.stringify({ action: 'created', alert, repository, sender: { login: person } });
      const mac = createHmac('sha256', house.secrets.webhook).update(body).digest('hex');
      return deliver('repository', body, { 'x-hub-signature-256': `sha256=${mac}` });
    },
    'the fields of an alert': ({ n, secret, person }) =>
      standard(`msg-${n}`, JSON.stringify({ id: `a-${n}`, kind: 'leak', fields: { snippet: secret, author: person } })),
    'the ids of an alert': ({ secret }) => standard(secret, JSON.stringify({ id: secret, kind: secret, fields: {} })),
    'an alert that nobody signed': ({ secret, person }) => deliver('own', `${secret} ${person}`, {}),
  };
}

/** What somebody does in Slack. */
function inSlack(house: CanaryHouse, { incident, asks, room }: Scene): Readonly<Record<string, Bring>> {
  const act = async (asked: object): Promise<string> =>
    JSON.stringify(((await house.control('/slack/act', asked)) as Delivered).json);
  const command = (text: string): Promise<string> => act({ kind: 'command', person: 'casey', text });
  const submit = (callback: string, state: object, values: object): Promise<string> => {
    const view = {
      id: `V0${randomBytes(6).toString('hex')}`,
      callback_id: callback,
      private_metadata: JSON.stringify(state),
    };
    return act({ kind: 'submit', person: 'priya', view, values });
  };
  const text = (value: string): object => ({ value: { type: 'plain_text_input', value } });
  const menu = (value: string, action: string): object => ({
    [action]: { type: 'static_select', selected_option: { value } },
  });
  const slack = async (method: string, args: Readonly<Record<string, string>>): Promise<Record<string, unknown>> => {
    const answer = await fetch(`${house.world.places.slack}/api/${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${house.world.keys[WORLD_KEYS.slack] ?? ''}` },
      body: new URLSearchParams(args),
    });
    return (await answer.json()) as Record<string, unknown>;
  };
  return {
    'a command': ({ secret, person }) => command(`${secret} ${person}`),
    'a look at nothing': ({ secret }) => command(`status ${secret}`),
    'a stop in Slack': ({ secret }) => command(`stop ${incident} ${secret}`),
    'the form of a fact': ({ secret }) =>
      submit(
        'fb_fact',
        { i: incident },
        { fact: menu('natureOfBreach', 'fb_pick_fact'), 'in:natureOfBreach': text(secret) },
      ),
    'the form of an answer': ({ secret }) =>
      submit('fb_step', { i: incident, s: asks }, { 'in:natureOfBreach': text(secret) }),
    'the form of a start': ({ secret, person }) =>
      submit(
        'fb_declare',
        { m: 'live' },
        {
          playbook: menu('exposed-secrets', 'fb_pick_playbook'),
          'in:store': text(secret),
          'role:commander': text(person),
        },
      ),
    'the state of a form': ({ secret, person }) => submit('fb_step', { i: secret, s: person }, {}),
    'a button': ({ secret, person }) =>
      act({
        kind: 'press',
        person: 'casey',
        action: { action_id: 'fb_approve', value: JSON.stringify({ i: secret, g: person }) },
      }),
    // No person: what somebody puts on the timeline is evidence, sealed, and in the bundle of who may read it.
    'a message on the timeline': async ({ secret }) => {
      const said = `${TYPED_BY_HAND} ${secret} was seen`;
      const { ts } = await slack('chat.postMessage', { channel: room, text: said });
      const item = { type: 'message', channel: room, ts };
      const user = house.world.places.slackUsers['casey'];
      const event = { type: 'reaction_added', user, reaction: 'stopwatch', item };
      return postEvent(house, event);
    },
  };
}

/** Delivers an event, signed as Slack signs. */
async function postEvent(house: CanaryHouse, event: object): Promise<string> {
  const team = house.world.places.slackTeam;
  const body = JSON.stringify({
    ...{ type: 'event_callback', team_id: team, api_app_id: 'A0TEST', event_id: `Ev${randomBytes(6).toString('hex')}` },
    ...{ event_time: 1, event },
  });
  const at = String(Math.floor(Date.now() / 1_000));
  const key = house.world.keys[WORLD_KEYS.slackSigning] ?? '';
  const mac = createHmac('sha256', key).update(`v0:${at}:${body}`).digest('hex');
  const answer = await fetch(house.slackDoor, {
    ...{ method: 'POST', body },
    headers: {
      'content-type': 'application/json',
      'x-slack-request-timestamp': at,
      'x-slack-signature': `v0=${mac}`,
    },
  });
  return `${answer.status} ${await answer.text()}`;
}

/** Command lines, over the HTTP API. */
function onTheCommandLine(house: CanaryHouse, { incident, asks, gated }: Scene): Readonly<Record<string, Bring>> {
  const run = async (as: string, args: readonly string[], input = ''): Promise<string> => {
    const environment = { FIREBREAK_URL: house.stack.urls.gateway, FIREBREAK_KEY: house.keys.get(as) ?? '' };
    const terminal = scriptedTerminal({ environment, fetch, input });
    const exit = await runCli(args, terminal, '0.0.0');
    return `${exit} ${terminal.written()}${terminal.warned()}`;
  };
  return {
    'a start on the command line': ({ secret, person }) =>
      run('dana', ['start', 'leaked-token', '--credentials', '-'], JSON.stringify({ value: secret, owner: person })),
    'a fact on the command line': ({ secret }) => run('priya', ['fact', incident, 'natureOfBreach', `saw ${secret}`]),
    'an answer on the command line': ({ secret }) =>
      run('priya', ['resolve', incident, asks, '--set', `natureOfBreach=${secret}`]),
    'a pause on the command line': ({ secret }) =>
      run('casey', ['rollout', 'pause', incident, gated, '--reason', secret]),
    'a role on the command line': ({ person }) =>
      run('dana', ['start', 'leaked-token', '--role', `commander=${person}`, '--credentials', '-'], '{}'),
  };
}

/** Everything through which something can be said to the house, by what it is. */
export function allActs(house: CanaryHouse, scene: Scene): Readonly<Record<string, Bring>> {
  return {
    ...overHttp(house, scene),
    ...fromDetectors(house),
    ...inSlack(house, scene),
    ...onTheCommandLine(house, scene),
  };
}
