import assert from 'node:assert/strict';
import { START_UPLOAD } from '../../../contracts/api.ts';
import { incidentWorkflowId } from '../../../contracts/ids.ts';
import { DoorStand, freshSecret, startBody } from './door-stand.ts';

describe('startIncident', function () {
  this.timeout(60_000);
  let door: DoorStand;

  before(async () => {
    door = await DoorStand.open();
  });

  after(() => door.close());

  describe('POST /v1/incidents', () => {
    it('starts a workflow, and joins it when the same is asked again', async () => {
      const key = { 'idempotency-key': 'alert-1' };
      const start = startBody();
      const first = await door.post('', 'dana', start, key);
      const second = await door.post('', 'dana', start, key);
      assert.deepEqual([first.status, second.status], [201, 200]);
      assert.deepEqual(second.json, { ...first.json, joined: true });
      const { source, playbook, planHash, requester } = await door.view(first.json.incident!);
      assert.deepEqual(
        { source, playbook, planHash, requester },
        { source: 'engine', playbook: 'leaked-token', planHash: first.json.planHash, requester: 'dana' },
      );
    });

    it('makes one incident of twenty deliveries of one alert', async () => {
      const key = { 'idempotency-key': 'alert-20' };
      const start = startBody();
      const answers = await Promise.all(Array.from({ length: 20 }, () => door.post('', 'dana', start, key)));
      assert.equal(new Set(answers.map(({ json }) => json.incident)).size, 1);
      assert.equal(answers.filter(({ status }) => status === 201).length, 1);
    });

    it('refuses the key for anything else, another token included', async () => {
      const key = { 'idempotency-key': 'alert-2' };
      const start = startBody();
      await door.post('', 'dana', start, key);
      for (const other of [
        { ...start, mode: 'drill' },
        { ...start, credentials: [{ value: freshSecret(), name: 'DEPLOY_KEY' }] },
        { ...start, roles: { commander: ['noor'] } },
      ]) {
        const { status, json } = await door.post('', 'dana', other, key);
        assert.deepEqual([status, json.code], [409, 'INCIDENT_KEY_REUSED']);
      }
    });

    it('keeps the token out of everything but a sealed row that the door cannot open', async () => {
      const secret = freshSecret();
      const start = startBody(secret);
      const { incident } = await door.started('dana', start);
      await door.openGate(incident);
      const history = await door.engine.client.workflow.getHandle(incidentWorkflowId(incident)).fetchHistory();
      const tables = await door.test.raw.query<{ name: string }>(
        "select table_name as name from information_schema.tables where table_schema = 'public'",
      );
      const rows: unknown[] = [];
      for (const { name } of tables.rows)
        rows.push((await door.test.raw.query<{ t: string }>(`select t::text from "${name}" t`)).rows);
      const everything = `${JSON.stringify(history)} ${JSON.stringify(rows)}`;
      assert.ok(!everything.includes(secret));
      assert.ok(!everything.includes(Buffer.from(secret).toString('base64').slice(4, -4)));
      assert.ok(!everything.includes(Buffer.from(secret).toString('hex')));
      const entries = await door.deps.ledger.inventory.datasets(incident);
      const sealed = entries.find(({ step }) => step === START_UPLOAD);
      await assert.rejects(door.deps.ledger.datasets.read(incident, sealed!, { from: 0, to: 1, open: true }), {
        code: 'LEDGER_KEY_WITHHELD',
      });
      const opened = await door.test.ledger.datasets.read(incident, sealed!, { from: 0, to: 1, open: true });
      assert.deepEqual(opened[0]!.sealed, start.credentials[0]);
    });

    const start = startBody();
    const refusals: readonly (readonly [string, string, object, number, string])[] = [
      ['a playbook that is not there', 'dana', { playbook: 'weather' }, 404, 'PLAYBOOK_UNKNOWN'],
      [
        'a role that the playbook does not have',
        'dana',
        { ...start, roles: { pilot: ['casey'] } },
        422,
        'GATEWAY_ROLE_UNKNOWN',
      ],
      [
        'a person who is not listed',
        'dana',
        { ...start, roles: { commander: ['zoe'] } },
        422,
        'GATEWAY_PERSON_UNKNOWN',
      ],
      [
        'a person who does not hold the role',
        'dana',
        { ...start, roles: { commander: ['olive'] } },
        422,
        'GATEWAY_ROLE_NOT_HELD',
      ],
      ['nobody for a required role', 'dana', { ...start, roles: { commander: [] } }, 422, 'GATEWAY_ROLE_UNBOUND'],
      [
        'an input that nobody declared',
        'dana',
        { ...start, inputs: { colour: 'red' } },
        422,
        'PLAYBOOK_INPUTS_INVALID',
      ],
      [
        'an input of another type',
        'dana',
        { ...start, inputs: { detected: 'monday' } },
        422,
        'PLAYBOOK_INPUTS_INVALID',
      ],
      ['no token for the playbook of one', 'dana', { playbook: 'leaked-token' }, 422, 'GATEWAY_CREDENTIALS_MISSING'],
      ['a token without a value', 'dana', { ...start, credentials: [{ name: 'x' }] }, 422, 'GATEWAY_BODY_INVALID'],
      [
        'tokens for a playbook that takes none',
        'dana',
        { ...start, playbook: 'exposed-secrets', inputs: { store: 'ci' } },
        422,
        'GATEWAY_CREDENTIALS_UNWANTED',
      ],
      ['a machine a playbook that is not its own', 'detector', start, 403, 'GATEWAY_FORBIDDEN'],
      [
        'a machine a mode that is not its own',
        'detector',
        { playbook: 'exposed-secrets', inputs: { store: 'ci' } },
        403,
        'GATEWAY_FORBIDDEN',
      ],
    ];
    for (const [what, as, body, status, code] of refusals) {
      it(`refuses ${what}, and opens nothing`, async () => {
        const before = await door.deps.ledger.incidents.list({ limit: 100 });
        const answer = await door.post('', as, body);
        assert.equal(answer.json.code, code, answer.text);
        assert.equal(answer.status, status);
        assert.deepEqual(await door.deps.ledger.incidents.list({ limit: 100 }), before);
      });
    }
  });
});
