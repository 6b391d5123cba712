import { fork, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTransport } from 'nodemailer';
import { factsView } from '../activities/notices/notice-view.ts';
import { noticeTemplate, type RenderedNotice } from '../activities/notices/render.ts';
import { openMailer, type Mailer } from '../activities/notices/mailer.ts';
import { sendNotices } from '../activities/notices/send.ts';
import { leaseId, permitId, type Digest, type IncidentId, type StepId } from '../contracts/ids.ts';
import { initCluster, startPostgres } from '../worker/dev-stack/postgres.ts';
import { migrate } from '../ledger/migrate.ts';
import { openLedger } from '../ledger/open.ts';
import { freePort } from '../test/support/free-port.ts';
import type { DatasetRef } from '../contracts/dataset.ts';
import type { EffectCounts, PageCall, PageResult } from '../contracts/effects.ts';
import type { Ledger } from '../ledger/ports.ts';

/**
 * One question: how much of the raw nodemailer pool's rate is left once every notice is claimed, rendered for its reader
 * and settled durably in PostgreSQL? Must reach 0.85 at 20 connections, median of 5 alternated pairs, with at most one
 * claim open a connection (facts/engine item 17).
 *
 * `npm run bench:mail [-- --json] [--messages N] [--pairs N] [--connections N]`
 */

const MUST_REACH = 0.85;
const PAGE = 500; // rows a page, as a rollout has them
const WINDOW = 4; // pages in flight, as a rollout has them
const FROM = 'Security <security@hub.example.org>';
const BOUNCES = 'bounces.hub.example.org';
const SITE = { name: 'hub.example.org', page: 'hub.example.org/security/', contact: 'security@hub.example.org' };
const TEXT = readFileSync(new URL('../playbooks/library/texts/exposed-secrets.en.md', import.meta.url), 'utf8');
const TEXT_HASH = createHash('sha256').update(TEXT).digest('hex') as Digest;

function numberOption(name: string, fallback: number): number {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
}
const messages = numberOption('messages', 4_000);
const pairs = numberOption('pairs', 5);
const connections = numberOption('connections', 20);

/** Everything the two sides need, on loopback. */
interface Bench {
  readonly ledger: Ledger;
  readonly sink: ChildProcess;
  readonly sinkPort: number;
  close(): Promise<void>;
}

async function openBench(): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-bench-'));
  chmodSync(folder, 0o711); // where the server becomes another user, it must pass through
  const dataDir = join(folder, 'data');
  await initCluster(dataDir);
  const postgres = await startPostgres({ dataDir, port: await freePort() }); // fsync stays on: durable means durable
  await migrate(postgres.url);
  const ledger = await openLedger({ url: postgres.url, keyEncryptionKey: randomBytes(32), opens: ['people'] });
  const sink = fork(fileURLToPath(new URL('smtp-sink.ts', import.meta.url)), { execArgv: ['--import=tsx'] });
  const [{ port }] = (await once(sink, 'message')) as [{ port: number }];
  return {
    ledger,
    sink,
    sinkPort: port,
    close: async () => {
      sink.disconnect();
      await ledger.close();
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function takenBy(sink: ChildProcess): Promise<number> {
  sink.send('count');
  const [{ taken }] = (await once(sink, 'message')) as [{ taken: number }];
  return taken;
}

/** A round to be told: an incident of its own with its people, their one secret each, and the text. */
interface Round {
  readonly incident: IncidentId;
  readonly people: DatasetRef;
}

async function prepareRound(ledger: Ledger): Promise<Round> {
  const planHash = TEXT_HASH;
  await ledger.documents.putPlan({
    plan: { limits: {} } as never, // a page reads nothing but the limits of its plan
    planHash,
    documents: { [TEXT_HASH]: { kind: 'text', name: 'exposed-secrets/en', body: TEXT } },
  });
  const { incident } = await ledger.incidents.open({
    key: randomBytes(8).toString('hex'),
    requestHash: TEXT_HASH,
    ...{ mode: 'live', playbook: 'bench', planHash, requester: 'bench', inputs: {}, roles: {} },
  });
  const rows = Array.from({ length: messages }, (_, index) => ({
    subject: createHash('sha256').update(`${incident}/${index}`).digest('hex').slice(0, 32),
    attributes: {
      ...{ locale: 'en', relation: 'owner' },
      secrets: [
        { subject: `secret-${index}`, name: 'DEPLOY_KEY', hint: `hf_...${index}`, issuer: 'own', kind: 'read' },
      ],
    },
    sealed: { address: `p${index}@people.example.org`, displayName: `Person ${index}` },
  }));
  const owner = { incident, step: 'people', visit: 1 };
  const { people } = await ledger.datasets.write(owner, { people: { kind: 'people', rows } });
  await revokeAll(
    ledger,
    incident,
    rows.map(({ attributes }) => attributes.secrets[0]!.subject),
  );
  await ledger.effects.setPermit(permitId(incident, 'tell', 1), incident, 'open');
  return { incident, people: people! };
}

/** Leaves every secret revoked and seen dead, as a round does before it tells people. */
async function revokeAll(ledger: Ledger, incident: IncidentId, subjects: readonly string[]): Promise<void> {
  const permit = permitId(incident, 'contain', 1);
  await ledger.effects.setPermit(permit, incident, 'open');
  const effect = { incident, action: 'credentials.revoke', class: 'idempotent', longestRequestMs: 1 } as const;
  for (let from = 0; from < subjects.length; from += PAGE) {
    const some = subjects.slice(from, from + PAGE);
    const lease = { id: leaseId(incident, 'contain', 1, from / PAGE), epoch: 1, permit };
    await ledger.effects.takeLease(lease, incident);
    const targets = some.map((subject) => ({ subject, paramsHash: TEXT_HASH }));
    const { mine } = await ledger.effects.claim(lease, effect, targets);
    await ledger.effects.settle(
      lease,
      effect,
      mine.map((claim) => ({ ...claim, state: 'accepted' as const, receipt: {} })),
    );
    const seen = mine.map(({ subject, generation }) => ({ subject, generation, dead: true, receipt: {} }));
    await ledger.effects.observe(incident, 'credentials.revoke', 0, await ledger.effects.now(), seen);
  }
}

/** How one engine run went. */
interface EngineRun {
  readonly perSecond: number;
  readonly counts: EffectCounts;
  readonly openClaimsMax: number;
  readonly openClaimsLeft: number;
}

/** Tells a round through the action itself, pages and window as in a rollout. */
async function runEngine({ ledger }: Bench, mailer: Mailer, round: Round): Promise<EngineRun> {
  const { incident, people } = round;
  const claims = countingClaims(ledger);
  const options = {
    ledger: claims.ledger,
    mailer,
    sender: { from: FROM, bounceDomain: BOUNCES, connections },
    siteOf: () => ({ ...SITE, page: SITE.page + incident }),
  };
  const startedAt = performance.now();
  const counts = await tellAll(people.count, (page) =>
    sendNotices(callOf(round, page), { ...options, attempt: attempt() }),
  );
  const seconds = (performance.now() - startedAt) / 1_000;
  const { claimed = 0 } = await ledger.effects.counts(incident, 'notices.send');
  return { perSecond: messages / seconds, counts, openClaimsMax: claims.most(), openClaimsLeft: claimed };
}

let epoch = 0;
function attempt() {
  epoch += 1;
  return { epoch, firstScheduledMs: epoch, signal: new AbortController().signal, heartbeat: () => undefined };
}

function callOf({ incident, people }: Round, page: number): PageCall {
  return {
    ...{ incident, mode: 'live', planHash: TEXT_HASH, step: 'tell' as StepId, visit: 1, round: 1, journal: [] },
    uses: 'notices.send',
    with: { notice: 'exposed-secrets', template: 'exposed-secrets' },
    texts: { 'exposed-secrets/en': TEXT_HASH },
    ...{ facts: {}, roles: {}, dataset: people, page },
    from: page * PAGE,
    to: Math.min((page + 1) * PAGE, people.count),
    first: [],
    onUnknown: 'report',
  };
}

/** Runs pages in a window, and sweeps what they leave. */
async function tellAll(count: number, run: (page: number) => Promise<PageResult>): Promise<EffectCounts> {
  const pages = Array.from({ length: Math.ceil(count / PAGE) }, (_, page) => page);
  const sum: Record<string, number> = {};
  const slot = async (): Promise<void> => {
    for (let page = pages.shift(); page !== undefined; page = pages.shift()) {
      let result = await run(page);
      while (result.left > 0) result = await run(page);
      for (const [state, number] of Object.entries(result.counts)) sum[state] = (sum[state] ?? 0) + number;
    }
  };
  await Promise.all(Array.from({ length: WINDOW }, slot));
  return sum;
}

/** The ledger, with a count of the claims that are open: from the answer of a claim to the end of its settle. */
function countingClaims(ledger: Ledger): { readonly ledger: Ledger; most(): number } {
  let open = 0;
  let most = 0;
  const { effects } = ledger;
  const claim: typeof effects.claim = async (...given) => {
    const answer = await effects.claim(...given);
    open += answer.mine.length;
    most = Math.max(most, open);
    return answer;
  };
  const settle: typeof effects.settle = async (lease, effect, settlements) => {
    await effects.settle(lease, effect, settlements);
    open -= settlements.length;
  };
  const turn: typeof effects.turn =
    effects.turn &&
    (async (lease, effect, settlements, targets) => {
      const answer = await effects.turn!(lease, effect, settlements, targets);
      open += answer.mine.length - settlements.length;
      most = Math.max(most, open);
      return answer;
    });
  return { ledger: { ...ledger, effects: { ...effects, claim, settle, ...(turn ? { turn } : {}) } }, most: () => most };
}

/** The same mails by the bare pool: rendered before the clock starts, nothing claimed, nothing settled. */
async function runRaw({ sinkPort }: Bench, letters: readonly RenderedNotice[]): Promise<number> {
  const pool = createTransport({
    ...{ pool: true, host: '127.0.0.1', port: sinkPort, maxConnections: connections, maxMessages: Infinity },
  });
  const startedAt = performance.now();
  await Promise.all(
    letters.map((letter, index) =>
      pool.sendMail({
        from: FROM,
        to: `p${index}@people.example.org`,
        envelope: { from: `bounce+${index}@${BOUNCES}`, to: [`p${index}@people.example.org`] },
        messageId: `<${index}@${BOUNCES}>`,
        ...letter,
      }),
    ),
  );
  const seconds = (performance.now() - startedAt) / 1_000;
  pool.close();
  return letters.length / seconds;
}

/** Letters as the engine writes them. */
function lettersOf(count: number): readonly RenderedNotice[] {
  const template = noticeTemplate(TEXT, 'exposed-secrets/en');
  const is = {
    dead: true,
    alive: null,
    unknown: null,
    yours: null,
    rotated: null,
    issuer: null,
    kind: 'read',
  } as const;
  const any = { anyDead: true, anyAlive: null, anyUnknown: null, anyForeign: null, anyOwn: true } as const;
  const reader = { followUp: null, admin: null, controller: null, more: null, total: 1, people: null, ...any } as const;
  return Array.from({ length: count }, (_, index) =>
    template.render(
      {
        incident: { id: 'INC-2026-0001' },
        site: { ...SITE, page: `${SITE.page}INC-2026-0001` },
        item: { name: `Person ${index}`, ...reader, secrets: [{ name: 'DEPLOY_KEY', hint: `hf_...${index}`, ...is }] },
        facts: factsView({}),
      },
      'en',
    ),
  );
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)]!;
}

async function main(): Promise<boolean> {
  const bench = await openBench();
  const mailer = openMailer({ host: '127.0.0.1', port: bench.sinkPort, secure: false, connections });
  try {
    const letters = lettersOf(messages);
    await runRaw(bench, letters.slice(0, 500)); // both sides warm
    await runEngine(bench, mailer, await prepareRound(bench.ledger));
    const results: { raw: number; engine: EngineRun; ratio: number }[] = [];
    for (let pair = 0; pair < pairs; pair += 1) {
      const round = await prepareRound(bench.ledger);
      const isRawFirst = pair % 2 === 0;
      const rawBefore = isRawFirst ? await runRaw(bench, letters) : undefined;
      const engine = await runEngine(bench, mailer, round);
      const raw = rawBefore ?? (await runRaw(bench, letters));
      results.push({ raw, engine, ratio: engine.perSecond / raw });
    }
    return report(results, await takenBy(bench.sink));
  } finally {
    mailer.close();
    await bench.close();
  }
}

function report(
  results: readonly { readonly raw: number; readonly engine: EngineRun; readonly ratio: number }[],
  taken: number,
): boolean {
  const summary = {
    ...{ messages, connections, pairs, mustReach: MUST_REACH },
    ratio: round2(median(results.map(({ ratio }) => ratio))),
    ratios: results.map(({ ratio }) => round2(ratio)),
    rawPerSecond: Math.round(median(results.map(({ raw }) => raw))),
    enginePerSecond: Math.round(median(results.map(({ engine }) => engine.perSecond))),
    accepted: results.map(({ engine }) => engine.counts.accepted ?? 0),
    openClaimsMax: Math.max(...results.map(({ engine }) => engine.openClaimsMax)),
    openClaimsLeft: results.reduce((sum, { engine }) => sum + engine.openClaimsLeft, 0),
    taken,
  };
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(summary)}\n`);
  else {
    process.stdout.write(
      [
        `mail rollout, ${connections} connections, ${messages} messages a run, ${pairs} alternated pairs`,
        `raw pool   ${summary.rawPerSecond} messages/s (median)`,
        `engine     ${summary.enginePerSecond} messages/s (median), claims and settles durable`,
        `ratio      ${summary.ratio} (median of ${summary.ratios.join(', ')}; must reach ${MUST_REACH})`,
        `claims     ${summary.openClaimsMax} open at most, ${summary.openClaimsLeft} left open at the end`,
        '',
      ].join('\n'),
    );
  }
  const isComplete = summary.accepted.every((accepted) => accepted === messages) && summary.openClaimsLeft === 0;
  return isComplete && summary.ratio >= MUST_REACH && summary.openClaimsMax <= connections;
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}

process.exitCode = (await main()) ? 0 : 1;
