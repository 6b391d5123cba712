import assert from 'node:assert/strict';
import type { DetectorConfig } from '../../../gateway/detectors/config.ts';
import type { Started } from '../../../contracts/api.ts';
import type { DeliveryAnswer } from '../../../contracts/detectors.ts';
import type { IncidentId } from '../../../contracts/ids.ts';
import { createServer } from '../../../gateway/http/server.ts';
import { OFFERS_MAX } from '../../../ledger/alert-port.ts';
import { partnerAlert, plainAlert, senders, tokenOf, type Sent } from '../../unit/gateway/detectors/senders.ts';
import { until } from '../gateway/door-stand.ts';
import { DetectorsStand } from './detectors-stand.ts';

const detectors: readonly DetectorConfig[] = [
  {
    ...{ name: 'partner', ...senders['github-partner'].config, playbooks: ['leaked-token', 'token-campaign'] },
    ...{ modes: ['live'], startsPerHour: 1_000 },
    rules: [
      {
        ...{ when: '${{ event.kind == "campaign_token" }}', playbook: 'token-campaign', credentials: true },
        ...{ severity: 'high', about: 'repository ${{ event.fields.url }}' },
      },
      { when: '${{ event.kind == "hub_token" }}', playbook: 'leaked-token', credentials: true, severity: 'high' },
    ],
  },
  {
    ...{ name: 'own', ...senders['standard-webhooks'].config, playbooks: ['campaign'], modes: ['live'] },
    startsPerHour: 1_000,
    rules: [{ playbook: 'campaign', inputs: { store: 'ci' }, about: 'campaign ${{ event.fields.campaign }}' }],
  },
];

/** Alerts of tokens that were found in one repository. */
function tokensOf(repository: string, ...numbers: readonly number[]): Sent {
  const found = numbers.map((n) => ({
    ...{ token: tokenOf(n), type: 'campaign_token', source: 'content' },
    url: `https://code.example/${repository}`,
  }));
  return senders['github-partner'].send(0, 0, JSON.stringify(found));
}

describe('alerts and people', function () {
  this.timeout(300_000);
  let stand: DetectorsStand;

  before(async () => {
    stand = await DetectorsStand.open(detectors);
  });
  after(() => stand.close());

  const campaign = (n: number, name: string, more: object = {}): Sent =>
    senders['standard-webhooks'].send(n, Date.now(), plainAlert(n, { fields: { campaign: name }, ...more }));

  describe('credentials of an alert that joins', () => {
    const sealedIn = async (incident: string) => {
      const privileged = await stand.door.test.another({ opens: ['secrets'] });
      const entries = await privileged.inventory.datasets(incident as IncidentId);
      const rows = await Promise.all(
        entries
          .filter(({ step }) => step === 'alerts')
          .map((entry) => privileged.datasets.read(incident as IncidentId, entry, { from: 0, to: 10, open: true })),
      );
      return rows.flat().map(({ sealed }) => (sealed as { readonly value: string }).value);
    };
    const factOf = async (incident: string, key: string) =>
      (await stand.door.view(incident)).facts.findLast((fact) => fact.key === key)?.value;

    it('are sealed, offered as a fact, and go into a round of their own once a commander says so', async () => {
      const { door } = stand;
      const first = await stand.deliver('partner', tokensOf('one', 1));
      const { incident = '' } = first.json.results[0]!;
      assert.equal(first.json.results[0]!.outcome, 'started', JSON.stringify(first.json));
      const joined = await stand.deliver('partner', tokensOf('one', 2, 3));
      assert.deepEqual(
        joined.json.results.map(({ outcome, incident: of }) => [outcome, of]),
        [
          ['joined', incident],
          ['joined', incident],
        ],
      );
      await until('the fact', async () => ((await factOf(incident, 'credentialsOffered')) === 2 ? true : undefined));
      assert.deepEqual(await sealedIn(incident), [tokenOf(2), tokenOf(3)]);
      const amend = { run: 'widen', inputs: { upload: 'alerts' }, reason: 'the same repository held two more' };
      const { status, text } = await door.post(`/${incident}/amendments`, 'casey', amend, { 'idempotency-key': 'w1' });
      assert.equal(status, 200, text);
      const gate = await until('the gate of the second round', async () =>
        (await door.view(incident)).gates.find(({ step, state }) => step === 'round/2/contain' && state === 'open'),
      );
      assert.equal(gate.shows.targets, 2);
      const { gates } = await door.view(incident);
      assert.equal(gates.find(({ step }) => step === 'round/contain')?.shows.targets, 1);
      const { rows } = await door.test.raw.query<{ subject: string }>(
        `select subject from dataset_rows r join datasets d on d.id = r.dataset join incidents i on i.number = d.incident
         where i.id = $1 and d.step = 'round/2/token' order by subject`,
        [incident],
      );
      const fingerprints = [tokenOf(2), tokenOf(3)].map((value) => door.deps.ledger.incidents.fingerprint(value));
      assert.deepEqual(
        rows.map(({ subject }) => subject),
        fingerprints.sort(),
      );
    });

    it('are offered once, however often they come, and not when the run has them from its start', async () => {
      const { incident = '' } = (await stand.deliver('partner', tokensOf('two', 11))).json.results[0]!;
      for (const numbers of [[12], [11], [12, 11], [12, 13]])
        await stand.deliver('partner', tokensOf('two', ...numbers));
      await until('the fact', async () => ((await factOf(incident, 'credentialsOffered')) === 2 ? true : undefined));
      assert.deepEqual(await sealedIn(incident), [tokenOf(12), tokenOf(13)]);
    });

    it('make alerts of them alone join the same run', async () => {
      const { incident = '' } = (await stand.deliver('partner', tokensOf('three', 21))).json.results[0]!;
      await stand.deliver('partner', tokensOf('three', 22));
      const alone = await stand.deliver('partner', senders['github-partner'].send(22));
      assert.deepEqual([alone.json.results[0]!.outcome, alone.json.results[0]!.incident], ['joined', incident]);
    });

    it('start a run of their own once the incident that they were only offered to is closed', async () => {
      const { incident = '' } = (await stand.deliver('partner', tokensOf('five', 41))).json.results[0]!;
      await stand.deliver('partner', tokensOf('five', 42));
      const close = async (id: string) => {
        await until('a gate: the run writes its state no more', async () =>
          (await stand.door.view(id)).gates.find(({ state }) => state === 'open'),
        );
        await stand.door.deps.ledger.incidents.setState(id as IncidentId, 'closed');
      };
      await close(incident);
      const [own] = (await stand.deliver('partner', senders['github-partner'].send(42))).json.results;
      assert.equal(own!.outcome, 'started', JSON.stringify(own));
      assert.notEqual(own!.incident, incident);
      assert.equal((await stand.door.view(own!.incident!)).source, 'engine');
      await close(own!.incident!);
      const elsewhere = senders['github-partner'].send(42, 0, partnerAlert(42).replace('repo-42', 'fork-42'));
      const [later] = (await stand.deliver('partner', elsewhere)).json.results;
      assert.deepEqual([later!.outcome, later!.incident], ['after-close', own!.incident]); // that one was about it
    });

    it('are offered up to a number; one too many is said by code, sealed nowhere, and starts a run by itself', async () => {
      const { incident = '' } = (await stand.deliver('partner', tokensOf('six', 43))).json.results[0]!;
      await stand.door.test.raw.query('update incidents set found = $2 where id = $1', [incident, OFFERS_MAX]);
      const [joined] = (await stand.deliver('partner', tokensOf('six', 44))).json.results;
      assert.deepEqual([joined!.outcome, joined!.incident, joined!.code], ['joined', incident, 'DETECTOR_OFFERS_FULL']);
      assert.deepEqual(await sealedIn(incident), []);
      const alone = (await stand.deliver('partner', senders['github-partner'].send(44))).json.results[0]!;
      assert.equal(alone.outcome, 'started', JSON.stringify(alone));
    });

    it('are numbered without a gap when many come at once', async () => {
      const { incident = '' } = (await stand.deliver('partner', tokensOf('four', 31))).json.results[0]!;
      const numbers = Array.from({ length: 20 }, (_, n) => 400 + n);
      await Promise.all(numbers.map((n) => stand.deliver('partner', tokensOf('four', n))));
      await until('the fact', async () => ((await factOf(incident, 'credentialsOffered')) === 20 ? true : undefined));
      assert.deepEqual([...(await sealedIn(incident))].sort(), numbers.map(tokenOf).sort());
    });
  });

  describe("a person's start", () => {
    const start = (value: string, key: string, more: object = {}) =>
      stand.door.post(
        '',
        'dana',
        { playbook: 'leaked-token', credentials: [{ value }], ...more },
        { 'idempotency-key': key },
      );

    it('is refused, by the name of the incident, where an open one is about the credential', async () => {
      const { incident = '' } = (await stand.deliver('partner', senders['github-partner'].send(50))).json.results[0]!;
      const before = await stand.opened();
      const refused = await start(tokenOf(50), 's1');
      assert.deepEqual([refused.status, refused.json.code], [409, 'INCIDENT_OPEN_ALREADY']);
      assert.match(refused.text, new RegExp(incident));
      assert.ok(!refused.text.includes(tokenOf(50)));
      assert.equal(await stand.opened(), before);
      assert.equal((await start(tokenOf(50), 's2', { mode: 'drill' })).status, 201); // a drill is another run
    });

    it('is answered like the first where it is repeated, and refused where somebody else was first', async () => {
      const first = await start(tokenOf(51), 's3');
      assert.equal(first.status, 201, first.text);
      const { incident } = first.json as Started;
      const again = await start(tokenOf(51), 's3');
      assert.deepEqual([again.status, (again.json as Started).incident], [200, incident]);
      assert.equal((await start(tokenOf(51), 's4')).json.code, 'INCIDENT_OPEN_ALREADY');
      const { json } = await stand.deliver('partner', senders['github-partner'].send(51));
      assert.deepEqual([json.results[0]!.outcome, json.results[0]!.incident], ['joined', incident]);
    });

    it('is one run when people and a detector come at the same moment', async () => {
      const before = await stand.opened();
      const [detected, ...started] = await Promise.all([
        stand.deliver('partner', senders['github-partner'].send(52)),
        ...[0, 1, 2, 3].map((n) => start(tokenOf(52), `s5-${n}`)),
      ]);
      assert.equal((await stand.opened()) - before, 1);
      const { rows } = await stand.door.test.raw.query<{ id: string }>(
        'select id from incidents order by number desc limit 1',
      );
      assert.equal(detected.json.results[0]!.incident, rows[0]!.id);
      const codes = started.map(({ status, json }) => json.code ?? String(status));
      assert.ok(
        codes.every((code) => ['INCIDENT_OPEN_ALREADY', '201'].includes(code)),
        codes.join(),
      );
    });

    it('may be about a credential again once its incident is closed', async () => {
      const { incident } = (await start(tokenOf(53), 's6')).json as Started;
      await stand.door.deps.ledger.incidents.setState(incident, 'closed');
      assert.equal((await start(tokenOf(53), 's7')).status, 201);
    });
  });

  describe('what is held', () => {
    const held = async (n: number, name: string): Promise<string> => {
      const { json } = await stand.deliver('own', campaign(n, name, { severity: 'critical' }));
      assert.equal(json.results[0]!.outcome, 'held', JSON.stringify(json));
      return json.results[0]!.incident!;
    };
    const dismiss = (incident: string, as: string, key: string) =>
      stand.door.post(`/${incident}/dismiss`, as, { reason: 'a test of ours' }, { 'idempotency-key': key });

    it('is dismissed by a commander, on record, and never runs; later alerts say so', async () => {
      const incident = await held(60, 'nothing');
      assert.equal((await dismiss(incident, 'detector', 'd0')).status, 403);
      assert.equal((await dismiss(incident, 'dana', 'd1')).status, 403); // a responder
      const done = await dismiss(incident, 'casey', 'd2');
      assert.deepEqual([done.status, done.json], [200, { incident, dismissed: true }]);
      assert.equal((await dismiss(incident, 'casey', 'd2')).status, 200);
      assert.equal((await dismiss(incident, 'noor', 'd3')).json.code, 'INCIDENT_NOT_HELD');
      const view = await stand.door.view(incident);
      assert.deepEqual([view.state, view.source], ['dismissed', 'ledger']);
      const records = await stand.door.deps.ledger.journal.read(incident as IncidentId, { limit: 10 });
      const record = records.find(({ key }) => key === 'detector.dismissed');
      assert.deepEqual([record?.actor, record?.body], ['casey', { dismissed: true, reason: 'a test of ours' }]);
      const later = await stand.deliver('own', campaign(61, 'nothing', { severity: 'low' }));
      assert.deepEqual(
        [later.status, later.json.results[0]],
        [202, { event: 'alert-61', mode: 'live', outcome: 'dismissed', incident }],
      );
    });

    it('is released or dismissed, never both', async () => {
      const incident = await held(62, 'either');
      const release = stand.door.post(`/${incident}/release`, 'casey', { reason: 'real' }, { 'idempotency-key': 'r' });
      const answers = await Promise.all([release, dismiss(incident, 'noor', 'd4')]);
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409]);
      const wasReleased = answers[0].status === 200;
      const { source, state } = await stand.door.view(incident);
      assert.deepEqual([source, state === 'dismissed'], [wasReleased ? 'engine' : 'ledger', !wasReleased]);
    });

    it('is not what ran already when a graver alert came between its start and its note', async () => {
      const { alerts } = stand.door.deps.ledger;
      const { bind } = alerts;
      let graver: Promise<unknown> | undefined;
      alerts.bind = async (key, incident, told) => {
        graver ??= alerts.hear(key, 'own', true); // as another gateway hears it
        await graver;
        return bind(key, incident, told);
      };
      const first = await stand.deliver('own', campaign(66, 'raced'));
      alerts.bind = bind;
      const { incident = '', outcome } = first.json.results[0]!;
      assert.deepEqual([outcome, graver === undefined], ['started', false]);
      const later = await stand.deliver('own', campaign(67, 'raced', { severity: 'critical' }));
      assert.deepEqual([later.json.results[0]!.outcome, later.json.results[0]!.incident], ['joined', incident]);
      assert.equal((await dismiss(incident, 'casey', 'd6')).json.code, 'INCIDENT_NOT_HELD');
      assert.notEqual((await stand.door.view(incident)).state, 'dismissed');
    });

    it('is not set going by a small alert that another gateway heard before the grave one', async () => {
      const { deps } = stand.door;
      const { alerts } = deps.ledger;
      const { hear } = alerts;
      const small = campaign(68, 'overtaken', { severity: 'low' });
      let grave: Promise<string> | undefined;
      alerts.hear = async (...asked) => {
        alerts.hear = hear;
        const leak = await hear(...asked);
        grave = held(69, 'overtaken'); // opens its incident before this one goes on
        await grave;
        return leak;
      };
      const other = createServer(deps);
      const headers = { ...small.headers, 'content-type': 'application/json' };
      const answer = await other.inject({ method: 'POST', url: '/v1/detectors/own', payload: small.body, headers });
      await other.close();
      const incident = await grave!;
      const [result] = answer.json<DeliveryAnswer>().results;
      assert.deepEqual([result?.outcome, result?.incident], ['held', incident]);
      assert.equal((await stand.door.view(incident)).source, 'ledger');
      assert.equal((await dismiss(incident, 'casey', 'd7')).status, 200);
    });

    it('is nothing that runs: a running incident is not dismissed', async () => {
      const { incident = '' } = (await stand.deliver('own', campaign(63, 'runs'))).json.results[0]!;
      assert.equal((await dismiss(incident, 'casey', 'd5')).json.code, 'INCIDENT_NOT_HELD');
    });
  });
});
