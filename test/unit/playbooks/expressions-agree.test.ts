import assert from 'node:assert/strict';
import { ExpressionChecker } from '../../../playbooks/expressions.ts';
import { evaluate, type Scope } from '../../../workflows/interpreter/expressions.ts';
import type { Json } from '../../../contracts/json.ts';

const dataset = { id: 'd', kind: 'credentials', count: 3, digest: 'ab' };
const scope = (rate: number): Scope => ({
  inputs: { store: 'Spaces', rate, days: 3, tags: ['a', 'b'], note: 'n', targets: dataset },
  facts: { residents: ['DE', 'FR'], scopeFinal: true, affectedPeople: 12, awareAt: { at: '2026-11-24T03:00:00Z' } },
  steps: { scope: { dataset, count: 3 }, 'tell-people': { targets: 5 } },
  incident: { id: 'INC-2026-0042', mode: 'live', requester: 'alice', openedAt: '2026-11-24T03:04:05.000Z' },
  roles: { commander: ['alice', 'bob'] },
});

const checker = new ExpressionChecker({
  inputs: {
    type: 'object',
    additionalProperties: false,
    required: ['store', 'rate', 'days', 'tags', 'note', 'targets'],
    properties: {
      store: { type: 'string' },
      rate: { type: 'number' },
      days: { type: 'integer' },
      tags: { type: 'array', items: { type: 'string' } },
      note: { type: 'string' },
      targets: { $ref: 'firebreak:dataset' },
    },
  },
  steps: {
    scope: {
      type: 'object',
      additionalProperties: false,
      required: ['dataset', 'count'],
      properties: { dataset: { $ref: 'firebreak:dataset' }, count: { type: 'integer' } },
    },
    'tell-people': {
      type: 'object',
      additionalProperties: false,
      required: ['targets'],
      properties: { targets: { type: 'integer' } },
    },
    extra: {
      type: 'object',
      additionalProperties: false,
      required: ['count'],
      properties: { count: { type: 'integer' } },
    },
  },
  uncertain: new Set(['extra']),
  roles: ['commander'],
});

/** Expressions with what the engine makes of them. */
const golden: readonly (readonly [string, Json])[] = [
  ["inputs.store == 'Spaces'", true],
  ['inputs.store.lowerAscii()', 'spaces'],
  ['inputs.store.upperAscii().contains("PAC")', true],
  ['inputs.store.substring(0, 2) + inputs.store.trim()', 'SpSpaces'],
  ['inputs.store.indexOf("a") < inputs.store.lastIndexOf("s")', true],
  ['size(inputs.tags) == 2 && inputs.tags.size() == 2', true],
  ['"a" in inputs.tags', true],
  ['inputs.tags[1]', 'b'],
  ['inputs.tags.exists_one(tag, tag == "a")', true],
  ['inputs.tags.map(tag, tag + "!")', ['a!', 'b!']],
  ['inputs.tags.filter(tag, tag != "a")', ['b']],
  ['inputs.days * 2 + 1', 7],
  ['inputs.days / 2', 1],
  ['-inputs.days % 2', -1],
  ['inputs.rate > 1', true],
  ['inputs.rate >= 1.5', true],
  ['double(inputs.rate) * 2.0 > 2.5', true],
  ['string(inputs.days) + " days"', '3 days'],
  ['int("7") + inputs.days', 10],
  ['bool("true")', true],
  ['inputs.targets', dataset],
  ['steps.scope.dataset.count > 2', true],
  ["steps['tell-people'].targets - steps.scope.count", 2],
  ['has(steps.extra) ? steps.extra.count : 0', 0],
  ['!has(steps.extra) || steps.extra.count > 1', true],
  ['has(facts.misuseFound)', false],
  ['facts.residents.all(land, land.startsWith("D") || land.endsWith("R"))', true],
  ['facts.affectedPeople + 1', 13],
  ['has(facts.awareAt.at) && timestamp(facts.awareAt.at) < timestamp(incident.openedAt)', true],
  ['timestamp(incident.openedAt).getHours()', 3],
  ['timestamp(incident.openedAt) - timestamp("2026-11-24T03:00:00Z") > duration("2m")', true],
  ['timestamp(incident.openedAt).getDayOfWeek()', 2],
  ['roles.commander[0] != incident.requester', false],
  ['{"store": inputs.store}', { store: 'Spaces' }],
];

describe('what lint accepts', () => {
  for (const [source, expected] of golden) {
    it(`the engine evaluates: ${source}`, () => {
      const checked = checker.check(source, 'step');
      assert.ok(!('code' in checked), 'message' in checked ? checked.message : '');
      for (const rate of [2, 1.5]) assert.deepEqual(evaluate(source, scope(rate)), { value: expected });
    });
  }

  it('does not reckon with a number that may be whole or not', () => {
    const checked = checker.check('inputs.rate * 2.0', 'step');
    assert.ok('code' in checked && checked.message.includes('double(inputs.rate)'));
  });
});
