import { alternate, medianOf, ratioOf, round, timeOf } from './support/statistics.ts';
import { atLeast, atMost, told, type Benchmark } from './support/benchmark.ts';
import { composed, lettersOf, openBarePool } from './support/bare-pool.ts';
import { ConnectionSlots } from '../activities/effects/connection-slots.ts';
import { openMailer } from '../activities/notices/mailer.ts';
import { prepareRound, tellRound, type Told } from './support/mail-round.ts';
import { startSink } from './support/sink.ts';

const MUST_REACH = 0.85; // facts/engine item 17
const CONNECTIONS = 20;
const SIZES = {
  quick: { messages: 1_000, rounds: 5, twoSlotRounds: 1, many: undefined },
  full: { messages: 4_000, rounds: 5, twoSlotRounds: 5, many: 100_000 },
} as const;

/** What a run of the engine must have come to: a figure of a run that lost something is none. */
function judged(told: Told, messages: number, slots: number): Told {
  const { counts, openClaimsLeft, openClaimsMax } = told;
  if (counts.accepted !== messages || openClaimsLeft > 0 || openClaimsMax > slots)
    throw new Error(`a round of ${messages} came to ${JSON.stringify(told)}`);
  return told;
}

/**
 * Every notice is claimed, rendered for its reader, composed and settled durably in PostgreSQL, at most one claim open a
 * connection. The raw pool gets letters rendered before; once as its documentation shows (it composes), once composed
 * before as well, so that our own composer flatters nobody (docs/decisions/0005).
 */
export const mail: Benchmark = {
  name: 'mail',
  question: 'How much of the raw nodemailer pool is left once every notice is claimed and settled durably?',
  async run(stand, size) {
    const { messages, rounds, twoSlotRounds, many } = SIZES[size];
    const { ledger } = await stand.house();
    const sink = await startSink('smtp-sink.ts');
    const mailer = openMailer({ host: '127.0.0.1', port: sink.port, secure: false, connections: CONNECTIONS });
    const wide = { ...mailer, slots: new ConnectionSlots(2 * CONNECTIONS) };
    const pool = openBarePool(sink.port, CONNECTIONS);
    let openClaimsMax = 0;
    const perSecond = (ms: number, count: number): number => (count * 1_000) / ms;
    const tell = async (count: number, slots: 1 | 2): Promise<number> => {
      const prepared = await prepareRound(ledger, count);
      const [via, open] = slots === 1 ? [mailer, CONNECTIONS] : [wide, 2 * CONNECTIONS];
      let went: Told | undefined;
      const ms = await timeOf(async () => (went = await tellRound(ledger, via, prepared, open)));
      judged(went!, count, open);
      if (slots === 1) openClaimsMax = Math.max(openClaimsMax, went!.openClaimsMax);
      return perSecond(ms, count);
    };
    const letters = lettersOf(messages);
    const bytes = composed(letters);
    const contenders = {
      raw: async () => perSecond(await timeOf(() => pool.send(letters)), messages),
      composed: async () => perSecond(await timeOf(() => pool.sendComposed(bytes)), messages),
      engine: () => tell(messages, 1),
    };
    try {
      await alternate(1, { ...contenders, engine: () => tell(500, 1) }); // all sides warm
      const pairs = await alternate(rounds, contenders);
      const two = await alternate(twoSlotRounds, { raw: contenders.raw, engine: () => tell(messages, 2) });
      const grown = many === undefined ? undefined : ([await tell(1_000, 1), await tell(many, 1)] as const);
      const ratio = ratioOf(pairs, 'engine', 'raw');
      const figures = {
        ...{ ratio: round(ratio), ratioToComposed: round(ratioOf(pairs, 'engine', 'composed')) },
        twoSlotsRatio: round(ratioOf(two, 'engine', 'raw')),
        ratios: pairs.map((pair) => round(pair.engine / pair.raw)),
        ...{ perSecond: round(medianOf(pairs, 'engine')), rawPerSecond: round(medianOf(pairs, 'raw')) },
        composedPerSecond: round(medianOf(pairs, 'composed')),
        ...{ connections: CONNECTIONS, messages, rounds, openClaimsMax },
        ...(grown ? { growth: round(grown[0] / grown[1]), many: many! } : {}),
      };
      return {
        figures,
        findings: [
          atLeast('mail against the raw pool, one slot a connection', ratio, MUST_REACH),
          told('  against the raw pool given composed messages', figures.ratioToComposed),
          told('  two slots a connection, against the raw pool', figures.twoSlotsRatio),
          told('  engine', figures.perSecond, ' messages a second'),
          told('  raw pool', figures.rawPerSecond, ' messages a second'),
          atMost('  claims open at a time', openClaimsMax, CONNECTIONS),
          ...(grown ? [told(`  time a message at ${many!} against 1,000`, grown[0] / grown[1], ' times')] : []),
        ],
      };
    } finally {
      pool.close();
      mailer.close();
      sink.close();
    }
  },
};
