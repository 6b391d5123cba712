import assert from 'node:assert/strict';
import type { Plan, PlanStep } from '../../../contracts/plan.ts';
import { compilePlaybook } from '../../../playbooks/compile.ts';
import { readLibrary, standardLibrary, type Library } from '../../../playbooks/library.ts';
import { bare, traits } from './builders.ts';

const NAMES = ['contain-and-tell', 'exposed-secrets', 'hardening-after-token-leak', 'leaked-token'];

describe('the library', () => {
  let library: Library;
  before(async () => {
    library = await readLibrary([standardLibrary]);
  });
  const planOf = (name: string): Plan => compilePlaybook(name, library, bare).plan;
  const stepOf = (plan: Plan, id: string): PlanStep =>
    plan.steps.find((step) => step.id === id) ?? assert.fail(`there is no ${id}`);

  /** A step and all that it waits for, inner steps with the step that runs them. */
  function pathTo(plan: Plan, id: string): readonly PlanStep[] {
    const seen = new Map<string, PlanStep>();
    const open = [id];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (seen.has(next)) continue;
      const step = stepOf(plan, next);
      seen.set(next, step);
      open.push(
        ...step.needs.map((need) => need.step),
        ...plan.steps.filter(({ scope }) => scope === step.id).map((inner) => inner.id),
      );
    }
    return [...seen.values()];
  }

  it('holds the playbooks that the documentation names', () =>
    assert.deepEqual([...library.playbooks.keys()].sort(), NAMES));

  for (const name of NAMES) {
    it(`compiles ${name}, with connectors that can only revoke for good and with such that take back`, () => {
      for (const reversible of [false, true]) {
        const connectors = (action: string) => traits({ name: action, reversible });
        assert.match(compilePlaybook(name, library, { ...bare, connectors }).planHash, /^[0-9a-f]{64}$/);
      }
    });
  }

  describe('exposed-secrets', () => {
    it('starts what the first minute needs at once', () => {
      const plan = planOf('exposed-secrets');
      for (const id of ['law', 'aware', 'hold', 'room', 'ready', 'shut', 'scope'])
        assert.deepEqual(stepOf(plan, id).needs, [], id);
    });

    it('takes evidence before it revokes, and proves before it tells', () => {
      const plan = planOf('exposed-secrets');
      const before = (id: string): readonly string[] => pathTo(plan, id).map((step) => step.id);
      assert.ok(before('round/contain').includes('round/preserve'));
      assert.ok(before('round/tell-people').includes('round/prove'));
      assert.ok(before('round/tell-people').includes('round/prove-services'));
    });

    it('does not wait for scope or people to contain what is known', () => {
      const before = pathTo(planOf('exposed-secrets'), 'round/contain').map(({ uses }) => uses);
      assert.deepEqual(
        before.filter((uses) => ['manual', 'facts.ask', 'wait.for', 'people.resolve'].includes(uses)),
        [],
      );
    });

    it('waits for no clock on the way to its close: people and acts only', () => {
      const waiting = pathTo(planOf('exposed-secrets'), 'close').filter(
        ({ uses, outlives }) => ['wait.until', 'credentials.watch'].includes(uses) && outlives === undefined,
      );
      assert.deepEqual(
        waiting.map(({ id }) => id),
        [],
      );
    });

    it('goes on watching after its close, and needs every filing decided before', () => {
      const plan = planOf('exposed-secrets');
      assert.equal(stepOf(plan, 'round/watch').outlives, 'close');
      const before = pathTo(plan, 'close').map(({ id }) => id);
      for (const id of ['noticed', 'referred', 'forensics-case', 'harden', 'review'])
        assert.ok(before.includes(id), id);
    });

    it('asks commander and privacy before people are told, in two languages', () => {
      const { approval, texts } = stepOf(planOf('exposed-secrets'), 'round/tell-people');
      assert.deepEqual([approval!.rule, approval!.roles], ['all', ['commander', 'privacy']]);
      assert.deepEqual(Object.keys(texts), ['exposed-secrets/de', 'exposed-secrets/en']);
    });

    it('may run a second round', () => assert.equal(planOf('exposed-secrets').amendments['widen']!.of, 'round'));
  });

  it('hardens with a check that can fail for each promise', () => {
    const plan = planOf('hardening-after-token-leak');
    const emptied = plan.steps
      .filter((step) => (step.with as { expectCount?: number }).expectCount === 0)
      .map(({ id }) => id);
    assert.deepEqual(emptied, ['org-empty', 'none-plain', 'canary-dead', 'classic-empty']);
  });
});
