import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { atMost, told, type Benchmark } from './support/benchmark.ts';
import { exportBundle } from '../ledger/bundle/export-bundle.ts';
import { round, timeOf } from './support/statistics.ts';
import { verifyBundle } from '../cli/bundle-verify.ts';
import type { Digest, IncidentId } from '../contracts/ids.ts';
import type { House } from './support/stand.ts';
import type { JournalDraft } from '../contracts/journal.ts';

const MILLION = 1_000_000;
const MUST_STAY_S = 60; // to verify a bundle of a million records
const BATCH = 500;
const SIZES = {
  quick: { few: 2_000, many: 20_000, alone: 300, commits: 300 },
  full: { few: 1_000, many: MILLION, alone: 5_000, commits: 5_000 },
} as const;
const PLAN = '0'.repeat(64) as Digest;

async function openIncident({ ledger }: House): Promise<IncidentId> {
  const { incident } = await ledger.incidents.open({
    ...{ key: randomBytes(8).toString('hex'), requestHash: PLAN, mode: 'drill', playbook: 'bench', planHash: PLAN },
    ...{ requester: 'bench', inputs: {}, roles: {} },
  });
  return incident;
}

/** A record as a step leaves it, about 300 bytes. */
function draft(index: number): JournalDraft {
  const body = { step: `round/contain-${index}`, visit: 1, state: 'succeeded', at: '2026-05-01T10:00:00.000Z' };
  return { key: `step.ended:${index}`, kind: 'step.ended', actor: 'engine', body: { ...body, outputs: { index } } };
}

async function append({ ledger }: House, incident: IncidentId, count: number, batch: number): Promise<number> {
  const ms = await timeOf(async () => {
    for (let from = 0; from < count; from += batch)
      await ledger.journal.append(
        incident,
        Array.from({ length: Math.min(batch, count - from) }, (_, index) => draft(from + index)),
      );
  });
  return (count * 1_000) / ms;
}

/** The raw limit: transactions a second that insert one row of the same size, one after the other. */
async function commitsPerSecond({ url }: House, count: number): Promise<number> {
  const session = new pg.Client({ connectionString: url });
  await session.connect();
  await session.query('create table bare (id bigint generated always as identity primary key, body text not null)');
  const body = JSON.stringify(draft(0)).padEnd(500);
  const ms = await timeOf(async () => {
    for (let index = 0; index < count; index += 1)
      await session.query({ name: 'bare', text: 'insert into bare (body) values ($1)', values: [body] });
  });
  await session.end();
  return (count * 1_000) / ms;
}

/** Exports and verifies a bundle as an auditor would. @returns seconds of both */
async function exportAndVerify({ ledger }: House, incident: IncidentId): Promise<{ exportS: number; verifyS: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-bundle-'));
  try {
    const out = join(folder, 'incident.fbb');
    const { privateKey } = generateKeyPairSync('ed25519');
    const signingKeyPem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    const exportMs = await timeOf(() => exportBundle(ledger, incident, { signingKeyPem, audience: 'auditor', out }));
    const verifyMs = await timeOf(async () => {
      const verdict = await verifyBundle(out);
      if (!verdict.ok) throw new Error(verdict.why);
    });
    return { exportS: exportMs / 1_000, verifyS: verifyMs / 1_000 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One chain: appended record by record and in batches, verified in the database and as an exported bundle. */
export const journal: Benchmark = {
  name: 'journal',
  question: 'How fast is the hash chain written, and how long does an auditor wait for a million records?',
  async run(stand, size) {
    const { few, many, alone, commits } = SIZES[size];
    const house = await stand.house();
    const single = await openIncident(house);
    const rawPerSecond = await commitsPerSecond(house, commits);
    const appendPerSecond = await append(house, single, alone, 1);
    const at: { readonly records: number; readonly batchPerSecond: number; readonly verifyPerSecond: number }[] = [];
    let bundle = { exportS: 0, verifyS: 0 };
    for (const records of [few, many]) {
      stand.say(`  a chain of ${records} records`);
      const incident = await openIncident(house);
      const batchPerSecond = await append(house, incident, records, BATCH);
      bundle = await exportAndVerify(house, incident);
      at.push({ records, batchPerSecond, verifyPerSecond: records / bundle.verifyS });
    }
    const ledgerMs = await timeOf(() => house.ledger.journal.verify(single));
    const [small, large] = [at[0]!, at[1]!];
    const millionS = MILLION / large.verifyPerSecond;
    const how = many === MILLION ? 'measured' : `extrapolated from ${many.toLocaleString('en')}`;
    return {
      figures: {
        ...{ verifyPerSecond: round(large.verifyPerSecond), verifyMillionSeconds: round(millionS), records: many },
        extrapolated: many !== MILLION,
        ...{ appendPerSecond: round(appendPerSecond), batchPerSecond: round(large.batchPerSecond) },
        ...{ commitsPerSecond: round(rawPerSecond), ratio: round(appendPerSecond / rawPerSecond) },
        ...{ exportSeconds: round(bundle.exportS), chainVerifyPerSecond: round((alone * 1_000) / ledgerMs) },
        verifyGrowth: round(small.verifyPerSecond / large.verifyPerSecond),
        appendGrowth: round(small.batchPerSecond / large.batchPerSecond),
      },
      findings: [
        atMost(`a bundle of a million records verified (${how})`, millionS, MUST_STAY_S, ' s'),
        told('  records verified', large.verifyPerSecond, ' a second'),
        told(`  time a record at ${many} against ${few}`, small.verifyPerSecond / large.verifyPerSecond, ' times'),
        told('records appended one by one', appendPerSecond, ' a second'),
        told('  against bare commits of one row', appendPerSecond / rawPerSecond),
        told('records appended in batches of 500', large.batchPerSecond, ' a second'),
        told(`  time a record at ${many} against ${few}`, small.batchPerSecond / large.batchPerSecond, ' times'),
      ],
    };
  },
};
