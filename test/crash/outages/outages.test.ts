import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { approve, begin, bounded, brief, patiently } from '../grid/cell-incident.ts';
import { Fleet } from './fleet.ts';
import { judge } from '../grid/judge.ts';
import { MAIL_CONNECTIONS } from '../grid/outside.ts';
import { notices, revocations } from '../grid/acts.ts';
import { seededRandom } from '../../../demo/world/random.ts';
import { startGridStack, type GridStack } from '../grid/stack.ts';
import type { Act } from '../grid/acts.ts';
import type { ProviderFault } from '../../faults/provider-faults.ts';

const isLong = process.env['FIREBREAK_CRASH_ALL'] === '1'; // by hand: the sizes that the promise names
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
const OUTAGE_MS = isLong ? 90_000 : 5_000;
const MAIL_LATENCY_MS = 15; // stretches a rollout, so that a disturbance falls into the middle of it
const END_WITHIN_MS = isLong ? 3_600_000 : 420_000;
const LOOK_EVERY_MS = 50;
const RESUMES_WITHIN_MS = 60_000;

const seed = Number(process.env['FIREBREAK_SEED'] ?? Date.now() % 1_000_000);

describe('a rollout under outages', function () {
  this.timeout(END_WITHIN_MS + 300_000);
  let stack: GridStack;
  let fleet: Fleet;
  let runs = 0;

  before(async () => {
    console.log(`      FIREBREAK_SEED=${seed}`);
    stack = await startGridStack({ namespaces: ['default'], isMortal: true, mailLatencyMs: MAIL_LATENCY_MS });
    fleet = await Fleet.start(stack, 3);
  });
  after(async () => {
    await fleet.close();
    await stack.close();
  });

  /** Mails that the sink has taken of a run. */
  const taken = (tag: string): number =>
    stack.outside.mail.messages.filter(({ recipients }) => recipients.some((to) => to.startsWith(`${tag}-`))).length;

  async function untilTaken(tag: string, count: number, withinMs: number): Promise<void> {
    const deadline = Date.now() + withinMs;
    while (taken(tag) < count) {
      if (Date.now() > deadline) throw new Error(`${taken(tag)} mails of ${count} within ${withinMs / 1_000} s`);
      await sleep(LOOK_EVERY_MS);
    }
  }

  /** Runs one act over its targets, disturbs it, and judges. */
  async function play(
    act: Act,
    disturb: (tag: string, isOver: () => boolean) => Promise<void>,
  ): Promise<{ readonly tag: string; readonly unknown: number }> {
    runs += 1;
    const tag = `o${runs}`;
    await fleet.ready();
    const { incident, handle } = await begin(stack, stack.client('default'), act, { tag, prepared: '', isGated: true });
    await approve(handle);
    let isOver = false;
    const ended = bounded(handle.result(), END_WITHIN_MS).finally(() => (isOver = true));
    ended.catch(() => undefined); // awaited below
    await disturb(tag, () => isOver);
    await ended.catch(async (error: unknown) => {
      throw new Error(`the incident did not end: ${JSON.stringify(await brief(handle))}`, { cause: error });
    });
    const scene = { tag, outside: stack.outside, incident };
    const seenBefore = await act.seen(scene);
    const broken = await patiently(() => judge(stack, act, scene, { seenBefore, isGated: true }));
    assert.deepEqual(broken, []);
    const { unknown = 0 } = await stack.ledger.effects.counts(incident, act.action);
    return { tag, unknown };
  }

  /**
   * Sends notices, and disturbs once some have gone out.
   *
   * @param most - unknown outcomes that the disturbance may leave.
   */
  async function run(
    { readers, most }: { readonly readers: number; readonly most: number },
    disturb: (tag: string, isOver: () => boolean) => Promise<void>,
  ): Promise<void> {
    const { tag, unknown } = await play(notices(readers, most), async (sending, isOver) => {
      await untilTaken(sending, 10, END_WITHIN_MS);
      await disturb(sending, isOver);
    });
    console.log(`      ${readers} readers: ${taken(tag)} mails taken, ${unknown} unknown`);
  }

  it('loses nobody and tells nobody twice when PostgreSQL is killed and starts again from disk', async () => {
    await run({ readers: READERS, most: MAIL_CONNECTIONS }, async (tag) => {
      await stack.postgres.kill();
      await sleep(OUTAGE_MS);
      const before = taken(tag);
      await stack.postgres.restart();
      const backAt = performance.now();
      await untilTaken(tag, before + 1, END_WITHIN_MS).catch((error: unknown) => {
        throw new Error(`${String(error)}; the workers said ${fleet.said}`);
      });
      const resumedAfterMs = performance.now() - backAt;
      console.log(`      first mail ${(resumedAfterMs / 1_000).toFixed(1)} s after the database is back`);
      assert.ok(resumedAfterMs < RESUMES_WITHIN_MS, `${resumedAfterMs} ms; the workers said ${fleet.said}`);
    });
  });

  it('loses nobody and tells nobody twice when Temporal is killed and starts again from disk', async () => {
    await run({ readers: READERS, most: MAIL_CONNECTIONS }, async (tag, isOver) => {
      await stack.temporal.kill();
      await sleep(OUTAGE_MS);
      await stack.temporal.restart();
      const deadline = Date.now() + RESUMES_WITHIN_MS;
      while (!isOver() && taken(tag) < READERS && Date.now() < deadline) await sleep(LOOK_EVERY_MS);
    });
  });

  it('loses nobody and tells nobody twice under a rolling restart of three workers', async () => {
    let kills = 0;
    const most = ROLLING_KILLS_MAX * MAIL_CONNECTIONS;
    await run({ readers: READERS, most }, async (_tag, isOver) => {
      for (; !isOver() && kills < ROLLING_KILLS_MAX; kills += 1) {
        await fleet.kill(kills % 3);
        for (let waited = 0; waited < ROLLING_EVERY_MS && !isOver(); waited += LOOK_EVERY_MS)
          await sleep(LOOK_EVERY_MS);
      }
    });
    console.log(`      ${kills} workers killed`);
  });

  it(`leaves at most one unknown a connection and kill: ${CROWD} readers, ${KILLS} kills at random moments`, async () => {
    const random = seededRandom(seed);
    const moments = Array.from({ length: KILLS }, () => Math.floor(random.next() * CROWD * 0.9)).sort((a, b) => a - b);
    await run({ readers: CROWD, most: KILLS * MAIL_CONNECTIONS }, async (tag, isOver) => {
      for (const [index, moment] of moments.entries()) {
        while (!isOver() && taken(tag) < moment) await sleep(LOOK_EVERY_MS);
        await fleet.kill(index % 3);
      }
    });
  });

  it(`revokes all of ${TOKENS} tokens, and nothing else, while the issuer answers ${100 * FAULTY} % with faults`, async () => {
    const random = seededRandom(seed);
    const { provider } = stack.outside;
    let faults = 0;
    provider.misbehave(() => {
      if (random.next() >= FAULTY) return undefined;
      faults += 1;
      return random.pick(STORM);
    });
    try {
      const { unknown } = await play(revocations(TOKENS), () => Promise.resolve());
      assert.equal(unknown, 0);
    } finally {
      provider.misbehave(undefined);
    }
    console.log(`      ${provider.requests} requests, ${faults} with a fault`);
    assert.ok(faults > 0, 'the storm came');
  });
});
