import { Agent } from 'undici';
import { alternate, medianOf, ratioOf, round, timeOf } from './support/statistics.ts';
import { atLeast, told, type Benchmark } from './support/benchmark.ts';
import { issuersAt, prepareRevocation, revokeAll, tokenOf, type Way } from './support/revoke-round.ts';
import { startSink } from './support/sink.ts';
import type { Ledger } from '../ledger/ports.ts';

const MUST_REACH = 0.8;
const CONNECTIONS = 8; // as the connectors hold open
const BATCH = 100; // ids a request, as `http-issuer` sends them
const ANSWER_MS = 10; // what a revocation takes at an issuer at the very least: a round trip and a write
const SIZES = {
  quick: { one: 600, instant: 1_500, batch: 5_000, rounds: 5, otherRounds: 1, many: undefined },
  full: { one: 5_000, instant: 5_000, batch: 20_000, rounds: 5, otherRounds: 5, many: 100_000 },
} as const;

/** The bare client: as many requests in flight, the same bytes out, the answer read. */
async function sendBare(agent: Agent, port: number, way: Way, count: number): Promise<void> {
  const origin = `http://127.0.0.1:${port}`;
  const size = way === 'one' ? 1 : BATCH;
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const from = next;
      next += size;
      const ids = Array.from({ length: Math.min(size, count - from) }, (_, index) => `t-${from + index}`);
      const { statusCode, body } = await agent.request({
        ...{ origin, method: 'POST', path: way === 'one' ? '/revoke' : '/api/tokens/revoke' },
        headers: {
          ...{ accept: 'application/json', authorization: 'Bearer bench' },
          'content-type': way === 'one' ? 'application/x-www-form-urlencoded' : 'application/json',
        },
        body: way === 'one' ? new URLSearchParams({ token: tokenOf(from) }).toString() : JSON.stringify({ ids }),
      });
      await body.text();
      if (statusCode !== 200) throw new Error(`the sink answered ${statusCode}`);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, lane));
}

/**
 * Every revocation is claimed before it is sent and settled durably after, with a receipt; the bare client sends and reads,
 * and keeps nothing. One by one (RFC 7009) at an issuer that takes 10 ms to answer, and at one that answers at once, where
 * the disk and the processor of this machine are all that is measured; then a hundred a request.
 */
export const revoke: Benchmark = {
  name: 'revoke',
  question: 'How much of a raw HTTP client is left once every revocation is claimed and settled durably?',
  async run(stand, size) {
    const { one, instant, batch, rounds, otherRounds, many } = SIZES[size];
    const { ledger } = await stand.house();
    const agent = new Agent({ connections: CONNECTIONS });
    const [slow, quick] = [await openContest(ledger, agent, ANSWER_MS), await openContest(ledger, agent, 0)];
    try {
      await alternate(1, quick.both('one', 500)); // both sides warm
      const ones = await alternate(rounds, slow.both('one', one));
      const instants = await alternate(otherRounds, quick.both('one', instant));
      const batches = await alternate(otherRounds, quick.both('batch', batch));
      const grown =
        many === undefined ? undefined : (await quick.engine('one', 1_000)) / (await quick.engine('one', many));
      const figures = {
        ...{ ratio: round(ratioOf(ones, 'engine', 'raw')), ratios: ones.map((pair) => round(pair.engine / pair.raw)) },
        ...{ perSecond: round(medianOf(ones, 'engine')), rawPerSecond: round(medianOf(ones, 'raw')) },
        instantRatio: round(ratioOf(instants, 'engine', 'raw')),
        ...{
          instantPerSecond: round(medianOf(instants, 'engine')),
          instantRawPerSecond: round(medianOf(instants, 'raw')),
        },
        batchRatio: round(ratioOf(batches, 'engine', 'raw')),
        ...{ batchPerSecond: round(medianOf(batches, 'engine')), batchRawPerSecond: round(medianOf(batches, 'raw')) },
        ...{ connections: CONNECTIONS, answerMs: ANSWER_MS, one, instant, batch, rounds },
        ...(grown === undefined ? {} : { growth: round(grown), many: many! }),
      };
      return {
        figures,
        findings: [
          atLeast(`revoke one by one against a raw HTTP client, ${ANSWER_MS} ms`, figures.ratio, MUST_REACH),
          told('  engine', figures.perSecond, ' a second'),
          told('  raw client', figures.rawPerSecond, ' a second'),
          told('  at an issuer that answers at once', figures.instantRatio),
          told('  engine', figures.instantPerSecond, ' a second'),
          told('revoke in batches of 100, answered at once', figures.batchRatio),
          told('  engine', figures.batchPerSecond, ' a second'),
          ...(grown === undefined ? [] : [told(`  time one at ${many!} against 1,000`, grown, ' times')]),
        ],
      };
    } finally {
      await slow.close();
      await quick.close();
      await agent.close();
    }
  },
};

/** Both sides at one issuer. */
interface Contest {
  both(way: Way, count: number): Record<'raw' | 'engine', () => Promise<number>>;
  /** Revocations a second. */
  engine(way: Way, count: number): Promise<number>;
  close(): Promise<void>;
}

async function openContest(ledger: Ledger, agent: Agent, answerMs: number): Promise<Contest> {
  const sink = await startSink('revocation-sink.ts', answerMs);
  const issuers = { one: issuersAt(ledger, sink.port, 'one'), batch: issuersAt(ledger, sink.port, 'batch') };
  const perSecond = async (count: number, run: () => Promise<unknown>): Promise<number> =>
    (count * 1_000) / (await timeOf(run));
  const engine = async (way: Way, count: number): Promise<number> => {
    const prepared = await prepareRevocation(ledger, count);
    return perSecond(count, () => revokeAll(ledger, issuers[way], prepared));
  };
  return {
    engine,
    both: (way, count) => ({
      raw: () => perSecond(count, () => sendBare(agent, sink.port, way, count)),
      engine: () => engine(way, count),
    }),
    close: async () => {
      await issuers.one.close();
      await issuers.batch.close();
      sink.close();
    },
  };
}
