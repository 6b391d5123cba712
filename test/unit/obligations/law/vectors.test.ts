import assert from 'node:assert/strict';
import { assessLaw } from '../../../../obligations/law/law.ts';
import { markOf, sourceId, sourcesOf } from '../../../../obligations/law/marks.ts';
import { readFacts } from '../../../../obligations/law/read-facts.ts';
import { runVector, vectorFacts } from '../../../../obligations/law/vector.ts';
import { reviewedLaw, shippedLaw } from '../../../support/law.ts';

const DEEP: Readonly<Record<string, readonly string[]>> = {
  GDPR: ['GDPR'],
  UK: ['UK GDPR', 'UK PECR'],
  NIS2: ['NIS2'],
  CRA: ['CRA'],
  'SEC 8-K': ['SEC 8-K'],
  'New York': ['US New York'],
  California: ['US California'],
};

describe('vectors of the catalogue', () => {
  for (const record of shippedLaw.records)
    for (const vector of record.tests)
      it(`${record.id} (${record.effective.from ?? 'no date'}): ${vector.says}`, () => {
        assert.deepEqual(runVector(record, vector, shippedLaw), []);
      });

  it('are at least ten for each deep regime and three for every other', () => {
    const counts = new Map<string, number>();
    for (const { regime, status, tests } of shippedLaw.records)
      if (status === 'in_force' || status === 'superseded')
        counts.set(regime, (counts.get(regime) ?? 0) + tests.length);
    for (const [name, regimes] of Object.entries(DEEP)) {
      const count = regimes.reduce((sum, regime) => sum + (counts.get(regime) ?? 0), 0);
      assert.ok(count >= 10, `${name} has ${count}`);
    }
    for (const [regime, count] of counts) assert.ok(count >= 3, `${regime} has ${count}`);
  });

  it('notice a limit that is off by one', () => {
    const wrong = shippedLaw.records.flatMap((record) =>
      record.tests.map((vector) => {
        const phases = record.phases.map((phase) => ({
          ...phase,
          limits: phase.limits.map((limit) => ({ ...limit, n: limit.n + 1 })),
        }));
        const isRolled = record.phases.some(({ limits }) => limits.some(({ rollover }) => rollover));
        const hasDue =
          typeof vector.expect.due === 'string' && vector.phase === undefined && !vector.delays && !isRolled;
        return hasDue && runVector({ ...record, phases }, vector, shippedLaw).length === 0
          ? `${record.id}: ${vector.says}`
          : '';
      }),
    );
    assert.deepEqual(
      wrong.filter((text) => text !== ''),
      [],
    );
  });

  it('come to the same through the whole catalogue, in the version of their day', () => {
    for (const record of reviewedLaw.records)
      for (const vector of record.tests.filter(({ expect: { due } }) => typeof due === 'string')) {
        if (vector.phase !== undefined) continue;
        const atMs = vector.at === undefined ? undefined : Date.parse(vector.at);
        const known = readFacts(vectorFacts(vector, reviewedLaw.vocabulary), { ...reviewedLaw, atMs });
        const found = assessLaw(known, reviewedLaw).assessments.find(({ id }) => id === record.id);
        assert.equal(found?.version, record.effective.from, `${record.id}: ${vector.says}`);
        assert.equal(
          Date.parse(found.dueAt ?? ''),
          Date.parse(vector.expect.due ?? ''),
          `${record.id}: ${vector.says}`,
        );
      }
  });
});

describe('sources of the catalogue', () => {
  it('are listed, each number of each record with one', () => {
    for (const record of shippedLaw.records)
      for (const source of sourcesOf(record))
        assert.ok(shippedLaw.sources.has(sourceId(source) ?? ''), `${record.id}: ${source}`);
    const numbers = shippedLaw.records.flatMap(({ phases }) => phases.flatMap(({ limits }) => limits));
    assert.ok(numbers.length > 80);
    for (const { source } of numbers) assert.notEqual(sourceId(source), undefined);
  });

  it('make a record as sure as its worst one', () => {
    assert.deepEqual(['F:S1', 'F2:S6', 'M', 'contract'].map(markOf), ['found', 'secondary', 'memory', 'contract']);
  });
});
