import assert from 'node:assert/strict';
import { Issuer } from '../../../demo/world/issuer.ts';
import { actionCall, attempt, openPermit, pageCall } from '../../support/page-calls.ts';
import { actAtIssuers } from '../../../activities/credentials/actions/act-at-issuers.ts';
import { createStore } from '../../../demo/world/store-and-directory.ts';
import { failedWithout } from '../../../activities/credentials/actions/without-connector.ts';
import { httpStore } from '../../../activities/credentials/connectors/http-store.ts';
import { httpIssuer } from '../../../activities/credentials/connectors/http-issuer.ts';
import { inventStory } from '../../../demo/world/story.ts';
import { Issuers } from '../../../activities/credentials/issuers.ts';
import { openTestLedger } from '../../integration/ledger/open-test-ledger.ts';
import { listCredentials } from '../../../activities/credentials/actions/list.ts';
import { previewOf } from '../../../activities/credentials/actions/preview.ts';
import { snapshotEvidence } from '../../../activities/credentials/actions/activity.ts';
import { rotatePage } from '../../../activities/credentials/actions/rotate.ts';
import { serveWorld } from '../../../demo/world/http-server.ts';
import { text } from '../../../activities/credentials/connectors/answers.ts';
import { verifyPage } from '../../../activities/credentials/actions/verify.ts';
import type { ActionCall, ActionResult, PageCall, PageResult } from '../../../contracts/effects.ts';
import type { DatasetRef } from '../../../contracts/dataset.ts';
import type { JsonObject } from '../../../contracts/json.ts';
import type { ListOptions } from '../../../activities/credentials/actions/list.ts';
import type { StepId } from '../../../contracts/ids.ts';
import type { TestLedger } from '../../integration/ledger/open-test-ledger.ts';

const secrets: Readonly<Record<string, string>> = {
  'env:READ': 'read-key',
  'env:ACT': 'act-key',
  'env:STORE': 'store-key',
};

/** The actions in the order of the library's playbook, on a real ledger and the demo's outside world. */
describe('the credentials of the story', function () {
  this.timeout(60_000);
  const story = inventStory({ tokens: 1_200, people: 100, seed: 3 });
  const world = new Issuer(story, { read: 'read-key', act: 'act-key' });
  let house: TestLedger;
  let server: Awaited<ReturnType<typeof serveWorld>>;
  let lists: ListOptions;
  let issuers: Issuers;
  let scope: ActionResult;
  let sorted: ActionResult;

  const reading = (uses: string, step: string, given: JsonObject): ActionCall =>
    actionCall(uses, { incident: house.incident, step: step as StepId, with: given });
  const part = (result: ActionResult, name: string): DatasetRef => result.outputs[name] as unknown as DatasetRef;
  /** Sweeps a page until nothing is left, as a rollout would. */
  const sweep = async (call: PageCall, page: (call: PageCall) => Promise<PageResult>): Promise<PageResult> => {
    await openPermit(house.ledger, call);
    for (;;) {
      const result = await page(call);
      if (result.left === 0) return result;
      await new Promise((resolve) => setTimeout(resolve, result.waitMs)); // what the rollout's timer does
    }
  };
  const pagesOf = (uses: string, step: string, dataset: DatasetRef, given: JsonObject = {}): readonly PageCall[] =>
    Array.from({ length: Math.ceil(dataset.count / 500) }, (_, page) =>
      pageCall(uses, dataset, {
        ...{ incident: house.incident, step: step as StepId, with: given },
        ...{ page, from: page * 500, to: Math.min(dataset.count, (page + 1) * 500) },
      }),
    );

  before(async () => {
    house = await openTestLedger();
    server = await serveWorld([(request) => world.serve(request), createStore(story, 'store-key')], 0);
    const own = { use: 'http-issuer', url: server.url, read: 'env:READ', act: 'env:ACT' };
    const store = { use: 'http-store', url: server.url, token: 'env:STORE' };
    const read = (name: string): string => secrets[name] ?? '';
    issuers = new Issuers(new Map([['own', httpIssuer.createIssuer!(own, read)]]), house.ledger);
    const source = httpStore.createSource!(store, read, 'secrets-store');
    lists = { ledger: house.ledger, issuers, sources: new Map([['secrets-store', source]]) };
  });

  after(async () => {
    await lists.sources.get('secrets-store')?.close();
    await issuers.close();
    await server.close();
    await house.close();
  });

  it('lists the store and sorts what it holds', async () => {
    scope = await listCredentials(
      reading('credentials.list', 'scope', { from: 'secrets-store', where: { store: 'spaces' } }),
      lists,
    );
    assert.equal(scope.outputs['count'], story.tokens.length + story.foreign.length);
    const split = { foreign: "item.issuer != 'own'", service: "item.kind == 'service'" };
    sorted = await listCredentials(
      reading('credentials.list', 'sorted', { from: scope.outputs['dataset']!, split }),
      lists,
    );
    assert.deepEqual(
      [part(sorted, 'foreign').count, part(sorted, 'service').count, part(sorted, 'rest').count],
      [story.foreign.length, 24, 1_200],
    );
  });

  it('takes a snapshot before anything is revoked, and lists what nobody could say', async () => {
    const snapshot = await snapshotEvidence(
      reading('evidence.snapshot', 'preserve', {
        of: scope.outputs['dataset']!,
        include: ['scopes', 'lastUse', 'clients'],
      }),
      { ledger: house.ledger, issuers, now: () => new Date().toISOString() },
    );
    assert.deepEqual([snapshot.outputs['items'], snapshot.outputs['missing']], [1_224, story.foreign.length]);
    const document = await house.ledger.documents.get(house.incident, text(snapshot.outputs['document']));
    const { items } = JSON.parse(Buffer.from(document!.body).toString()) as { items: { clients: string[] }[] };
    assert.ok(items.every(({ clients }) => clients.length > 0));
    assert.ok(!story.tokens.some(({ value }) => Buffer.from(document!.body).includes(value)));
  });

  it('shows at the gate how many of which kind, and who acts', async () => {
    const call = actionCall('credentials.revoke', { incident: house.incident });
    const { variants, notes } = await previewOf(
      house.ledger,
      issuers,
      'revoke',
      ({ revoke }) => revoke,
    )({
      ...call,
      dataset: part(sorted, 'rest'),
    });
    assert.equal(
      variants.reduce((sum, { count }) => sum + count, 0),
      1_200,
    );
    assert.ok(notes.includes('own: cannot be taken back'));
  });

  it('revokes and verifies all of them, and only them', async () => {
    const dataset = part(sorted, 'rest');
    for (const call of pagesOf('credentials.revoke', 'contain', dataset)) {
      const act = { ledger: house.ledger, issuers };
      await sweep(call, (page) =>
        actAtIssuers(page, { ...act, attempt: attempt() }, ({ revoke }) => revoke, failedWithout(issuers)),
      );
    }
    assert.deepEqual(await house.ledger.effects.counts(house.incident, 'credentials.revoke'), { accepted: 1_200 });
    for (const call of pagesOf('credentials.verify', 'prove', dataset)) {
      await sweep(call, (page) => verifyPage(page, { ledger: house.ledger, issuers, attempt: attempt() }));
    }
    assert.deepEqual(await house.ledger.effects.counts(house.incident, 'credentials.revoke'), { verified: 1_200 });
    assert.ok(story.tokens.every((token) => world.isActive(token) === (token.kind === 'service')));
    const [row] = await house.ledger.datasets.read(house.incident, dataset, { from: 0, to: 1, open: true });
    assert.equal(row?.sealed ?? null, null);
  });

  it('rotates the service tokens: none dies before its owner has the new one', async () => {
    const given = { handOver: 'owner', revokeAfter: 'PT4H' };
    const [call] = pagesOf('credentials.rotate', 'services', part(sorted, 'service'), given);
    const owners = setInterval(() => world.replacements.confirmDue(200), 100);
    const result = await sweep(call!, (page) =>
      rotatePage(page, { ledger: house.ledger, issuers, attempt: attempt() }),
    ).finally(() => clearInterval(owners));
    assert.deepEqual(result.counts, { accepted: 24 });
    assert.equal(world.serviceDeadBeforeHandover(), 0);
    assert.equal(world.replacements.issued, 24);
    assert.ok(story.tokens.every((token) => !world.isActive(token)));
  });

  it('writes no raw value into receipts or journal', async () => {
    const subject = house.ledger.incidents.fingerprint(story.tokens[0]!.value);
    const receipts = await house.ledger.effects.receipts(house.incident, 'credentials.revoke', subject);
    assert.deepEqual(
      receipts.map(({ kind }) => kind),
      ['outcome', 'observation'],
    );
    const records = await house.ledger.journal.read(house.incident, { limit: 1_000 });
    const said = JSON.stringify([receipts, records]);
    assert.ok(![...story.tokens, ...story.foreign].some(({ value }) => said.includes(value)));
    await house.ledger.journal.verify(house.incident);
  });
});
