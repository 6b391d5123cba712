import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { childWorkflowId } from '../../../contracts/ids.ts';
import { END_WITHIN_MS, LOOK_EVERY_MS, Stage, isLong } from './stage.ts';
import { MAIL_CONNECTIONS } from '../grid/outside.ts';
import { revocations } from '../grid/acts.ts';
import { seededRandom } from '../../../demo/world/random.ts';
import { skipTime } from './skipped-time.ts';
import type { EffectCounts } from '../../../contracts/effects.ts';
import type { ProviderFault } from '../../faults/provider-faults.ts';

const READERS = 300;
const CROWD = isLong ? 10_000 : 600;
const TOKENS = isLong ? 50_000 : 1_000;
const FAULTY = 0.3;
const STORM: readonly ProviderFault[] = [
  { how: 'rate-limited', retryAfter: 1 },
  { how: 'server-error' },
  { how: 'effect-then-timeout' },
];
const KILLS = isLong ? 25 : 5;
const ROLLING_EVERY_MS = 5_000;
const ROLLING_KILLS_MAX = 20; // on a slow machine a worker is killed before it has done anything
const DATABASE_AWAY_MS = isLong ? 90_000 : 5_000;
const TEMPORAL_AWAY_MS = isLong ? 90_000 : 12_000;
const MAIL_AWAY_MINUTES = isLong ? 120 : 3; // of the workflow's own time
const FEW_READERS = 60; // one a connection is tried again every five seconds of it
const SMALL_PAGE = 10; // what is under way when a server goes is soon done, and then nothing moves

/** Waits until nothing is on its way any more. */
async function settled(counts: () => Promise<EffectCounts>): Promise<void> {
  const deadline = Date.now() + END_WITHIN_MS;
  do await sleep(LOOK_EVERY_MS);
  while (((await counts()).claimed ?? 0) > 0 && Date.now() < deadline);
}

const seed = Number(process.env['FIREBREAK_SEED'] ?? Date.now() % 1_000_000);

describe('a rollout under outages', function () {
  this.timeout(END_WITHIN_MS + 300_000);
  let stage: Stage;

  before(async () => {
    console.log(`      FIREBREAK_SEED=${seed}`);
    stage = await Stage.open(3);
  });
  after(() => stage.close());

  it('loses nobody and tells nobody twice when PostgreSQL is killed and starts again from disk', async () => {
    await stage.tell({ readers: READERS, most: MAIL_CONNECTIONS }, async ({ tag }) => {
      await stage.stack.postgres.kill();
      await sleep(DATABASE_AWAY_MS);
      const before = stage.taken(tag);
      await stage.stack.postgres.restart();
      await stage.resumes(tag, before, 'the database');
    });
  });

  it(`loses nobody and tells nobody twice when Temporal is killed and away for ${TEMPORAL_AWAY_MS / 1_000} s`, async () => {
    await stage.tell({ readers: READERS, most: 0, page: SMALL_PAGE }, async ({ tag }) => {
      await stage.stack.temporal.kill();
      await sleep(TEMPORAL_AWAY_MS);
      const before = stage.taken(tag);
      assert.ok(before < READERS, 'it stood still');
      await stage.stack.temporal.restart();
      await stage.resumes(tag, before, 'Temporal');
    });
  });

  it(`loses nobody and tells nobody twice when the mail server is away for ${MAIL_AWAY_MINUTES} min of workflow time`, async () => {
    const { outside, ledger, postgres } = stage.stack;
    await stage.tell({ readers: FEW_READERS, most: MAIL_CONNECTIONS, page: FEW_READERS }, async ({ tag, incident }) => {
      const session = new pg.Client({ connectionString: postgres.running.url });
      await session.connect();
      outside.loseMail();
      let before = 0;
      try {
        await settled(() => ledger.effects.counts(incident, 'notices.send'));
        before = stage.taken(tag); // what was on its way when the door was shut is counted by now
        assert.ok(before < FEW_READERS, 'it stood still');
        const passedMs = await skipTime(stage.stack.client('default'), childWorkflowId(incident, 'act', 1), {
          forMs: MAIL_AWAY_MINUTES * 60_000,
          withinMs: END_WITHIN_MS,
          // The ledger's clock cannot run ahead: what it put off, and whom, is due as soon as the workflow's wait is over.
          meanwhile: async () => {
            await session.query("update effects set not_before = clock_timestamp() where state = 'planned'");
            await session.query('update buckets set blocked_until = null');
          },
        });
        const held = await ledger.effects.counts(incident, 'notices.send');
        console.log(`      ${(passedMs / 60_000).toFixed(0)} min of the workflow's time, ${JSON.stringify(held)}`);
        const { planned = 0, accepted = 0, unknown = 0, ...others } = held;
        assert.ok(planned > 0 && unknown <= MAIL_CONNECTIONS, 'what was on its way is unknown, no more');
        assert.ok(accepted <= before && before <= accepted + unknown, 'told is who was told before');
        assert.deepEqual(others, {}, 'nobody is given up');
        assert.equal(stage.taken(tag), before, 'nothing went out');
      } finally {
        outside.restoreMail(); // also for the tests that follow
        await session.end();
      }
      await stage.resumes(tag, before, 'the mail server');
    });
  });

  it('loses nobody and tells nobody twice under a rolling restart of three workers', async () => {
    let kills = 0;
    const most = ROLLING_KILLS_MAX * MAIL_CONNECTIONS;
    await stage.tell({ readers: READERS, most }, async ({ isOver }) => {
      for (; !isOver() && kills < ROLLING_KILLS_MAX; kills += 1) {
        await stage.fleet.kill(kills % 3);
        for (let waited = 0; waited < ROLLING_EVERY_MS && !isOver(); waited += LOOK_EVERY_MS)
          await sleep(LOOK_EVERY_MS);
      }
    });
    console.log(`      ${kills} workers killed`);
  });

  it(`leaves at most one unknown a connection and kill: ${CROWD} readers, ${KILLS} kills at random moments`, async () => {
    const random = seededRandom(seed);
    const moments = Array.from({ length: KILLS }, () => Math.floor(random.next() * CROWD * 0.9)).sort((a, b) => a - b);
    await stage.tell({ readers: CROWD, most: KILLS * MAIL_CONNECTIONS }, async ({ tag, isOver }) => {
      for (const [index, moment] of moments.entries()) {
        while (!isOver() && stage.taken(tag) < moment) await sleep(LOOK_EVERY_MS);
        await stage.fleet.kill(index % 3);
      }
    });
  });

  it(`revokes all of ${TOKENS} tokens, and nothing else, while the issuer answers ${100 * FAULTY} % with faults`, async () => {
    const random = seededRandom(seed);
    const { provider } = stage.stack.outside;
    let faults = 0;
    provider.misbehave(() => {
      if (random.next() >= FAULTY) return undefined;
      faults += 1;
      return random.pick(STORM);
    });
    try {
      const { unknown } = await stage.play(revocations(TOKENS), () => Promise.resolve());
      assert.equal(unknown, 0);
    } finally {
      provider.misbehave(undefined);
    }
    console.log(`      ${provider.requests} requests, ${faults} with a fault`);
    assert.ok(faults > 0, 'the storm came');
  });
});
