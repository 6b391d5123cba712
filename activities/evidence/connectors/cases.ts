import assert from 'node:assert/strict';
import { copyLog, COPY_LIMITS } from '../copy-log.ts';
import type { ConformanceCase } from '../../conformance.ts';
import type { EvidenceSource } from '../port.ts';
import type { JsonObject } from '../../../contracts/json.ts';

/** What the cases need of a log beside the connector. */
export interface EvidenceBench {
  readonly source: EvidenceSource;
  /** Before every entry of the log; ISO 8601 UTC. */
  readonly beginning: string;
  /** All entries of the log, oldest first: enough for more than one page. */
  readonly entries: readonly JsonObject[];
  /** Makes the next read fail with status 503. */
  refuseNext(): void;
}

const linesOf = (body: Uint8Array): readonly JsonObject[] =>
  new TextDecoder()
    .decode(body)
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as JsonObject);

/** Conformance cases of sources of evidence. */
export const evidenceCases: readonly ConformanceCase<EvidenceBench>[] = [
  {
    name: 'copies every entry of every page, in order, as the source gave it',
    run: async ({ source, beginning, entries }) => {
      const copy = await copyLog(source, beginning);
      assert.equal(copy.isTruncated, false);
      assert.deepEqual(linesOf(copy.body), entries);
      assert.equal(copy.items, entries.length);
    },
  },
  {
    name: 'ends at a limit and says so',
    run: async ({ source, beginning, entries }) => {
      const bytes = Buffer.byteLength(`${JSON.stringify(entries[0])}\n`);
      const copy = await copyLog(source, beginning, { ...COPY_LIMITS, bytes });
      assert.equal(copy.isTruncated, true);
      assert.deepEqual(linesOf(copy.body), entries.slice(0, 1));
      assert.equal((await copyLog(source, beginning, { ...COPY_LIMITS, pages: 1 })).isTruncated, true);
    },
  },
  {
    name: 'throws a retryable code when the source is down for a moment',
    fault: 'rate-limit',
    run: async ({ source, beginning, ...bench }) => {
      bench.refuseNext();
      await assert.rejects(copyLog(source, beginning), { code: 'CONNECTOR_UNAVAILABLE' });
      assert.ok((await copyLog(source, beginning)).items > 0);
    },
  },
  {
    name: 'names its host without path or credential',
    run: ({ source }) => {
      assert.match(source.host, /^[\w.-]+(:\d+)?$/);
      return Promise.resolve();
    },
  },
];
