import assert from 'node:assert/strict';
import { actionCall, credentialRows, testIncident } from '../../../support/page-calls.ts';
import { bench, memoryIssuer } from './bench.ts';
import { hintOf } from '../../../../activities/credentials/port.ts';
import { importCredentials } from '../../../../activities/credentials/actions/import.ts';
import { listCredentials } from '../../../../activities/credentials/actions/list.ts';
import type { ActionCall, ActionResult } from '../../../../contracts/effects.ts';
import type { CredentialSource, FoundCredential } from '../../../../activities/credentials/port.ts';
import type { DatasetRef, DatasetRow } from '../../../../contracts/dataset.ts';
import type { JsonObject } from '../../../../contracts/json.ts';
import type { MemoryLedger } from '../../../support/memory-ledger.ts';

const value = (name: string): string => ['fb', name.padEnd(34, 'x')].join('_');

function found(name: string, changes: Partial<FoundCredential> = {}): FoundCredential {
  return {
    issuer: 'own',
    kind: 'unknown',
    name,
    hint: hintOf(value(name)),
    issuerId: '',
    scopes: [],
    misused: false,
    ownerId: 'person-1',
    store: 'spaces',
    value: value(name),
    ...changes,
  };
}

function sourceOf(credentials: readonly FoundCredential[], asked: JsonObject[] = []): CredentialSource {
  return {
    list: async function* (where) {
      asked.push(where);
      yield* credentials;
    },
    close: () => Promise.resolve(),
  };
}

const identifying = memoryIssuer({
  identify: async (values) =>
    values.map((shown) =>
      shown === value('gone')
        ? undefined
        : { issuerId: `id-${shown.slice(3, 6)}`, kind: 'write', ownerId: '', scopes: ['write'], misused: true },
    ),
});

async function list(given: JsonObject, credentials: readonly FoundCredential[], asked: JsonObject[] = []) {
  const house = bench({ own: identifying });
  const options = { ...house, sources: new Map([['store', sourceOf(credentials, asked)]]) };
  const call = actionCall('credentials.list', { with: given });
  return { house, options, call, result: await listCredentials(call, options) };
}

async function rowsOf(ledger: MemoryLedger, result: ActionResult, part: string): Promise<readonly DatasetRow[]> {
  const dataset = result.outputs[part] as unknown as DatasetRef;
  return ledger.datasets.read(testIncident, dataset, { from: 0, to: dataset.count, open: true });
}

describe('listCredentials', () => {
  it('takes a listing that people gave where no dataset exists yet', async () => {
    const asked: JsonObject[] = [];
    const from = { source: 'store', where: { store: 'builds' } };
    const { house, result } = await list({ from, split: { rest2: 'false' } }, [found('abc')], asked);
    assert.deepEqual(asked, [{ store: 'builds' }]);
    assert.equal((await rowsOf(house.ledger, result, 'dataset')).length, 1);
    assert.deepEqual(result.facts, { affectedCredentials: 1 });
  });

  it('counts what is in scope over all rounds, each credential once', async () => {
    const { options, call } = await list({ from: 'store' }, [found('abc'), found('def')]);
    const sources = new Map([['store', sourceOf([found('def'), found('ghi')])]]);
    const again = { ...call, step: 'round/2/store' as ActionCall['step'] };
    const { facts } = await listCredentials(again, { ...options, sources });
    assert.deepEqual(facts, { affectedCredentials: 3 });
  });

  it('takes a source into a dataset, own ones identified, each by its fingerprint', async () => {
    const asked: JsonObject[] = [];
    const { house, result } = await list({ from: 'store', where: { store: 'spaces' } }, [found('abc')], asked);
    const [row] = await rowsOf(house.ledger, result, 'dataset');
    assert.deepEqual(asked, [{ store: 'spaces' }]);
    assert.equal(row?.subject, house.ledger.incidents.fingerprint(value('abc')));
    assert.deepEqual(row.sealed, { value: value('abc') });
    assert.deepEqual(row.attributes, {
      issuer: 'own',
      kind: 'write',
      name: 'abc',
      hint: 'fb_...xxxx',
      issuerId: 'id-abc',
      scopes: ['write'],
      misused: true,
      owner: await house.ledger.incidents.personSubject(testIncident, 'person-1'),
      store: 'spaces',
    });
    assert.deepEqual(result.facts, { affectedCredentials: 1 });
  });

  it('names an owner by a pseudonym only, which the register of the incident leads back from', async () => {
    const { house, result } = await list({ from: 'store' }, [found('abc'), found('def', { ownerId: '' })]);
    const rows = await rowsOf(house.ledger, result, 'dataset');
    assert.doesNotMatch(JSON.stringify([rows, result, house.ledger.records]), /person-1/);
    const owners = rows.map(({ attributes }) => attributes['owner'] as string);
    assert.ok(owners.includes(''));
    assert.deepEqual([...(await house.ledger.people.idsOf(testIncident, owners)).values()], ['person-1']);
  });

  it('keeps raw values out of attributes, outputs and journal', async () => {
    const { house, result } = await list({ from: 'store' }, [found('abc')]);
    const [row] = await rowsOf(house.ledger, result, 'dataset');
    assert.ok(!JSON.stringify([row?.attributes, result, house.ledger.records]).includes(value('abc')));
  });

  it('counts a credential once that lies in the store twice', async () => {
    const { result } = await list({ from: 'store' }, [found('abc'), found('abc', { name: 'COPY' })]);
    assert.equal(result.outputs['count'], 1);
  });

  it('leaves foreign ones, and ones their issuer does not know, as the source says', async () => {
    const { house, result } = await list({ from: 'store' }, [found('gone'), found('git', { issuer: 'github' })]);
    const rows = await rowsOf(house.ledger, result, 'dataset');
    assert.deepEqual(
      rows.map(({ attributes }) => attributes['kind']),
      ['unknown', 'unknown'],
    );
  });

  it('sorts into parts, first match wins, the others are rest', async () => {
    const credentials = [found('abc'), found('git', { issuer: 'github' }), found('gone')];
    const split = { foreign: "${{ item.issuer != 'own' }}", service: "${{ item.kind == 'write' }}" };
    const { house, result } = await list({ from: 'store', split }, credentials);
    const names = async (part: string): Promise<unknown[]> =>
      (await rowsOf(house.ledger, result, part)).map(({ attributes }) => attributes['name']);
    assert.deepEqual(
      [await names('foreign'), await names('service'), await names('rest')],
      [['git'], ['abc'], ['gone']],
    );
    assert.equal(result.outputs['count'], 3);
  });

  it('sorts a dataset of an earlier step, raw values with it, and sets no fact', async () => {
    const house = bench({ own: identifying });
    const whole = await house.ledger.dataset(credentialRows(3));
    const split = [{ part: 'some', when: { $cel: "item.issuerId == 't-1'" } }];
    const call = actionCall('credentials.list', { with: { from: whole as unknown as JsonObject, split } });
    const result = await listCredentials(call, { ...house, sources: new Map() });
    const [row] = await rowsOf(house.ledger, result, 'some');
    assert.equal(row?.subject, 'subject-00001');
    assert.deepEqual(row.sealed, credentialRows(3)[1]?.sealed);
    assert.deepEqual([result.outputs['dataset'], result.facts], [whole, undefined]);
  });

  it('asks to be counted again until the source holds as many as expected, and writes nothing before', async () => {
    const given = { from: 'store', expectCount: 0 };
    await assert.rejects(list(given, [found('abc')]), { code: 'CREDENTIALS_REMAIN' });
    assert.equal((await list(given, [])).result.outputs['count'], 0);
  });

  for (const source of ["item.nothing == 'x'", 'item.kind', '1 +']) {
    it(`refuses the sorting expression ${source}`, async () => {
      const given = { from: 'store', split: { part: source } };
      await assert.rejects(list(given, [found('abc')]), { code: 'CREDENTIALS_SPLIT_INVALID' });
    });
  }

  it('refuses a source that is not configured, and names those that are', async () => {
    await assert.rejects(list({ from: 'nowhere' }, []), { code: 'CREDENTIALS_SOURCE_UNKNOWN', message: /store/ });
  });

  it('returns the same datasets to a repeat', async () => {
    const { options, call, result } = await list({ from: 'store' }, [found('abc')]);
    assert.deepEqual((await listCredentials(call, options)).outputs, result.outputs);
  });
});

describe('importCredentials', () => {
  /** What the door does with credentials that come with the start of an incident. */
  async function upload(sealed: readonly JsonObject[]): Promise<ActionResult & { ledger: MemoryLedger }> {
    const house = bench({ own: identifying });
    const rows = sealed.map((part, index) => ({ subject: `row ${index}`, attributes: {}, sealed: part }));
    const owner = { incident: testIncident, step: 'upload-1', visit: 1 };
    await house.ledger.datasets.write(owner, { dataset: { kind: 'credentials', rows } });
    const call: ActionCall = actionCall('credentials.import', { with: { upload: 'upload-1' } });
    return { ...(await importCredentials(call, { ...house, sources: new Map() })), ledger: house.ledger };
  }

  it('takes each uploaded credential, identified at its issuer', async () => {
    const { ledger, ...result } = await upload([{ value: value('abc'), owner: 'person-9' }]);
    const [row] = await rowsOf(ledger, result, 'dataset');
    const owner = row?.attributes['owner'] as string;
    assert.deepEqual(await ledger.people.idsOf(testIncident, [owner]), new Map([[owner, 'person-9']]));
    assert.equal(row?.attributes['issuerId'], 'id-abc');
    assert.equal(row.subject, ledger.incidents.fingerprint(value('abc')));
  });

  it('names the row that is no credential, never its content', async () => {
    const secret = value('secret');
    await assert.rejects(upload([{ value: 'a' }, { valeu: secret }]), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'CREDENTIALS_UPLOAD_INVALID');
      assert.match(error.message, /credential 2/);
      assert.ok(!error.message.includes(secret));
      return true;
    });
  });

  it('refuses an upload that the incident does not have', async () => {
    const call = actionCall('credentials.import', { with: { upload: 'none' } });
    const options = { ...bench({ own: identifying }), sources: new Map() };
    await assert.rejects(importCredentials(call, options), { code: 'CREDENTIALS_UPLOAD_UNKNOWN' });
  });
});

describe('hintOf', () => {
  it('shows prefix and last four of a long value, and nothing of a short one', () => {
    assert.equal(hintOf(['hf', 'a'.repeat(30) + 'c3f9'].join('_')), 'hf_...c3f9');
    assert.equal(hintOf('hunter2'), '...');
  });
});
