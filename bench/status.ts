import { setTimeout as sleep } from 'node:timers/promises';
import { alternate, percentile, round, timeOf } from './support/statistics.ts';
import { startRollout, startWaiting } from './support/noop-rollout.ts';
import { told, type Benchmark } from './support/benchmark.ts';
import type { IncidentStatus } from '../contracts/messages.ts';

const EVERY_MS = 25; // between two queries: what forty people who look once a second ask for
const SIZES = { quick: { queries: 60, targets: 10_000 }, full: { queries: 1_000, targets: 100_000 } } as const;

/** The query behind every door's status page, on one worker: while nothing runs, and while that worker runs a rollout. */
export const status: Benchmark = {
  name: 'status',
  question: 'How long does a status take while the same worker runs a rollout?',
  async run(stand, size) {
    const { queries, targets } = SIZES[size];
    const [house, client] = [await stand.house(), await stand.client()];
    const worker = await stand.worker(house);
    const { handle } = await startWaiting(client, house.ledger);
    const look = (): Promise<number> => timeOf(() => handle.query<IncidentStatus>('status'));
    await alternate(10, { warm: look });
    const idle: number[] = [];
    for (let query = 0; query < queries; query += 1) {
      idle.push(await look());
      await sleep(EVERY_MS);
    }
    const { handle: rolling } = await startRollout(client, house.ledger, targets, { page: 500, window: 4 });
    let isOver = false;
    const end = (): void => void (isOver = true);
    const over = rolling.result().then(end, end);
    const busy: number[] = [];
    while (!(isOver as boolean) && busy.length < queries) {
      busy.push(await look());
      await sleep(EVERY_MS);
    }
    if (busy.length < queries / 2) throw new Error(`the rollout was over after ${busy.length} queries`);
    await rolling.terminate().catch(() => undefined); // it may have ended by itself
    await over;
    await handle.terminate();
    await worker.stop();
    const figures = {
      ...{ idleP50Ms: round(percentile(idle, 0.5)), idleP95Ms: round(percentile(idle, 0.95)) },
      ...{ busyP50Ms: round(percentile(busy, 0.5)), busyP95Ms: round(percentile(busy, 0.95)) },
      ratio: round(percentile(busy, 0.5) / percentile(idle, 0.5)),
      queries: busy.length,
    };
    return {
      figures,
      findings: [
        told('status query, nothing runs, p50', figures.idleP50Ms, ' ms'),
        told('  p95', figures.idleP95Ms, ' ms'),
        told('status query under a rollout, p50', figures.busyP50Ms, ' ms'),
        told('  p95', figures.busyP95Ms, ' ms'),
      ],
    };
  },
};
