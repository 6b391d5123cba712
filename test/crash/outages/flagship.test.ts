import assert from 'node:assert/strict';
import { Flagship, type Death, type FlagshipEnd } from './flagship.ts';
import { seededRandom } from '../../../demo/world/random.ts';

const isLong = process.env['FIREBREAK_CRASH_ALL'] === '1'; // by hand: all twenty
const DRAWS = isLong ? 20 : 2;
const A_RUN = isLong ? 4 : 2; // deaths of one run
const SIZE = { tokens: 40, people: 25 };
const FIRST_EVENT = 3;
const LAST_EVENT = 500; // an undisturbed run has 600
const RESUMES_WITHIN_MS = 60_000;
const RUN_WITHIN_MS = 600_000;

const seed = Number(process.env['FIREBREAK_SEED'] ?? Date.now() % 1_000_000);

/** Distinct events, drawn by seed; dealt out like cards, so that those of one run lie apart. */
function drawRuns(): readonly (readonly number[])[] {
  const random = seededRandom(seed);
  const drawn = new Set<number>();
  while (drawn.size < DRAWS) drawn.add(FIRST_EVENT + random.below(LAST_EVENT - FIRST_EVENT + 1));
  const sorted = [...drawn].sort((a, b) => a - b);
  const runs = DRAWS / A_RUN;
  return Array.from({ length: runs }, (_, run) => sorted.filter((_event, index) => index % runs === run));
}

/** What the outside world's records say against a run, as sentences. */
function wrongs({ outcome, deaths, restarts }: FlagshipEnd, draws: readonly number[]): readonly string[] {
  const { observed, notices, credentials, journal, status, tickets, filings } = outcome;
  const { issuer, mail } = observed;
  const said: readonly (readonly [boolean, string])[] = [
    [status === 'closed', `it is ${status}`],
    [deaths.length === draws.length && restarts === draws.length, `${restarts} restarts of ${draws.length}`],
    [issuer.active === 0 && issuer.revoked === SIZE.tokens, `${issuer.active} tokens are alive`],
    [issuer.serviceActive === 0, `${issuer.serviceActive} service tokens are alive`],
    [issuer.serviceDeadBeforeHandover === 0, `${issuer.serviceDeadBeforeHandover} died before the hand-over`],
    [issuer.replacements === 1 && credentials.rotated === 1, `${issuer.replacements} replacements of 1`],
    [credentials.verified === SIZE.tokens, `${credentials.verified} tokens are claimed dead`],
    [mail.recipients === SIZE.people, `${mail.recipients} people were told of ${SIZE.people}`],
    [mail.duplicates === 0, `${mail.duplicates} mails came twice`],
    [mail.withManyRecipients === 0, `${mail.withManyRecipients} mails have several readers`],
    [notices.unknown === 0 && notices.failed === 0, `${notices.unknown} mails unknown, ${notices.failed} failed`],
    [notices.accepted === mail.recipients + mail.customers, `${notices.accepted} mails are claimed`],
    [notices.unreachable === mail.refused, `${notices.unreachable} unreachable, ${mail.refused} refused`],
    [observed.tickets === 1 && tickets.length === 1, `${observed.tickets} tickets of 1`],
    [observed.chat === 1, `${observed.chat} messages in the room of 1`],
    [filings.length === 2 && filings.every(({ state }) => state === 'filed'), 'not both filings are recorded'],
    [journal.verified, 'the bundle does not verify'],
  ];
  return said.filter(([holds]) => !holds).map(([, sentence]) => sentence);
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
const told = ({ drawn, at, resumedAfterMs }: Death): string =>
  `${drawn}${at === drawn ? '' : ` (killed at ${at})`} ${seconds(resumedAfterMs)}`;

describe('the flagship while the Temporal server is killed', function () {
  this.timeout(RUN_WITHIN_MS);

  before(() => console.log(`      FIREBREAK_SEED=${seed}`));

  for (const draws of drawRuns()) {
    it(`closes with nothing lost and nothing twice: killed at events ${draws.join(', ')}, back from its file`, async () => {
      const flagship = await Flagship.start({ ...SIZE, seed: 1 });
      try {
        const end = await flagship.run(draws);
        console.log(`      went on at ${end.deaths.map(told).join(', ')}; ${end.events} events in all`);
        assert.deepEqual(wrongs(end, draws), []);
        assert.equal(new Set(end.deaths.map(({ at }) => at)).size, draws.length, 'each death at an event of its own');
        for (const { drawn, resumedAfterMs } of end.deaths)
          assert.ok(resumedAfterMs < RESUMES_WITHIN_MS, `${seconds(resumedAfterMs)} after event ${drawn}`);
      } finally {
        await flagship.close();
      }
    });
  }
});
