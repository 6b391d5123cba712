import assert from 'node:assert/strict';
import { evaluate, fill, type Scope } from '../../../../workflows/interpreter/expressions.ts';
import type { Json } from '../../../../contracts/json.ts';

const scope: Scope = {
  inputs: { store: 'spaces', count: 3, share: 0.5, list: ['a', 'b'], nothing: null, 'with-dash': true },
  facts: { residents: ['DE', 'FR'], detectedAt: { unknown: true } },
  steps: { scope: { dataset: { id: 'ds-1', count: 7 } }, 'two-words': { ok: true } },
  incident: { id: 'INC-2026-0001', mode: 'live' },
  roles: { commander: ['casey'] },
};

/** Value or code of an expression. */
function of(source: string): Json {
  const answer = evaluate(source, scope);
  return 'error' in answer ? answer.error.code : answer.value;
}

describe('evaluate', () => {
  const golden: readonly (readonly [string, Json])[] = [
    ['1 + 2', 3],
    ['inputs.count + 1', 4],
    ['inputs.count % 2 == 1', true],
    ['inputs.share * 3.0', 1.5],
    ['inputs.list.size()', 2],
    ['size(inputs.list) > 1 ? "many" : "one"', 'many'],
    ['"DE" in facts.residents', true],
    ['facts.residents.exists(country, country == "FR")', true],
    ['has(facts.detectedAt.at)', false],
    ['has(facts.awareAt)', false],
    ['steps.scope.dataset', { id: 'ds-1', count: 7 }],
    ['steps["two-words"].ok && inputs["with-dash"]', true],
    ['inputs.nothing == null', true],
    ['incident.id + "/" + roles.commander[0]', 'INC-2026-0001/casey'],
    ['{"a": [1, 2]}', { a: [1, 2] }],
    ['timestamp("2026-11-24T10:00:00Z")', '2026-11-24T10:00:00.000Z'],
    ['inputs.store.startsWith("sp")', true],
    ['false || inputs.count > 2', true],
  ];
  for (const [source, value] of golden) {
    it(`gives ${JSON.stringify(value)} for ${source}`, () => {
      assert.deepEqual(of(source), value);
    });
  }

  it('says that an input is missing where a key, a variable or a place is not there', () => {
    for (const source of ['inputs.other', 'steps.later.dataset', 'nobody', 'inputs.list[9]'])
      assert.equal(of(source), 'INPUT_MISSING', source);
  });

  it('says that an expression failed for everything else', () => {
    for (const source of ['1 / 0', 'inputs.store + 1', '1 +', 'b"bytes"', '9223372036854775807', 'duration("1h")'])
      assert.equal(of(source), 'EXPRESSION_FAILED', source);
  });

  it('reaches no prototype', () => {
    for (const source of ['inputs.constructor', 'inputs.__proto__', 'inputs.list.constructor', 'inputs.toString'])
      assert.equal(of(source), 'INPUT_MISSING', source);
  });

  it('names the expression in what it says', () => {
    const answer = evaluate('inputs.other', scope);
    assert.ok('error' in answer && answer.error.message.includes('${{ inputs.other }}'));
  });
});

describe('fill', () => {
  it('replaces expressions and texts at any depth and keeps the rest', () => {
    const template = {
      plain: { $other: 1, list: [1, { $cel: 'inputs.count' }] },
      text: {
        $text: ['store ', { $cel: 'inputs.store' }, ', ', { $cel: 'inputs.list' }, ', ', { $cel: 'inputs.count' }],
      },
    };
    assert.deepEqual(fill(template, scope), {
      value: { plain: { $other: 1, list: [1, 3] }, text: 'store spaces, ["a","b"], 3' },
    });
  });

  it('gives the first error in document order', () => {
    const answer = fill({ a: [{ $cel: 'inputs.first' }], b: { $cel: '1 / 0' } }, scope);
    assert.ok('error' in answer && answer.error.message.includes('inputs.first'));
  });
});
