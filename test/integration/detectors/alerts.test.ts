import assert from 'node:assert/strict';
import { join } from 'node:path';
import { incidentWorkflowId } from '../../../contracts/ids.ts';
import type { DeliveryAnswer } from '../../../contracts/detectors.ts';
import type { DetectorConfig } from '../../../gateway/detectors/config.ts';
import { createServer } from '../../../gateway/http/server.ts';
import { readLibrary, standardLibrary } from '../../../playbooks/library.ts';
import { DoorStand, until } from '../gateway/door-stand.ts';
import {
  finding,
  partnerAlert,
  plainAlert,
  published,
  secretScanningAlert,
  senders,
  tokenOf,
  type Sent,
} from '../../unit/gateway/detectors/senders.ts';
import { ask } from '../../unit/gateway/stand.ts';

type Answer = DeliveryAnswer & { readonly code?: string };

const LEAKED = { playbook: 'leaked-token', credentials: true, severity: 'high' } as const;

/** Detectors of the tests: one a purpose. */
const detectors: readonly DetectorConfig[] = [
  {
    ...{ name: 'partner', ...senders['github-partner'].config, playbooks: ['leaked-token'] },
    ...{ modes: ['live', 'drill'], startsPerHour: 1_000 },
    rules: [
      {
        when: '${{ event.kind == "hub_token" }}',
        ...LEAKED,
        facts: { natureOfBreach: 'seen at ${{ event.fields.url }}' },
      },
    ],
  },
  {
    ...{ name: 'repository', ...senders['github-webhook'].config, playbooks: ['leaked-token'], modes: ['live'] },
    rules: [{ when: '${{ event.kind == "secret_scanning_alert.created" }}', ...LEAKED }],
  },
  {
    ...{ name: 'cloud', ...senders.sns.config, playbooks: ['campaign'], modes: ['live', 'drill'] },
    ...{ severity: 'critical', startsPerHour: 1_000 },
    rules: [
      {
        when: '${{ event.kind.startsWith("CredentialAccess:") }}',
        playbook: 'campaign',
        inputs: { store: 'ci' },
      },
    ],
  },
  {
    ...{ name: 'own', ...senders['standard-webhooks'].config, playbooks: ['campaign'] },
    ...{ modes: ['live', 'drill'], startsPerHour: 1_000 },
    rules: [
      { when: '${{ event.kind == "noise" }}', ignore: true },
      {
        when: '${{ event.kind == "broken" }}',
        playbook: 'campaign',
        inputs: { store: '${{ event.fields.missing }}' },
      },
      {
        ...{ when: '${{ has(event.fields.campaign) }}', playbook: 'campaign', inputs: { store: 'ci' } },
        about: 'campaign ${{ event.fields.campaign }}',
      },
    ],
  },
  {
    ...{ name: 'drilling', ...senders.bearer.config, playbooks: ['campaign'], startsPerHour: 2 },
    rules: [{ playbook: 'campaign', inputs: { store: 'ci' }, mode: 'drill' }],
  },
  {
    ...{ name: 'strict', ...senders.basic.config, playbooks: ['campaign'], modes: ['live'], beyond: 'refuse' },
    rules: [{ playbook: 'campaign', inputs: { store: 'ci' } }],
  },
];

describe('POST /v1/detectors/:name', function () {
  this.timeout(300_000);
  let door: DoorStand;
  let app: ReturnType<typeof createServer>;
  const SECRET_AT = '/repos/example/app/secret-scanning/alerts/901';

  before(async () => {
    door = await DoorStand.open();
    Object.assign(door.deps, {
      detectors,
      library: await readLibrary([standardLibrary, join(import.meta.dirname, 'playbooks')]),
      get: (url: string, headers?: Readonly<Record<string, string>>) =>
        url.endsWith(SECRET_AT) ? Promise.resolve(JSON.stringify({ secret: tokenOf(900) })) : published(url, headers),
    });
    app = createServer(door.deps);
  });

  after(async () => {
    await app.close();
    await door.close();
  });

  async function deliver(
    name: string,
    { headers, body }: Sent,
    type?: string,
  ): Promise<{ status: number; json: Answer }> {
    const config = detectors.find((one) => one.name === name);
    const mediaType = type ?? senders[config?.scheme ?? 'bearer'].mediaType;
    const answer = await app.inject({
      ...{ method: 'POST', url: `/v1/detectors/${name}`, payload: body },
      headers: { ...headers, 'content-type': mediaType },
    });
    return { status: answer.statusCode, json: answer.json<Answer>() };
  }

  const now = (): number => Date.now();
  const opened = async (): Promise<number> => (await door.deps.ledger.incidents.list({ limit: 500 })).length;
  const own = (n: number, more: object = {}): Sent => senders['standard-webhooks'].send(n, now(), plainAlert(n, more));
  const campaign = (n: number, name: string): Sent => own(n, { fields: { campaign: name, n } });

  it('starts the playbook of one token, which the door then cannot open', async () => {
    const { status, json } = await deliver('partner', senders['github-partner'].send(1));
    assert.equal(status, 202, JSON.stringify(json));
    const [result] = json.results;
    assert.deepEqual([result?.outcome, result?.mode], ['started', 'live']);
    const view = await door.view(result!.incident!);
    assert.deepEqual([view.playbook, view.requester, view.source], ['leaked-token', 'detector:partner', 'engine']);
    await door.openGate(result!.incident!);
    const history = await door.engine.client.workflow.getHandle(incidentWorkflowId(view.incident)).fetchHistory();
    const { rows } = await door.test.raw.query<{ t: string }>(
      "select string_agg(a::text, ' ') as t from (select a::text from alerts a union all select d::text from deliveries d union all select l::text from leaks l) a",
    );
    assert.ok(!`${JSON.stringify(history)}${rows[0]!.t}`.includes(tokenOf(1)));
  });

  it('joins the run of the same token when another detector finds it, and says so as facts', async () => {
    const { json } = await deliver('partner', senders['github-partner'].send(900));
    const { incident } = json.results[0]!;
    const fetched = await deliver('repository', senders['github-webhook'].send(900, 0, secretScanningAlert(900)));
    assert.deepEqual(
      fetched.json.results.map(({ outcome, incident: joined }) => [outcome, joined]),
      [['joined', incident]],
      JSON.stringify(fetched.json),
    );
    const fact = await until('the fact of two alerts', async () =>
      (await door.view(incident!)).facts.find(({ key, value }) => key === 'alertsReceived' && value === 2),
    );
    assert.equal(fact.source, 'detector:repository');
  });

  it('joins the run that a person started for the same token', async () => {
    const { incident } = await door.started('dana', { credentials: [{ value: tokenOf(950), name: 'DEPLOY_KEY' }] });
    const { json } = await deliver('partner', senders['github-partner'].send(950));
    assert.deepEqual([json.results[0]!.outcome, json.results[0]!.incident], ['joined', incident]);
  });

  it('makes nothing of a thousand replays', async () => {
    const sent = senders['github-partner'].send(2);
    const first = await deliver('partner', sent);
    const before = await opened();
    const answers: Answer[] = [];
    for (let n = 0; n < 1_000; n += 50)
      answers.push(
        ...(await Promise.all(Array.from({ length: 50 }, () => deliver('partner', sent)))).map(({ json }) => json),
      );
    assert.equal(await opened(), before);
    assert.ok(answers.every(({ replayed }) => replayed));
    for (const { results } of answers) assert.deepEqual(results, first.json.results);
    const { incident } = first.json.results[0]!;
    const { facts } = await door.view(incident!);
    assert.equal(facts.find(({ key }) => key === 'alertsReceived')?.value, 1);
  });

  it('handles one of twenty deliveries of the same at the same time', async () => {
    const sent = campaign(9_000, 'at-once');
    const answers = await Promise.all(Array.from({ length: 20 }, () => deliver('own', sent)));
    assert.deepEqual(answers.map(({ json }) => json.replayed).sort(), [false, ...Array<boolean>(19).fill(true)]);
    const { rows } = await door.test.raw.query<{ times: number }>(
      "select times from alerts where event = 'alert-9000'",
    );
    assert.deepEqual(rows, [{ times: 1 }]);
  });

  it('makes one incident of a storm, whatever its order, and tells the run a few times only', async () => {
    const before = await opened();
    const STORM = 400;
    const answers = await Promise.all(
      Array.from({ length: STORM }, (_, n) => deliver('own', campaign(10_000 + n, 'storm'))),
    );
    assert.deepEqual([...new Set(answers.map(({ status, json }) => `${status} ${json.code ?? ''}`))], ['202 ']);
    const outcomes = answers.map(({ json }) => json.results[0]!);
    assert.equal((await opened()) - before, 1);
    assert.equal(new Set(outcomes.map(({ incident }) => incident)).size, 1);
    const { incident } = outcomes[0]!;
    await until('the fact of all alerts', async () =>
      (await door.view(incident!)).facts.find(({ key, value }) => key === 'alertsReceived' && value === STORM),
    );
    const { events } = await door.engine.client.workflow.getHandle(incidentWorkflowId(incident!)).fetchHistory();
    const told = (events ?? []).filter(({ workflowExecutionUpdateAcceptedEventAttributes: one }) => one).length;
    assert.ok(told >= 1 && told <= STORM / 10, `told ${told} times`);
  });

  it('lets a sample start a drill only, apart from the live incident of the same finding', async () => {
    const live = await deliver('cloud', senders.sns.send(50, now(), finding(50)));
    const sample = await deliver(
      'cloud',
      senders.sns.send(51, now(), finding(50, { service: { additionalInfo: { sample: true } } })),
    );
    const [one, other] = [live.json.results[0]!, sample.json.results[0]!];
    assert.deepEqual([one.outcome, one.mode, other.outcome, other.mode], ['started', 'live', 'started', 'drill']);
    assert.match(other.incident!, /^DRL-/);
    const refused = await deliver('strict', senders.basic.send(52, 0, plainAlert(52, { test: true })));
    assert.deepEqual([refused.status, refused.json.code], [403, 'DETECTOR_BEYOND_KEY']);
  });

  it('records what no rule is for, and what a rule leaves out', async () => {
    const before = await opened();
    for (const [n, kind, outcome] of [
      [60, 'weather', 'unmapped'],
      [61, 'noise', 'ignored'],
    ] as const) {
      const { status, json } = await deliver('own', own(n, { kind }));
      assert.deepEqual([status, json.results], [202, [{ event: `alert-${n}`, outcome }]]);
      const { alerts } = (await ask(door.deps, { method: 'GET', url: `/v1/alerts?outcome=${outcome}`, as: 'olive' }))
        .json as unknown as { alerts: { event: string; kind: string }[] };
      assert.ok(alerts.some(({ event, kind: kept }) => event === `alert-${n}` && kept === kind));
    }
    assert.equal(await opened(), before);
  });

  it('holds what is graver than the key allows until a person releases it', async () => {
    const text = plainAlert(70, { severity: 'critical', fields: { campaign: 'grave' } });
    const { status, json } = await deliver('own', senders['standard-webhooks'].send(70, now(), text));
    const { incident, outcome } = json.results[0]!;
    assert.deepEqual([status, outcome], [202, 'held']);
    const again = await deliver('own', campaign(71, 'grave')); // a small alert does not set it going
    assert.deepEqual([again.json.results[0]!.outcome, again.json.results[0]!.incident], ['held', incident]);
    const { source, steps } = await door.view(incident!);
    assert.deepEqual([source, steps], ['ledger', []]);
    const release = (as: string, key: string) =>
      door.post(`/${incident!}/release`, as, { reason: 'looked at' }, { 'idempotency-key': key });
    assert.equal((await release('detector', 'r0')).status, 403);
    assert.equal((await release('dana', 'r1')).status, 403); // a responder
    assert.equal((await release('casey', 'r2')).status, 200);
    assert.equal((await release('casey', 'r2')).status, 200);
    assert.equal((await release('noor', 'r3')).json.code, 'INCIDENT_NOT_HELD');
    assert.equal((await door.view(incident!)).source, 'engine');
    const joined = await deliver('own', campaign(72, 'grave'));
    assert.equal(joined.json.results[0]!.outcome, 'joined');
  });

  it('refuses what its key does not allow, a broken mapping, and more than its hourly share', async () => {
    const before = await opened();
    const grave = await deliver('strict', senders.basic.send(80, 0, plainAlert(80, { severity: 'critical' })));
    assert.deepEqual([grave.status, grave.json.code], [403, 'DETECTOR_BEYOND_KEY']);
    const broken = await deliver('own', own(81, { kind: 'broken' }));
    assert.deepEqual([broken.status, broken.json.code], [422, 'DETECTOR_MAPPING_FAILED']);
    assert.equal(await opened(), before);
    const outcomes: number[] = [];
    for (const n of [82, 83, 84]) outcomes.push((await deliver('drilling', senders.bearer.send(n))).status);
    assert.deepEqual(outcomes, [202, 202, 429]);
  });

  it('refuses another body under the id of a delivery', async () => {
    await deliver('own', campaign(90, 'reuse'));
    const { status, json } = await deliver('own', campaign(90, 'other'));
    assert.deepEqual([status, json.code], [409, 'DETECTOR_DELIVERY_REUSED']);
  });

  it('keeps a replay out at once, after four minutes, after six, an hour ahead, and after it was forgotten', async () => {
    const before = await opened();
    const sent = campaign(91, 'replay');
    assert.equal((await deliver('own', sent)).json.results[0]!.outcome, 'started');
    const aged = (minutes: number): Sent =>
      senders['standard-webhooks'].send(
        91,
        now() + minutes * 60_000,
        plainAlert(91, { fields: { campaign: 'replay', n: 91 } }),
      );
    assert.equal((await deliver('own', aged(-4))).json.replayed, true);
    for (const minutes of [-6, 6, 60]) assert.equal((await deliver('own', aged(minutes))).json.code, 'DETECTOR_STALE');
    await door.test.raw.query("update deliveries set at = now() - interval '31 days'");
    assert.ok((await door.deps.ledger.alerts.forget()) > 0);
    const { json } = await deliver('own', sent);
    assert.deepEqual([json.replayed, json.results[0]!.outcome], [false, 'joined']);
    assert.equal(await opened(), before + 1);
  });

  it('finishes the start of a delivery that broke off, and of one whose sender never came back', async () => {
    const { workflow } = door.deps.client;
    const start = workflow.start.bind(workflow);
    const broken = [campaign(97, 'broken-off'), campaign(98, 'left-behind')];
    workflow.start = (() => Promise.reject(new Error('it broke off here'))) as typeof workflow.start;
    for (const sent of broken) assert.equal((await deliver('own', sent)).status, 500);
    workflow.start = start;
    const again = await deliver('own', broken[0]!);
    const another = await deliver('own', campaign(99, 'left-behind'));
    for (const { status, json } of [again, another]) {
      assert.equal(status, 202, JSON.stringify(json));
      assert.equal((await door.view(json.results[0]!.incident!)).source, 'engine');
    }
  });

  it('refuses bad input by code and counts it', async () => {
    const good = own(100);
    const wrong: readonly (readonly [Sent, string | undefined, number, string])[] = [
      [{ ...good, headers: {} }, undefined, 401, 'DETECTOR_UNSIGNED'],
      [{ ...good, body: Buffer.alloc(0) }, undefined, 401, 'DETECTOR_UNSIGNED'],
      [good, 'multipart/form-data; boundary=x', 415, 'GATEWAY_MEDIA_TYPE'],
      [good, 'application/x-www-form-urlencoded', 415, 'GATEWAY_MEDIA_TYPE'],
      [{ ...good, body: Buffer.alloc(10 * 1024 * 1024, 97) }, undefined, 413, 'GATEWAY_BODY_TOO_LARGE'],
      ...[
        '[]',
        '"x"',
        'null',
        '{"id":"1"}',
        '{"id":"1","kind":"k","severity":"enormous"}',
        '{"id":"1","kind":"k","strange":1}',
        '{"id":{},"kind":"k"}',
        `${'['.repeat(10_000)}${']'.repeat(10_000)}`,
        `{"id":"1","kind":"k","fields":{"a":${'['.repeat(40)}${']'.repeat(40)}}}`,
        '{"id":"1",',
      ].map(
        (text, n) =>
          [senders['standard-webhooks'].send(110 + n, now(), text), undefined, 422, 'DETECTOR_BODY_INVALID'] as const,
      ),
    ];
    for (const [sent, type, status, code] of wrong) {
      const answer = await deliver('own', sent, type);
      assert.deepEqual([answer.status, answer.json.code], [status, code], sent.body.toString('utf8', 0, 80));
    }
    assert.equal((await deliver('nobody', good)).json.code, 'DETECTOR_UNKNOWN');
    const { refusals } = (await ask(door.deps, { method: 'GET', url: '/v1/detectors', as: 'olive' }))
      .json as unknown as {
      refusals: { detector: string; code: string; times: number }[];
    };
    const counted = (detector: string, code: string): number =>
      refusals.find((one) => one.detector === detector && one.code === code)?.times ?? 0;
    assert.equal(counted('own', 'DETECTOR_UNSIGNED'), 2);
    assert.equal(counted('own', 'DETECTOR_BODY_INVALID'), 10);
    assert.equal(counted('-', 'DETECTOR_UNKNOWN'), 1);
  });

  it('takes every alert of a delivery for itself', async () => {
    const both = [
      ...JSON.parse(partnerAlert(200)),
      7,
      { token: 1 },
      { type: 'weather', token: 'x' },
      ...JSON.parse(partnerAlert(201)),
    ];
    const { status, json } = await deliver('partner', senders['github-partner'].send(200, 0, JSON.stringify(both)));
    assert.equal(status, 202, JSON.stringify(json));
    assert.deepEqual([status, json.results.map(({ outcome }) => outcome)], [202, ['started', 'unmapped', 'started']]);
  });
});
