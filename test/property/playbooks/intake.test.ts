import assert from 'node:assert/strict';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { readSource } from '../../../playbooks/intake.ts';
import { lintText } from '../../../playbooks/lint.ts';
import { partsOf } from '../../../playbooks/scan-expressions.ts';
import { bare, libraryOf } from '../../unit/playbooks/builders.ts';

const RUNS = { numRuns: 300 };
const key = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9]{0,8}$/);
const plain = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.boolean(),
    fc.constant(null),
    fc.integer(),
    fc.stringMatching(/^[ -~]{0,20}$/),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

describe('readSource', () => {
  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const { source, diagnostics } = readSource(text, 'any.yaml');
        assert.equal(source === undefined, diagnostics.length > 0);
      }),
      RUNS,
    );
  });

  it('gives back what was written, in either style', () => {
    fc.assert(
      fc.property(fc.dictionary(key, plain, { maxKeys: 5, noNullPrototype: true }), (value) => {
        for (const text of [stringify(value, { aliasDuplicateObjects: false }), JSON.stringify(value)])
          assert.deepEqual(readSource(text, 'any.yaml').source?.value, value);
      }),
      RUNS,
    );
  });
});

describe('lintText', () => {
  it('never throws, whatever stands where', () => {
    const part = fc.oneof(
      plain,
      fc.constantFrom('incident.report', 'playbook.run', '${{ inputs.a }}', '${{', 'commander'),
    );
    const step = fc.dictionary(
      fc.constantFrom('id', 'uses', 'needs', 'when', 'forEach', 'with', 'approval', 'rollout', 'undo', 'other'),
      part,
      { noNullPrototype: true },
    );
    const file = fc.record({
      apiVersion: fc.constant('firebreak/v1'),
      kind: fc.constant('Playbook'),
      metadata: fc.oneof(part, fc.constant({ name: 'any', title: 'Any', version: 1 })),
      inputs: part,
      roles: part,
      limits: part,
      amendments: part,
      steps: fc.oneof(part, fc.array(fc.oneof(step, part), { maxLength: 5 })),
    });
    fc.assert(
      fc.property(file, (value) => {
        assert.ok(lintText(JSON.stringify(value), 'any.yaml', libraryOf([]), bare).length >= 0);
      }),
      RUNS,
    );
  });
});

describe('partsOf', () => {
  it('gives parts that put together are the text', () => {
    const literal = fc.stringMatching(/^[a-z $]{1,8}$/);
    const cel = fc.stringMatching(/^[a-z]{1,8}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(literal, cel), { minLength: 1, maxLength: 6 }), (pairs) => {
        const text = pairs.map(([before, source]) => `${before}\${{ ${source} }}`).join('');
        const parts = partsOf(text) ?? [];
        assert.equal(parts.map((part) => ('cel' in part ? `\${{ ${part.cel} }}` : part.text)).join(''), text);
      }),
      RUNS,
    );
  });
});
