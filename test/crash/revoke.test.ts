import assert from 'node:assert/strict';
import { Issuer } from '../../demo/world/issuer.ts';
import { TEST_KEY, openTestLedger } from '../integration/ledger/open-test-ledger.ts';
import { credentialRow } from '../support/credential-row.ts';
import { cutPoints, runCell, startAttempt, untilStopped } from './cell.ts';
import { inventStory } from '../../demo/world/story.ts';
import { openPermit, pageCall } from '../support/page-calls.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { serveWorld } from '../../demo/world/http-server.ts';
import type { RevokeSetting } from './revoke-attempt.ts';
import type { StoryToken } from '../../demo/world/story.ts';
import type { TestLedger } from '../integration/ledger/open-test-ledger.ts';

const PROGRAM = new URL('./revoke-attempt.ts', import.meta.url);
const TARGETS = 950; // ten batches for eight slots: slots come around
const BATCH = 100;
const SLOTS = 8; // two a connection: one on its way, one that waits for it or for the disk
const HEARTBEAT_TIMEOUT_MS = 1_500; // the shortest in use; a claim is fresh for less than that

/** The outside world of one cell, judged by its own record alone. */
interface Outside {
  readonly issuer: Issuer;
  readonly targets: readonly StoryToken[];
  readonly others: readonly StoryToken[];
  readonly setting: RevokeSetting;
  close(): Promise<void>;
}

describe('revoke under fire', function () {
  this.timeout(90_000);
  let house: TestLedger;
  let visit = 0;
  let outside: Outside | undefined;

  before(async () => {
    house = await openTestLedger();
  });

  after(async () => {
    await house.close();
  });

  afterEach(async () => {
    await outside?.close(); // also after a failure, so that the run can end
    outside = undefined;
  });

  async function setUp(): Promise<Outside> {
    visit += 1;
    const story = inventStory({ tokens: TARGETS + 10, people: 10, seed: visit });
    const [targets, others] = [story.tokens.slice(0, TARGETS), story.tokens.slice(TARGETS)];
    const issuer = new Issuer(story, { read: 'read-key', act: 'act-key' });
    const server = await serveWorld([(request) => issuer.serve(request)], 0);
    const { incident, ledger, url } = house;
    const rows = targets.map(({ id, value }) => {
      const { subject, attributes } = credentialRow(ledger.incidents.fingerprint(value), id);
      return { subject, attributes, sealed: { value } };
    });
    const refs = await ledger.datasets.write(
      { incident, step: 'scope', visit },
      { dataset: { kind: 'credentials', rows } },
    );
    const call = pageCall('credentials.revoke', refs['dataset']!, { incident, visit });
    await openPermit(ledger, call);
    const setting = { database: url, key: TEST_KEY.toString('base64'), issuer: server.url, call };
    outside = { issuer, targets, others, setting, close: () => server.close() };
    return outside;
  }

  /** I1: every target is dead. I2: nothing else is. Repeats: only what a dying process had in flight, once. */
  function check({ issuer, targets, others }: Outside): void {
    assert.deepEqual(
      targets.filter((token) => issuer.isActive(token)).map(({ id }) => id),
      [],
    );
    assert.ok(others.every((token) => issuer.isActive(token)));
    const asked = targets.map(({ id }) => issuer.revokeAsked.get(id) ?? 0);
    assert.ok(Math.max(...asked) <= 2, 'nothing is asked a third time');
    assert.ok(asked.filter((times) => times === 2).length <= BATCH * SLOTS, 'only what was claimed is asked again');
  }

  for (const point of cutPoints) {
    for (const pass of point === 'settled-not-reported' ? [1] : [1, 5]) {
      it(`loses nothing and kills nothing else when it dies at ${point}, pass ${pass}`, async () => {
        const world = await setUp();
        const result = await runCell(PROGRAM, world.setting, `${point}:${pass}`);
        assert.deepEqual(result.counts, { accepted: TARGETS });
        check(world);
      });
    }
  }

  it('sends nothing from an attempt that was stopped, overtaken and continued', async () => {
    const { setting, issuer, targets } = await setUp();
    const old = startAttempt(PROGRAM, { epoch: 1, setting }, 'after-claim:1:SIGSTOP');
    await untilStopped(old);
    await sleep(HEARTBEAT_TIMEOUT_MS); // the server starts another attempt no sooner
    const overtaking = await startAttempt(PROGRAM, { epoch: 2, setting }).ended;
    assert.deepEqual(overtaking.result?.counts, { accepted: TARGETS });
    const calls = issuer.calls['POST /api/tokens/revoke'];
    old.child.kill('SIGCONT');
    const { result, complaint } = await old.ended;
    assert.equal(result, undefined);
    assert.match(complaint, /LEASE_LOST/);
    assert.equal(issuer.calls['POST /api/tokens/revoke'], calls);
    assert.ok(targets.every(({ id }) => issuer.revokeAsked.get(id) === 1));
  });

  it('keeps a journal that verifies, with an opening and a summary of every page', async () => {
    const { incident, ledger } = house;
    await ledger.journal.verify(incident);
    const records = await ledger.journal.read(incident, { limit: 1_000 });
    const count = (kind: string): number => records.filter((record) => record.kind === kind).length;
    assert.ok(count('page.closed') > 0);
    assert.ok(count('page.opened') >= count('page.closed'));
  });
});
