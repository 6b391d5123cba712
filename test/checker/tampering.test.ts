import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rewritten, sampleKey, writeSampleBundle, type BundleLine } from './sample-bundle.ts';
import { seededRandom, type SeededRandom } from '../../demo/world/random.ts';
import { verifyBundle, type Headway } from '../../cli/bundle-verify.ts';

const RECORDS = 150;
const DAMAGES = 1_000;
const REWRITES = 200;
/** In CI; a million by hand: `FIREBREAK_BUNDLE_RECORDS=1000000 npx mocha test/checker/tampering.test.ts`. */
const LARGE = Number(process.env['FIREBREAK_BUNDLE_RECORDS'] ?? 20_000);
const MS_A_RECORD = 60_000 / 1_000_000; // a million records within a minute
const START_MS = 2_000; // what a loaded machine takes before the first record

type Damage = (lines: readonly string[], random: SeededRandom) => readonly string[];

function replaceAt(text: string, at: number, random: SeededRandom): string {
  const other = String.fromCharCode(33 + ((text.charCodeAt(at) - 33 + 1 + random.below(90)) % 93));
  return text.slice(0, at) + other + text.slice(at + 1);
}

/** What somebody could do to the lines of a bundle. */
const damages: Readonly<Record<string, Damage>> = {
  edit: (lines, random) => {
    const index = random.below(lines.length);
    return lines.with(index, replaceAt(lines[index]!, random.below(lines[index]!.length), random));
  },
  delete: (lines, random) => lines.toSpliced(random.below(lines.length), 1 + random.below(5)),
  swap: (lines, random) => {
    const [left, by] = [random.below(lines.length), 1 + random.below(lines.length - 1)];
    const right = (left + by) % lines.length;
    return lines.with(left, lines[right]!).with(right, lines[left]!);
  },
  truncate: (lines, random) => {
    const text = lines.join('\n');
    return text.slice(0, random.below(text.length)).split('\n');
  },
  splice: (lines, random) => {
    const from = random.below(lines.length);
    return lines.toSpliced(random.below(lines.length), 0, ...lines.slice(from, from + 1 + random.below(5)));
  },
};

describe('a bundle that was tampered with', function () {
  this.timeout(900_000); // a million records are written first, beside other work
  const key = sampleKey();
  let folder: string;
  const path = (name: string): string => join(folder, name);
  const linesOf = (name: string): readonly string[] => readFileSync(path(name), 'utf8').trimEnd().split('\n');

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'firebreak-tampering-'));
    const head = await writeSampleBundle(path('good.fbb'), RECORDS, key);
    writeFileSync(path('anchor.jsonl'), `${JSON.stringify({ incident: 'INC-2026-0001', ...head, at: '' })}\n`);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('verifies as long as nobody touched it', async () => {
    assert.equal((await verifyBundle(path('good.fbb'), { anchor: path('anchor.jsonl') })).ok, true);
  });

  it(`is found out for each of ${DAMAGES} drawn edits, deletions, swaps, truncations and splices`, async () => {
    const lines = linesOf('good.fbb');
    const names = Object.keys(damages);
    for (let seed = 0; seed < DAMAGES; seed += 1) {
      const name = names[seed % names.length]!;
      const damaged = damages[name]!(lines, seededRandom(seed));
      if (damaged.join('\n') === lines.join('\n')) continue; // two equal lines were swapped
      writeFileSync(path('bad.fbb'), `${damaged.join('\n')}\n`);
      assert.equal((await verifyBundle(path('bad.fbb'))).ok, false, `${name}, seed ${seed}`);
    }
  });

  it(`is found out against an anchor for each of ${REWRITES} chains rewritten and signed again with the real key`, async () => {
    const lines = linesOf('good.fbb').map((line) => JSON.parse(line) as BundleLine);
    for (let seed = 0; seed < REWRITES; seed += 1) {
      const random = seededRandom(seed);
      const at = 1 + random.below(RECORDS);
      const forged = lines.map((line, index) => (index === at ? { ...line, actor: `person-${seed}` } : line));
      const changed = [forged, lines.toSpliced(at, 1), [...lines.slice(0, at), ...lines.slice(-1)]][seed % 3]!;
      writeFileSync(path('forged.fbb'), rewritten(changed, key));
      assert.equal((await verifyBundle(path('forged.fbb'))).ok, true, 'without an anchor its holder could do that');
      const verdict = await verifyBundle(path('forged.fbb'), { anchor: path('anchor.jsonl') });
      assert.ok(!verdict.ok && verdict.code === 'BUNDLE_ANCHOR_MISMATCH', `seed ${seed}`);
    }
  });

  it(`is verified in time with ${LARGE} records`, async () => {
    await writeSampleBundle(path('large.fbb'), LARGE, key);
    const startedAt = performance.now();
    const told: Headway[] = [];
    let mostBytes = 0;
    const onHeadway = (headway: Headway): void => {
      told.push(headway);
      mostBytes = Math.max(mostBytes, process.memoryUsage.rss());
    };
    const verdict = await verifyBundle(path('large.fbb'), { onHeadway });
    const tookMs = performance.now() - startedAt;
    assert.ok(verdict.ok && verdict.records === LARGE);
    const { size } = statSync(path('large.fbb'));
    const last = told.at(-1);
    assert.deepEqual([last?.read, last?.size], [size, size], 'it told how far it was, to the end');
    assert.ok((last?.records ?? 0) > LARGE * 0.9, 'and how many records that were');
    assert.ok(tookMs < START_MS + LARGE * MS_A_RECORD, `${LARGE} records took ${tookMs.toFixed(0)} ms`);
    const took = `${LARGE} records verified in ${(tookMs / 1_000).toFixed(1)} s, ${Math.round(mostBytes / 2 ** 20)} MB`;
    if (LARGE > 20_000) process.stderr.write(`${took}\n`);
  });
});
