import assert from 'node:assert/strict';
import { Issuer } from '../../../demo/world/issuer.ts';
import { contextOf, targetsOf } from '../../../activities/conformance.ts';
import { credentialRow } from '../../support/credential-row.ts';
import { httpFaults, spoilHttp } from '../../support/http-bench.ts';
import { httpIssuer } from '../../../activities/credentials/connectors/http-issuer.ts';
import { inventStory } from '../../../demo/world/story.ts';
import { joinCases } from './join-cases.ts';
import { serveWorld } from '../../../demo/world/http-server.ts';
import { text } from '../../../activities/credentials/connectors/answers.ts';
import { startFaultProxy } from '../../support/fault-proxy.ts';
import type { CredentialBench } from '../../../activities/credentials/connectors/cases.ts';
import type { CredentialIssuer } from '../../../activities/credentials/port.ts';
import type { FaultProxy } from '../../support/fault-proxy.ts';

const keys = { read: 'read-key', act: 'act-key' };

describe('http-issuer', () => {
  const story = inventStory({ tokens: 200, people: 20, seed: 7 });
  const world = new Issuer(story, keys);
  let server: Awaited<ReturnType<typeof serveWorld>>;
  let proxy: FaultProxy;
  let issuer: CredentialIssuer;
  let bench: CredentialBench;
  let next = 0;

  before(async () => {
    server = await serveWorld([(request) => world.serve(request)], 0);
    proxy = await startFaultProxy(server.url);
    const config = { use: 'http-issuer', url: proxy.url, read: 'env:READ', act: 'env:ACT', timeoutMs: 400 };
    issuer = httpIssuer.createIssuer!(config, (name) => (name === 'env:READ' ? keys.read : keys.act));
    bench = {
      issuer,
      make: async (count) =>
        story.tokens.slice(next, (next += count)).map(({ id, value }) => credentialRow(`subject of ${id}`, id, value)),
      makeUnknown: async () => credentialRow('subject of nothing', 'tok-nothing'),
      isAlive: async (row) => world.isActive(story.tokens.find(({ id }) => id === row.attributes['issuerId'])!),
      faults: httpFaults,
      spoilNext: (fault) => spoilHttp(proxy, fault, '/revoke'),
      repair: () => proxy.resume(),
    };
  });

  after(async () => {
    await issuer.close();
    await proxy.close();
    await server.close();
  });

  joinCases(() => bench, httpFaults);

  it('identifies values by what the issuer knows of them', async () => {
    const token = story.tokens[0]!;
    const [known, unknown] = await issuer.identify!([token.value, 'nothing']);
    assert.deepEqual(known, {
      issuerId: token.id,
      kind: token.kind,
      ownerId: token.owner,
      scopes: token.scopes,
      misused: token.misused,
    });
    assert.equal(unknown, undefined);
  });

  it('reads activity with the reading key', async () => {
    const token = story.tokens[0]!;
    const activity = await issuer.activity!([token.id, 'tok-nothing']);
    assert.deepEqual(activity.get(token.id)?.clients, token.clients);
    assert.equal(activity.has('tok-nothing'), false);
  });

  it('issues one replacement for a key however often it is asked', async () => {
    const { issue } = issuer.rotation!;
    const rows = await bench.make(1);
    const before = world.replacements.issued;
    const [first] = await issue.apply(targetsOf(rows), contextOf(issue));
    const [second] = await issue.apply(targetsOf(rows), contextOf(issue));
    assert.equal(first?.receipt['replacement'], second?.receipt['replacement']);
    assert.equal(world.replacements.issued, before + 1);
    assert.ok(!JSON.stringify([first, second]).includes('token'));
  });

  it('hands a replacement over and sees when its owner confirmed', async () => {
    const { issue, handOver, confirmed } = issuer.rotation!;
    const [row] = await bench.make(1);
    const [issued] = await issue.apply(targetsOf([row!]), contextOf(issue));
    const replacement = text(issued?.receipt['replacement']);
    const withId = { ...row!, attributes: { ...row!.attributes, replacement } };
    const [handed] = await handOver.apply(targetsOf([withId]), contextOf(handOver));
    assert.equal(handed?.state, 'accepted');
    assert.deepEqual(await confirmed([replacement]), new Set());
    world.replacements.confirmDue(0);
    assert.deepEqual(await confirmed([replacement]), new Set([replacement]));
  });

  it('lists living tokens page by page', async () => {
    const source = httpIssuer.createSource!(
      { use: 'http-issuer', url: server.url, read: 'env:READ' },
      () => keys.read,
      'x',
    );
    const found = [];
    for await (const credential of source.list({ kind: 'service' })) found.push(credential.issuerId);
    await source.close();
    const services = story.tokens.filter((token) => token.kind === 'service' && world.isActive(token));
    assert.deepEqual(found.sort(), services.map(({ id }) => id).sort());
  });
});
