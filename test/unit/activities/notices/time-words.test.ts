import assert from 'node:assert/strict';
import { timeWords } from '../../../../activities/notices/time-words.ts';
import type { JsonObject } from '../../../../contracts/json.ts';

const days = { from: '2024-05-28T00:00:00Z', to: '2024-05-29T00:00:00Z' };
const hours = { from: '2024-05-28T22:00:00Z', to: '2024-05-29T01:30:00Z' };

const CASES: readonly (readonly [JsonObject, en: string | null, de: string | null, other: string | null])[] = [
  [
    { at: '2024-05-28T14:20:09Z' },
    'on 28 May 2024 at 14:20 (UTC)',
    'am 28. Mai 2024 um 14:20 Uhr (UTC)',
    '2024-05-28 14:20 UTC',
  ],
  [
    days,
    'between 28 and 29 May 2024 (UTC)',
    'zwischen dem 28. und dem 29. Mai 2024 (UTC)',
    '2024-05-28 - 2024-05-29 UTC',
  ],
  [
    { from: '2023-12-31T00:00:00Z', to: '2024-03-01T00:00:00Z' },
    'between 31 December 2023 and 1 March 2024 (UTC)',
    'zwischen dem 31. Dezember 2023 und dem 1. März 2024 (UTC)',
    '2023-12-31 - 2024-03-01 UTC',
  ],
  [
    hours,
    'between 28 May at 22:00 and 29 May 2024 at 01:30 (UTC)',
    'zwischen dem 28. Mai um 22:00 Uhr und dem 29. Mai 2024 um 01:30 Uhr (UTC)',
    '2024-05-28 22:00 - 2024-05-29 01:30 UTC',
  ],
  [
    { from: '2024-05-28T00:00:00Z' },
    'on 28 May 2024 (UTC) at the earliest',
    'frühestens am 28. Mai 2024 (UTC)',
    '>= 2024-05-28 UTC',
  ],
  [{ unknown: true }, null, null, null],
];

describe('timeWords', () => {
  for (const [when, en, de, other] of CASES)
    it(`says ${JSON.stringify(when)} in the language of the text`, () => {
      assert.equal(timeWords(when, 'en'), en);
      assert.equal(timeWords(when, 'de-AT'), de);
      assert.equal(timeWords(when, 'default'), other);
    });
});
