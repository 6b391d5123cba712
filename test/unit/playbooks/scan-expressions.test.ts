import assert from 'node:assert/strict';
import { partsOf, soleExpression, templateOf } from '../../../playbooks/scan-expressions.ts';

describe('partsOf', () => {
  it('takes a text apart in order', () => {
    assert.deepEqual(partsOf('a ${{ x }} b ${{y}}'), [{ text: 'a ' }, { cel: 'x' }, { text: ' b ' }, { cel: 'y' }]);
  });

  it('leaves braces and quotes inside an expression to it', () => {
    assert.deepEqual(partsOf("${{ {'a': {'b': '}}'}} }}"), [{ cel: "{'a': {'b': '}}'}}" }]);
    assert.deepEqual(partsOf('${{ "it\\"}}" }}'), [{ cel: '"it\\"}}"' }]);
  });

  it('gives nothing for an expression that is not closed', () => {
    assert.equal(partsOf('${{ a'), undefined);
    assert.equal(partsOf('${{ a }} ${{ b }'), undefined);
    assert.equal(partsOf("${{ 'a }}"), undefined);
  });
});

describe('soleExpression', () => {
  it('is the source of a text that is one expression', () => assert.equal(soleExpression('  ${{ a }} '), 'a'));

  it('is nothing for two, or for text around one', () => {
    assert.equal(soleExpression('${{ a }}${{ b }}'), undefined);
    assert.equal(soleExpression('x ${{ a }}'), undefined);
    assert.equal(soleExpression('x'), undefined);
  });
});

describe('templateOf', () => {
  it('marks expressions and concatenations, and leaves the rest', () => {
    assert.deepEqual(templateOf({ a: '${{ x }}', b: ['n ${{ y }}', 1, null], c: 'plain' }), {
      a: { $cel: 'x' },
      b: [{ $text: ['n ', { $cel: 'y' }] }, 1, null],
      c: 'plain',
    });
  });
});
