import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Client, Connection } from '@temporalio/client';
import type { IncidentId } from '../../contracts/ids.ts';
import { DemoPeople } from '../../demo/answers.ts';
import { DEMO_REQUESTER, DEMO_ROLES } from '../../demo/people.ts';
import { inventStory, type StorySize } from '../../demo/world/story.ts';
import { allActs, CODEC, type Pair, type Scene } from './canary-acts.ts';
import { CanaryHouse } from './canary-house.ts';
import { everyPlace } from './canary-places.ts';
import { search, type Canary, type Place } from './search.ts';

const PAIRS = 50;
const SIZE: StorySize = { tokens: 60, people: 50, seed: 61 };
const CLOSES_WITHIN_MS = 180_000;
const LOOK_EVERY_MS = 200;
const COUNSEL = 'omar';

/** Made when the test runs: nothing token-shaped stands in a file. */
const pairs: readonly Pair[] = Array.from({ length: PAIRS }, (_, n) => ({
  n,
  secret: ['hf', randomBytes(17).toString('hex')].join('_'),
  person: `zoe-${randomBytes(9).toString('hex')}@canary.example`,
}));

/** What the incident itself is about: every secret of the store and everybody who is affected. */
function storyCanaries(): readonly Canary[] {
  const { tokens, foreign, people } = inventStory(SIZE);
  return [
    ...[...tokens, ...foreign].map(({ value }, n) => ({ name: `secret ${n} of the store`, text: value })),
    ...people.flatMap(({ address, displayName }, n) => [
      { name: `address ${n} of the affected`, text: address },
      { name: `name ${n} of the affected`, text: displayName },
    ]),
  ];
}

const brought: readonly Canary[] = pairs.flatMap(({ n, secret, person }) => [
  { name: `secret ${n}`, text: secret },
  { name: `person ${n}`, text: person },
]);
const canaries = [...brought, ...storyCanaries()];

describe('fifty secrets and fifty people through every door', function () {
  this.timeout(420_000);
  let house: CanaryHouse;
  let incident: IncidentId;
  const answers = new Map<string, string>();
  const told: string[] = [];

  before(async () => {
    house = await CanaryHouse.open(SIZE, {
      webhook: randomBytes(32).toString('hex'),
      standard: `whsec_${randomBytes(32).toString('base64')}`,
    });
    ({ incident } = await house.as(DEMO_REQUESTER).post<{ incident: IncidentId }>('/incidents', {
      ...{ playbook: 'exposed-secrets', inputs: { store: 'spaces' }, roles: DEMO_ROLES },
    }));
    const scene = await sceneOf(house, incident);
    const acts = Object.entries(allActs(house, scene));
    assert.ok(acts.length <= PAIRS, 'every act has a pair');
    for (const pair of pairs) {
      const [name, bring] = acts[pair.n % acts.length]!;
      answers.set(`${name} ${pair.n}`, await bring(pair));
    }
    await closed(house, incident, told);
    await house.as(COUNSEL).post(`/incidents/${incident}/bundle`, { audience: 'auditor' });
  });
  after(() => house.close());

  it('comes to its close though they were brought, and tells everybody affected', async () => {
    const { state } = await house.as(COUNSEL).status(incident);
    assert.equal(state, 'closed', told.slice(-20).join('\n'));
    const { mail } = (await house.control('/observed')) as { readonly mail: { readonly recipients: number } };
    assert.ok(mail.recipients >= SIZE.people);
  });

  it('brought each to a door that took it, or refused it for what it was', () => {
    const taken = [...answers].filter(([, answer]) => /^(20\d|0) /.test(answer) || answer.startsWith('{"'));
    const refused = [...answers].filter(([, answer]) => /[A-Z]+_[A-Z_]+/.test(answer));
    assert.ok(taken.length >= 12, [...answers].map(([name, answer]) => `${name}: ${answer.slice(0, 90)}`).join('\n'));
    assert.ok(refused.filter(([, answer]) => answer.includes('GATEWAY_SECRET_IN_TEXT')).length >= 10);
  });

  it('finds none of them anywhere', async () => {
    const said = [...answers].filter(([name]) => !name.startsWith(CODEC)).map(([, answer]) => answer);
    const errors: Place = { name: 'what the doors answered', bytes: Buffer.from(said.join('\n')) };
    const places = [...(await everyPlace(house)), errors];
    const names = places.map(({ name }) => name).join('\n');
    for (const wanted of ['Temporal, history of', 'temporal.db', 'worker.log', 'gateway.log', 'ledger, table journal'])
      assert.ok(names.includes(wanted), `${wanted} was not searched: ${names}`);
    assert.deepEqual(search(places, canaries), []);
  });

  it('finds one that was planted in a log and one in a memo, however they are written', async () => {
    const planted = pairs[0]!;
    const lines = [gzipSync(planted.secret), Buffer.from(planted.person).toString('base64')];
    for (const line of lines) appendFileSync(join(house.home.logs, 'worker.log'), line);
    const connection = await Connection.connect({ address: house.stack.urls.temporal });
    const memo = { plain: planted.secret, hex: Buffer.from(planted.person).toString('hex') };
    const options = { taskQueue: 'nobody-polls', workflowId: `planted-${randomBytes(6).toString('hex')}`, memo };
    const handle = await new Client({ connection }).workflow.start('planted', options);
    await handle.terminate('it was planted');
    await connection.close();
    const hits = search(await everyPlace(house), canaries);
    const found = (place: string, canary: string): boolean =>
      hits.some((hit) => hit.place.includes(place) && hit.canary === canary);
    assert.ok(found('worker.log, unpacked', 'secret 0'), JSON.stringify(hits));
    assert.ok(found('worker.log', 'person 0'));
    assert.ok(found('history of planted', 'secret 0'));
    assert.ok(found('temporal.db', 'secret 0'), 'the database file of the server is not searched');
    assert.ok(found('history of planted', 'person 0'));
  });
});

/** Waits until everything that the acts speak about is there. */
async function sceneOf(house: CanaryHouse, incident: IncidentId): Promise<Scene> {
  const reader = house.as(COUNSEL);
  const deadline = Date.now() + CLOSES_WITHIN_MS;
  for (;;) {
    const { gates, asks } = await reader.status(incident);
    const gate = gates.find(({ step, state }) => step === 'round/contain' && state === 'open');
    const room = await roomOf(house, incident);
    if (gate && room !== undefined && asks.some(({ step }) => step === 'aware'))
      return { incident, asks: 'aware', gated: encodeURIComponent(gate.step), room };
    if (Date.now() > deadline)
      throw new Error(`it does not get going: ${JSON.stringify(await reader.status(incident))}`);
    await sleep(LOOK_EVERY_MS);
  }
}

/** Channel of the incident's room, as Slack has it. */
async function roomOf(house: CanaryHouse, incident: string): Promise<string | undefined> {
  const { calls } = (await house.control('/slack/calls?after=0')) as {
    readonly calls: readonly {
      readonly method: string;
      readonly answer: { readonly channel?: { readonly id?: string; readonly name?: string } };
    }[];
  };
  return calls
    .filter(({ method }) => method === 'conversations.create')
    .map(({ answer }) => answer.channel)
    .find((channel) => channel?.name?.includes(incident.toLowerCase()))?.id;
}

/** The demo's people answer until the incident is closed. */
async function closed(house: CanaryHouse, incident: IncidentId, told: string[]): Promise<void> {
  const people = new DemoPeople(
    incident,
    (person) => house.as(person),
    (line) => told.push(line),
  );
  const deadline = Date.now() + CLOSES_WITHIN_MS;
  for (;;) {
    const status = await house.as(COUNSEL).status(incident);
    if (status.state === 'closed') return;
    if (Date.now() > deadline) throw new Error(`it does not close: ${JSON.stringify(status.steps)}`);
    await people.answer(status);
    await sleep(LOOK_EVERY_MS);
  }
}
