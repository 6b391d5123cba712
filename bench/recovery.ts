import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { atMost, told, type Benchmark } from './support/benchmark.ts';
import { median, round } from './support/statistics.ts';
import { permitId, type IncidentId } from '../contracts/ids.ts';
import { startRollout } from './support/noop-rollout.ts';
import type { BenchWorker } from './support/bench-worker.ts';
import type { House, Stand } from './support/stand.ts';

const MUST_STAY_S = 15;
const TARGETS = 16_000; // at the pace of the connector for longer than a recovery may take
const APPLY_MS = 500;
const KILL_AFTER = 800; // effects: both workers are at work then
const KILL_AMID = 400; // claims: half of the pages at least are in the middle of their act
const TRIES = 3; // the one that dies may have held no page
const LOOK_EVERY_MS = 50;
const GIVE_UP_MS = 40_000;
const SIZES = { quick: 1, full: 5 } as const;

/** The pages of a permit, each with the attempt that has it. */
const LEASES = 'select id, epoch from leases where permit = $1';
/** By the database's clock: when a page of the dead worker acted again, and when anything did. */
const FIRST = `
with seen as (select * from unnest($2::text[], $3::bigint[]) s (lease, epoch)),
fresh as (select e.lease, e.epoch, e.settled_at from effects e where e.lease like $4 and e.settled_at > $1::timestamptz)
select extract(epoch from min(f.settled_at) filter (where f.epoch > s.epoch) - $1::timestamptz)::float8 as taken,
  extract(epoch from min(f.settled_at) - $1::timestamptz)::float8 as any
from fresh f left join seen s on s.lease = f.lease`;

/** Seconds from the kill. */
interface Recovery {
  /** Until the first effect of a page that the dead worker had. */
  readonly taken: number;
  /** Until the first effect at all: the other worker goes on. */
  readonly any: number;
}

async function untilAtWork(session: pg.Client, like: string): Promise<void> {
  const count = `select count(*) filter (where settled_at is not null)::int as settled,
    count(*) filter (where state = 'claimed')::int as claimed from effects where lease like $1`;
  for (;;) {
    const { rows } = await session.query<{ settled: number; claimed: number }>(count, [like]);
    const { settled, claimed } = rows[0]!;
    if (settled >= KILL_AFTER && claimed >= KILL_AMID) return;
    await sleep(LOOK_EVERY_MS);
  }
}

/** Kills a worker under a rollout. @returns `undefined` where nothing of it was taken over in time. */
async function killUnder(session: pg.Client, incident: IncidentId, victim: BenchWorker): Promise<Recovery | undefined> {
  const permit = permitId(incident, 'contain', 1);
  await untilAtWork(session, `${permit}:%`);
  const { rows: clock } = await session.query<{ at: string }>('select clock_timestamp()::text as at');
  const { rows: leases } = await session.query<{ id: string; epoch: string }>(LEASES, [permit]);
  await victim.kill();
  const given = [clock[0]!.at, leases.map(({ id }) => id), leases.map(({ epoch }) => epoch), `${permit}:%`];
  const deadline = Date.now() + GIVE_UP_MS;
  while (Date.now() < deadline) {
    const { rows } = await session.query<{ taken: number | null; any: number | null }>(FIRST, given);
    const { taken, any } = rows[0]!;
    if (taken !== null && any !== null) return { taken, any };
    await sleep(LOOK_EVERY_MS);
  }
  return undefined;
}

/** One kill, with two fresh workers. @param killsSecond - which of the two dies. */
async function recover(stand: Stand, house: House, session: pg.Client, killsSecond: boolean): Promise<Recovery> {
  const client = await stand.client();
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const workers = await Promise.all([1, 2].map(() => stand.worker(house, { applyMs: APPLY_MS })));
    try {
      const run = await startRollout(client, house.ledger, TARGETS, { page: 100, window: 8 });
      stand.say('  both workers poll; one of them is killed in the middle of its pages');
      const found = await killUnder(session, run.incident, workers[killsSecond ? 1 : 0]!);
      await run.handle.terminate().catch(() => undefined); // it may have ended by itself
      if (found) return found;
    } finally {
      await Promise.all(workers.map((worker) => worker.stop()));
    }
  }
  throw new Error(`no page of a dead worker was taken over within ${GIVE_UP_MS / 1_000} s, ${TRIES} times`);
}

/**
 * Two workers share a rollout; one is killed without warning. What counts is the first new effect of a page that the dead
 * one had: the server gives it away when its heartbeats stay out.
 */
export const recovery: Benchmark = {
  name: 'recovery',
  question: 'How long after a worker is killed does the other one act on the targets it had?',
  async run(stand, size) {
    const house = await stand.house();
    const session = new pg.Client({ connectionString: house.url });
    await session.connect();
    const found: Recovery[] = [];
    try {
      for (let kill = 0; kill < SIZES[size]; kill += 1)
        found.push(await recover(stand, house, session, kill % 2 === 1));
    } finally {
      await session.end();
    }
    const worst = Math.max(...found.map(({ taken }) => taken));
    return {
      figures: {
        ...{ seconds: round(worst), medianSeconds: round(median(found.map(({ taken }) => taken))) },
        ...{ othersSeconds: round(Math.max(...found.map(({ any }) => any))), kills: found.length },
      },
      findings: [
        atMost('first new effect on what a killed worker had', worst, MUST_STAY_S, ' s'),
        told('  first new effect on anything else', Math.max(...found.map(({ any }) => any)), ' s'),
      ],
    };
  },
};
