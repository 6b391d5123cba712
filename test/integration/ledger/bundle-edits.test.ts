import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyBundle, type BundleVerdict } from '../../../cli/bundle-verify.ts';
import { canonicalJson } from '../../../contracts/json.ts';
import { exportBundle } from '../../../ledger/bundle/export-bundle.ts';
import { recordInventory, takeInventory } from '../../../ledger/bundle/inventory.ts';
import { seededRandom, type SeededRandom } from '../../../demo/world/random.ts';
import { rechained, resigned, type BundleEntry } from '../../support/resigned-bundle.ts';
import { openRequest, openTestLedger, settled, targetsOf, type TestLedger } from './open-test-ledger.ts';
import type { Audience } from '../../../ledger/bundle/audience.ts';
import type { CompiledPlan } from '../../../contracts/plan.ts';
import type { Digest, IncidentId } from '../../../contracts/ids.ts';
import type { JournalHead } from '../../../contracts/journal.ts';

const AUDIENCES: readonly Audience[] = ['authority', 'auditor', 'law-enforcement'];
const DRAWN = 300;
const TARGETS = 620; // more than one leaf, and one line
const COUNTED: Readonly<Record<string, string>> = {
  dataset: 'datasets',
  effects: 'effects',
  document: 'documents',
  withheld: 'withheld',
};

type Path = readonly (string | number)[];

/** Places of all texts, numbers and the like in a value. */
function leavesOf(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, member]) => leavesOf(member, [...path, key]));
}

function otherThan(value: unknown): unknown {
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  return typeof value === 'string' ? `${value}x` : 'x';
}

function editedAt<Value>(value: Value, [key, ...rest]: Path): Value {
  if (key === undefined) return otherThan(value) as Value;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as Record<string, unknown>;
  copy[key] = editedAt(copy[key], rest);
  return copy as Value;
}

/** The manifest counts what is there, as a careful forger would have it. */
function counted(entries: readonly BundleEntry[]): readonly BundleEntry[] {
  const counts = Object.fromEntries(
    Object.entries(COUNTED).map(([kind, member]) => [member, entries.filter(({ line }) => line === kind).length]),
  );
  return entries.map((entry) => (entry.line === 'manifest' ? { ...entry, ...counts } : entry));
}

/** One edit, drawn: a value, a line dropped, doubled or moved. */
function drawn(entries: readonly BundleEntry[], random: SeededRandom): readonly BundleEntry[] {
  const at = random.below(entries.length);
  const entry = entries[at]!;
  switch (random.below(5)) {
    case 0:
      return at === 0 ? entries.slice(1) : counted(entries.toSpliced(at, 1));
    case 1:
      return counted(entries.toSpliced(at, 0, entry));
    case 2: {
      const to = (at + 1) % entries.length;
      return entries.with(at, entries[to]!).with(to, entry);
    }
    default: {
      const { line, ...members } = entry;
      return entries.with(at, { line, ...editedAt(members, random.pick(leavesOf(members))) });
    }
  }
}

describe('a bundle edited and signed again with the real key', function () {
  this.timeout(300_000);
  const keys = generateKeyPairSync('ed25519');
  const signingKeyPem = keys.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  let test: TestLedger;
  let incident: IncidentId;
  let folder: string;
  const path = (name: string): string => join(folder, name);

  async function fill(): Promise<void> {
    const { ledger } = test;
    const plan = { format: 1, steps: [{ id: 'contain' }] } as unknown as CompiledPlan['plan'];
    const planHash = createHash('sha256').update(canonicalJson(plan)).digest('hex') as Digest;
    await ledger.documents.putPlan({ plan, planHash, documents: {} });
    ({ incident } = await ledger.incidents.open(openRequest({ planHash })));
    const subjects = Array.from({ length: TARGETS }, (_, index) => `c${String(index).padStart(4, '0')}`);
    const rows = subjects.map((subject) => ({
      subject,
      attributes: { issuerId: `id-${subject}` },
      sealed: { value: 'x' },
    }));
    const refs = await ledger.datasets.write(
      { incident, step: 'scope', visit: 1 },
      { dataset: { kind: 'credentials', rows }, foreign: { kind: 'credentials', rows: rows.slice(0, 2) } },
    );
    const parts = Object.fromEntries(
      Object.entries(refs).map(([part, { id, count, digest }]) => [part, { id, count, digest }]),
    );
    const body = { step: 'scope', visit: 1, ...parts };
    await ledger.journal.append(incident, [{ key: 'dataset:scope#1', kind: 'dataset', actor: 'engine', body }]);
    const lease = { id: 'lease-edits', epoch: 1, permit: 'permit-edits' };
    const effect = { incident, action: 'credentials.revoke', class: 'idempotent', longestRequestMs: 0 } as const;
    await ledger.effects.setPermit(lease.permit, incident, 'open');
    await ledger.effects.takeLease(lease, incident);
    const { mine } = await ledger.effects.claim(lease, effect, targetsOf(subjects.slice(0, 30)));
    await ledger.effects.settle(lease, effect, settled(mine));
    for (const [index, audience] of ['all', 'authority', 'law-enforcement', 'evidence', 'response'].entries())
      for (const privilege of ['none', 'counsel'] as const) {
        const given = { name: `d${index}-${privilege}.md`, mediaType: 'text/plain', body: Buffer.from(`${index}`) };
        await ledger.documents.put(incident, {
          ...given,
          by: 'alice',
          handling: { tlp: 'AMBER', privilege, audience },
        });
      }
    await ledger.journal.append(incident, [
      { key: 'incident.state:closed', kind: 'incident.state', actor: 'engine', body: { state: 'closed' } },
    ]);
  }

  async function exported(audience: Audience, anchoredTo?: JournalHead): Promise<readonly BundleEntry[]> {
    const { head } = await exportBundle(test.ledger, incident, { signingKeyPem, audience, out: path('whole.fbb') });
    writeFileSync(path('anchor.jsonl'), `${JSON.stringify({ incident, ...(anchoredTo ?? head), at: '' })}\n`);
    const whole = await verifyBundle(path('whole.fbb'), { anchor: path('anchor.jsonl') });
    assert.ok(whole.ok && whole.isInventoryAnchored, JSON.stringify(whole));
    const lines = readFileSync(path('whole.fbb'), 'utf8').trimEnd().split('\n');
    return lines.slice(0, -1).map((line) => JSON.parse(line) as BundleEntry);
  }

  function verdictOn(entries: readonly BundleEntry[]): Promise<BundleVerdict> {
    writeFileSync(path('forged.fbb'), resigned(keys.privateKey, entries));
    return verifyBundle(path('forged.fbb'), { anchor: path('anchor.jsonl') });
  }

  async function isFound(whole: readonly BundleEntry[], entries: readonly BundleEntry[], what: string): Promise<void> {
    for (const forged of [entries, rechained(entries)]) {
      if (canonicalJson([...forged]) === canonicalJson([...whole])) continue; // chained anew, as it was
      const verdict = await verdictOn(forged);
      assert.ok(!verdict.ok, what);
      assert.ok(verdict.why.length > 10);
    }
  }

  before(async () => {
    test = await openTestLedger();
    folder = mkdtempSync(join(tmpdir(), 'firebreak-edits-'));
    await fill();
  });

  after(async () => {
    await test.close();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const audience of AUDIENCES) {
    it(`is found for every member of every kind of line, dropped or doubled lines, for ${audience}`, async () => {
      const entries = await exported(audience);
      const kinds = new Set(entries.map(({ line }) => line));
      assert.equal(kinds.size, audience === 'auditor' ? 9 : 7, [...kinds].join(' '));
      for (const kind of kinds) {
        const at = entries.findLastIndex(({ line }) => line === kind);
        const { line, ...members } = entries[at]!;
        const leaves = kind === 'targets' || kind === 'acts' ? leavesOf(members).slice(0, 20) : leavesOf(members);
        for (const leaf of leaves)
          await isFound(entries, entries.with(at, { line, ...editedAt(members, leaf) }), `${kind} ${leaf.join('.')}`);
        if (kind === 'manifest') continue;
        await isFound(entries, counted(entries.toSpliced(at, 1)), `${kind} dropped`);
        const doubled = counted(entries.toSpliced(at, 0, entries[at]!));
        assert.equal((await verdictOn(doubled)).ok, false, `${kind} doubled`); // chained anew a record after the anchor may follow
      }
    });
  }

  it(`is found for each of ${DRAWN} drawn edits`, async () => {
    for (const [turn, audience] of AUDIENCES.entries()) {
      const entries = await exported(audience);
      for (let seed = turn; seed < DRAWN; seed += AUDIENCES.length) {
        const forged = drawn(entries, seededRandom(seed));
        if (canonicalJson([...forged]) === canonicalJson([...entries])) continue;
        const verdict = await verdictOn(forged);
        assert.ok(!verdict.ok, `seed ${seed}, ${audience}`);
      }
    }
  });

  it('is found against an anchor of the close, older than the export, for what the close covered', async () => {
    const head = await recordInventory(
      test.ledger,
      incident,
      'inventory:end',
      await takeInventory(test.ledger, incident),
    );
    const entries = await exported('auditor', head);
    for (const kind of ['dataset', 'targets', 'effects', 'acts', 'document', 'withheld', 'plan']) {
      const at = entries.findIndex(({ line }) => line === kind);
      const { line, ...members } = entries[at]!;
      for (const leaf of leavesOf(members).slice(0, 12))
        assert.equal(
          (await verdictOn(entries.with(at, { line, ...editedAt(members, leaf) }))).ok,
          false,
          `${kind} ${leaf.join('.')}`,
        );
    }
    for (const member of ['mode', 'state', 'planHash', 'playbook', 'openedAt', 'closedAt'])
      assert.equal((await verdictOn(entries.with(0, { ...entries[0]!, [member]: 'x' }))).ok, false, member);
  });

  it('is said to be covered by the signature alone where a forged inventory comes after the last anchor', async () => {
    const head = (await test.ledger.journal.head(incident))!;
    const entries = await exported('auditor', head);
    const forged = entries.map((entry): BundleEntry => {
      if (entry.line !== 'effects') return entry;
      return { ...entry, counts: { verified: 30 } };
    });
    const text = forged
      .filter(({ line }) => line === 'effects')
      .map((entry) => `${canonicalJson(entry)}\n`)
      .join('');
    const effects = { lines: 1, digest: createHash('sha256').update(text).digest('hex') };
    const last = forged.findLastIndex(({ line }) => line === 'record');
    const body = { ...(forged[last]!['body'] as object), effects };
    const verdict = await verdictOn(rechained(forged.with(last, { ...forged[last]!, body })));
    assert.ok(verdict.ok && !verdict.isInventoryAnchored && verdict.anchoredTo === head.seq, JSON.stringify(verdict));
  });
});
