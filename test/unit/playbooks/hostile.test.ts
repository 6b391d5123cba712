import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { actionCatalogue } from '../../../contracts/catalogue.ts';
import { readLibrary, standardLibrary, type Library } from '../../../playbooks/library.ts';
import { lintText } from '../../../playbooks/lint.ts';
import { hostileDocuments } from './hostile-documents.ts';

const DOCUMENTS = 500;
const ROUNDS = 5;
const EACH_MAX_MS = 250;
const FLAGSHIP_MAX_MS = 150;
const SEED = 20_240_501;
const surroundings = { catalogue: actionCatalogue, today: '2026-11-24' };
const flagship = readFileSync(join(standardLibrary, 'exposed-secrets.yaml'), 'utf8');

/** Milliseconds that a run took, by the wall or by the processor, whichever is less: other processes of the machine do not count. */
function timed(run: () => void): number {
  const before = process.cpuUsage();
  const startedMs = performance.now();
  run();
  const { user, system } = process.cpuUsage(before);
  return Math.min(performance.now() - startedMs, (user + system) / 1_000);
}

describe('lintText', () => {
  let library: Library;

  before(async () => {
    library = await readLibrary([standardLibrary]);
  });

  it(`answers each of ${DOCUMENTS} hostile documents, ${ROUNDS} times over, within ${EACH_MAX_MS} ms`, function () {
    this.timeout(120_000);
    const documents = hostileDocuments(DOCUMENTS, SEED, flagship);
    let slowest = { name: '', ms: 0 };
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const { name, text } of documents) {
        const lint = (): number =>
          timed(() => assert.ok(Array.isArray(lintText(text, 'hostile.yaml', library, surroundings)), name));
        let ms = lint();
        for (let again = 0; ms >= EACH_MAX_MS && again < 2; again += 1) ms = Math.min(ms, lint()); // a busy neighbour, or us?
        if (ms > slowest.ms) slowest = { name, ms };
      }
    }
    console.log(`      slowest of ${documents.length * ROUNDS}: ${slowest.ms.toFixed(1)} ms (${slowest.name})`);
    assert.equal(documents.length, DOCUMENTS);
    assert.ok(slowest.ms < EACH_MAX_MS, `${slowest.name} took ${slowest.ms} ms`);
  });

  it(`lints the flagship within ${FLAGSHIP_MAX_MS} ms`, () => {
    const lint = (): number =>
      timed(() => assert.deepEqual(lintText(flagship, 'exposed-secrets.yaml', library, surroundings), []));
    for (let warmUp = 0; warmUp < 3; warmUp += 1) lint();
    const times = Array.from({ length: 21 }, lint).sort((left, right) => left - right);
    const median = times[10]!;
    console.log(`      flagship: ${median.toFixed(1)} ms (median of ${times.length})`);
    assert.ok(median < FLAGSHIP_MAX_MS, `${median} ms`);
  });
});
