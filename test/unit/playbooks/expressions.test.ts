import assert from 'node:assert/strict';
import { ExpressionChecker, type CheckedExpression, type ExpressionPlace } from '../../../playbooks/expressions.ts';

const dataset = { $ref: 'firebreak:dataset', holds: 'credentials' };
const checker = new ExpressionChecker({
  inputs: {
    type: 'object',
    additionalProperties: false,
    required: ['store', 'stores'],
    properties: {
      store: { type: 'string' },
      stores: { type: 'array', items: { type: 'string' }, maxItems: 10 },
      note: { type: 'string' },
      days: { type: 'integer' },
      since: { $ref: 'firebreak:when' },
      grace: { $ref: 'firebreak:duration' },
    },
  },
  steps: {
    scope: {
      type: 'object',
      additionalProperties: false,
      properties: { dataset, used: { type: 'integer' } },
      required: ['dataset'],
    },
    extra: { type: 'object', additionalProperties: false, properties: { dataset }, required: ['dataset'] },
    'tell-people': {
      type: 'object',
      additionalProperties: false,
      properties: { targets: { type: 'integer' } },
      required: ['targets'],
    },
  },
  uncertain: new Set(['extra']),
  roles: ['commander'],
});

function good(source: string, place: ExpressionPlace = 'step'): CheckedExpression {
  const checked = checker.check(source, place);
  if ('code' in checked) assert.fail(`${checked.code}: ${checked.message}`);
  return checked;
}

function faultOf(source: string, place: ExpressionPlace = 'step'): string {
  const checked = checker.check(source, place);
  return 'code' in checked ? checked.code : `accepted as ${checked.type}`;
}

function unguarded(source: string): readonly string[] {
  return good(source).unguarded.map(({ path }) => path);
}

describe('ExpressionChecker', () => {
  for (const [source, type] of [
    ['inputs.store', 'string'],
    ['inputs.stores', 'list<string>'],
    ['size(inputs.stores) > 2', 'bool'],
    ['inputs.stores.exists(store, store == "a")', 'bool'],
    ['inputs.store.startsWith("a") ? 1 : 2', 'int'],
    ['steps.scope.dataset', 'Credentials'],
    ['steps.scope.dataset.count', 'int'],
    ['steps["tell-people"].targets + 1', 'int'],
    ["steps['tell-people'].targets", 'int'],
    ['facts.scopeFinal == true', 'bool'],
    ['facts.residents', 'list<string>'],
    ['roles.commander[0]', 'string'],
    ['incident.mode == "drill"', 'bool'],
  ] as const) {
    it(`types ${source} as ${type}`, () => assert.equal(good(source).type, type));
  }

  for (const [source, code] of [
    ['', 'PLAYBOOK_EXPRESSION_INVALID'],
    ['inputs.', 'PLAYBOOK_EXPRESSION_INVALID'],
    [`inputs.store == "${'x'.repeat(1_000)}"`, 'PLAYBOOK_EXPRESSION_INVALID'],
    ['inputs.shop', 'PLAYBOOK_EXPRESSION_TYPE'],
    ['inputs.store.length', 'PLAYBOOK_EXPRESSION_TYPE'],
    ['inputs.store + 1', 'PLAYBOOK_EXPRESSION_TYPE'],
    ['inputs', 'PLAYBOOK_EXPRESSION_TYPE'],
    ['steps', 'PLAYBOOK_EXPRESSION_TYPE'],
    ['steps[inputs.store]', 'PLAYBOOK_EXPRESSION_TYPE'],
    ['has(steps.scop)', 'PLAYBOOK_EXPRESSION_TYPE'],
    ['has(facts.awarAt)', 'PLAYBOOK_EXPRESSION_TYPE'],
    ['steps.scope.dataset == steps.extra.dataset', 'PLAYBOOK_EXPRESSION_TYPE'],
    ['roles.comander', 'PLAYBOOK_EXPRESSION_TYPE'],
    ['item.kind', 'PLAYBOOK_EXPRESSION_TYPE'],
    ['secrets.token', 'PLAYBOOK_EXPRESSION_TYPE'],
    ['steps.tell-people.targets', 'PLAYBOOK_STEP_UNREADABLE'],
    ['inputs.store.matches("a")', 'PLAYBOOK_EXPRESSION_FORBIDDEN'],
    ['inputs.store.split(",")', 'PLAYBOOK_EXPRESSION_FORBIDDEN'],
    ['inputs.stores.join(",")', 'PLAYBOOK_EXPRESSION_FORBIDDEN'],
    ['dyn(inputs.store)', 'PLAYBOOK_EXPRESSION_FORBIDDEN'],
    ['cel.bind(x, 1, x)', 'PLAYBOOK_EXPRESSION_FORBIDDEN'],
    ['inputs.stores.all(a, inputs.stores.all(b, a == b))', 'PLAYBOOK_EXPRESSION_FORBIDDEN'],
    ['inputs.stores.all(a, a == "") || inputs.stores.all(b, b == "")', 'PLAYBOOK_EXPRESSION_FORBIDDEN'],
    ['timestamp(incident.openedAt).getHours("Asia/Tokyo") > 3', 'PLAYBOOK_EXPRESSION_FORBIDDEN'],
  ] as const) {
    it(`refuses ${source === '' ? 'nothing' : source.slice(0, 70)} as ${code}`, () =>
      assert.equal(faultOf(source), code));
  }

  it('reads nothing but the target where a target is asked for', () => {
    assert.equal(good("item.kind == 'service'", 'target').type, 'bool');
    assert.equal(faultOf('inputs.store', 'target'), 'PLAYBOOK_EXPRESSION_TYPE');
    assert.equal(faultOf('item.kidn', 'target'), 'PLAYBOOK_EXPRESSION_TYPE');
  });

  it('names the steps and facts that are read, those inside has(...) too', () => {
    const { steps, facts } = good('has(steps.extra) && steps.scope.dataset.count > 0 && facts.scopeFinal');
    assert.deepEqual([...steps].sort(), ['extra', 'scope']);
    assert.deepEqual(facts, ['scopeFinal']);
  });

  describe('unguarded', () => {
    it('lists a step that may end without outputs, an optional output, an optional input', () => {
      assert.deepEqual(unguarded('steps.extra.dataset.count'), ['steps.extra']);
      assert.deepEqual(unguarded('steps.scope.used'), ['steps.scope.used']);
      assert.deepEqual(unguarded('inputs.note'), ['inputs.note']);
      assert.deepEqual(unguarded('inputs.since.at'), ['inputs.since']);
      assert.deepEqual(unguarded('facts.awareAt.at'), ['facts.awareAt.at']);
    });

    it('leaves out what is asked for first', () => {
      assert.deepEqual(unguarded('has(steps.extra) && steps.extra.dataset.count > 1'), []);
      assert.deepEqual(unguarded('!has(steps.extra) || steps.extra.dataset.count > 1'), []);
      assert.deepEqual(unguarded('has(inputs.note) ? inputs.note : inputs.store'), []);
      assert.deepEqual(unguarded('!has(inputs.note) ? inputs.store : inputs.note'), []);
      assert.deepEqual(unguarded('has(inputs.note)'), []);
      assert.deepEqual(unguarded('facts.awareAt'), []);
    });

    it('keeps what is asked for in vain', () => {
      assert.deepEqual(unguarded('has(inputs.note) || inputs.note == ""'), ['inputs.note']);
      assert.deepEqual(unguarded('has(inputs.note) ? inputs.store : inputs.note'), ['inputs.note']);
      assert.deepEqual(unguarded('inputs.note == "" && has(inputs.note)'), ['inputs.note']);
      assert.deepEqual(unguarded('has(steps.extra.dataset)'), ['steps.extra']); // has(...) looks at its last part only
    });
  });
});
