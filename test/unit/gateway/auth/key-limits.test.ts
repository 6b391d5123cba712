import assert from 'node:assert/strict';
import { refuseBeyondKey } from '../../../../gateway/auth/key-limits.ts';
import { doorKey } from '../stand.ts';
import type { DoorKey } from '../../../../gateway/deps.ts';

const start = { playbook: 'leaked-token', mode: 'live', inputs: {} } as const;

describe('refuseBeyondKey', () => {
  const cases: readonly (readonly [string, Partial<DoorKey>, object, string | undefined])[] = [
    ['anything for a key without limits', {}, {}, undefined],
    ['a playbook that is listed', { playbooks: ['leaked-token'] }, {}, undefined],
    ['a playbook that is not', { playbooks: ['exposed-secrets'] }, {}, 'the key soar may not start that playbook'],
    ['any playbook where none is listed', { playbooks: [] }, {}, 'the key soar may not start that playbook'],
    ['a mode that is not listed', { modes: ['drill'] }, {}, 'the key soar may not start in mode live'],
    ['what is as grave as the ceiling', { severity: 'high' }, { inputs: { severity: 'high' } }, undefined],
    [
      'what is graver',
      { severity: 'high' },
      { inputs: { severity: 'critical' } },
      'the key soar starts nothing graver than high by itself',
    ],
    [
      'what does not say how grave it is',
      { severity: 'high' },
      {},
      'the key soar starts nothing graver than high by itself',
    ],
    [
      'what says it in no word of ours',
      { severity: 'high' },
      { inputs: { severity: 'minor' } },
      'the key soar starts nothing graver than high by itself',
    ],
    ['a grave drill', { severity: 'low' }, { mode: 'drill' }, undefined],
    ['everything under the highest ceiling', { severity: 'critical' }, {}, undefined],
  ];
  for (const [what, limits, more, refusal] of cases)
    it(`${refusal === undefined ? 'lets through' : 'refuses'} ${what}`, () => {
      const ask = () => {
        refuseBeyondKey({ key: doorKey('soar', limits) }, { ...start, ...more });
      };
      if (refusal === undefined) assert.doesNotThrow(ask);
      else assert.throws(ask, { code: 'GATEWAY_FORBIDDEN', what: refusal });
    });
});
