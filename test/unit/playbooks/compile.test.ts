import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { canonicalJson } from '../../../contracts/json.ts';
import { isCodedError } from '../../../contracts/errors.ts';
import { needsSecondFactor, type CompiledPlan, type PlanStep } from '../../../contracts/plan.ts';
import { compilePlaybook } from '../../../playbooks/compile.ts';
import { explainPlan } from '../../../playbooks/explain.ts';
import type { LibraryText } from '../../../playbooks/library.ts';
import { bare, libraryOf, playbookYaml, revocation, traits, type StepData } from './builders.ts';

function compiled(
  steps: readonly StepData[],
  head: Readonly<Record<string, unknown>> = {},
  others: readonly string[] = [],
  texts: readonly LibraryText[] = [],
): CompiledPlan {
  return compilePlaybook('built', libraryOf([playbookYaml(steps, head), ...others], texts), bare);
}

function stepOf({ plan }: CompiledPlan, id: string): PlanStep {
  return plan.steps.find((step) => step.id === id) ?? assert.fail(`there is no ${id}`);
}

const targets = { store: 'spaces', targets: '${{ inputs.targets }}' };
const runs = (id: string, playbook: string, inputs: unknown = targets): StepData => ({
  id,
  uses: 'playbook.run',
  with: { playbook, inputs },
});

describe('compilePlaybook', () => {
  it('names the plan by the hash of its canonical form', () => {
    const { plan, planHash } = compiled(revocation());
    assert.equal(planHash, createHash('sha256').update(canonicalJson(plan)).digest('hex'));
  });

  it('writes every default out', () => {
    const { approval, rollout, retry, timeoutMs, onFailure, onUnknown, queue } = stepOf(
      compiled(revocation()),
      'contain',
    );
    assert.deepEqual(approval, {
      rule: 'any',
      roles: ['commander'],
      quorum: 1,
      withinMs: 900_000,
      onExpiry: 'escalate',
    });
    assert.deepEqual(rollout, { first: [], canary: 0, page: 500, window: 4 });
    assert.deepEqual(
      { timeoutMs, onFailure, onUnknown, queue, cap: retry.capMs },
      { timeoutMs: 120_000, onFailure: 'ask', onUnknown: 'report', queue: 'privileged', cap: 20_000 },
    );
  });

  it('keeps from how many targets on each yes is signed by the own key of who says it', () => {
    const plan = compiled(
      revocation({ approval: { any: ['commander'], within: 'PT2H', secondFactor: { above: 1_000 } } }),
    );
    const { approval } = stepOf(plan, 'contain');
    assert.equal(approval?.secondFactorAbove, 1_000);
    assert.deepEqual(
      [1_000, 1_001].map((targets) => needsSecondFactor(approval, targets)),
      [false, true],
    );
    assert.match(explainPlan(plan.plan), /commander, each with a signature for more than 1000/);
  });

  it('chains steps without `needs`, and asks one person for each role of `all`', () => {
    const plan = compiled(
      revocation({ approval: { all: ['commander', 'privacy'], within: 'PT2H', onExpiry: 'halt' } }),
    );
    assert.deepEqual(stepOf(plan, 'prove').needs, [{ step: 'contain' }]);
    assert.deepEqual(stepOf(plan, 'contain').approval, {
      rule: 'all',
      roles: ['commander', 'privacy'],
      quorum: 2,
      withinMs: 7_200_000,
      onExpiry: 'halt',
    });
  });

  it('marks expressions, and keeps the order of a split', () => {
    const split = { zulu: "${{ item.kind == 'service' }}", alpha: "${{ item.issuer != 'own' }}" };
    const plan = compiled([
      { id: 'sorted', needs: [], uses: 'credentials.list', with: { from: '${{ inputs.targets }}', split } },
      {
        id: 'note',
        needs: ['sorted'],
        uses: 'chat.topic',
        with: { text: 'n ${{ steps.sorted.zulu.count }}' },
        when: '${{ facts.scopeFinal }}',
      },
    ]);
    assert.deepEqual(stepOf(plan, 'sorted').with, {
      from: { $cel: 'inputs.targets' },
      split: [
        { part: 'zulu', when: "item.kind == 'service'" },
        { part: 'alpha', when: "item.issuer != 'own'" },
      ],
    });
    const { with: given, reads, readsFacts, when } = stepOf(plan, 'note');
    assert.deepEqual(given, { text: { $text: ['n ', { $cel: 'steps.sorted.zulu.count' }] } });
    assert.deepEqual(
      { reads, readsFacts, when },
      { reads: ['sorted'], readsFacts: ['scopeFinal'], when: 'facts.scopeFinal' },
    );
  });

  it('keeps the playbook of a follow-up', () => {
    const child = playbookYaml([{ id: 'a', uses: 'incident.report' }], {}, 'child');
    const plan = compiled(
      [{ id: 'harden', uses: 'incident.followUp', with: { playbook: 'child', of: 'commander', due: 'P30D' } }],
      {},
      [child],
    );
    assert.deepEqual(stepOf(plan, 'harden').with, { playbook: 'child', of: 'commander', due: 'P30D' });
  });

  it('records the connector that will act', () => {
    const library = libraryOf([playbookYaml(revocation())]);
    const connectors = (action: string) => (action === 'credentials.revoke' ? traits({ name: 'rfc7009' }) : undefined);
    const plan = compilePlaybook('built', library, { ...bare, connectors });
    assert.equal(stepOf(plan, 'contain').connector, 'rfc7009');
    assert.notEqual(plan.planHash, compilePlaybook('built', library, bare).planHash);
  });

  describe('when a playbook runs another', () => {
    const inner = playbookYaml(
      revocation({ needs: [] }).map((step) => ({ needs: ['contain'], ...step })),
      { limits: { 'credentials.revoke': { max: 10, perHour: 500 } } },
      'inner',
    );
    const middle = playbookYaml(
      [runs('round', 'inner')],
      { amendments: { again: { run: 'inner', approval: { any: ['privacy'], within: 'PT1H' } } } },
      'middle',
    );
    const plan = compiled(
      [runs('first', 'middle'), runs('second', 'inner')],
      {
        limits: { 'credentials.revoke': { max: 50, perHour: 100 } },
        amendments: { widen: { of: 'second', approval: { any: ['commander'], within: 'PT15M' } } },
      },
      [middle, inner],
    );

    it('inlines it as a scope with full ids, behind the step that runs it', () => {
      assert.deepEqual(
        plan.plan.steps.map(({ id, scope }) => [id, scope]),
        [
          ['first', ''],
          ['first/round', 'first'],
          ['first/round/contain', 'first/round'],
          ['first/round/prove', 'first/round'],
          ['second', ''],
          ['second/contain', 'second'],
          ['second/prove', 'second'],
        ],
      );
      assert.deepEqual(stepOf(plan, 'first/round/prove').needs, [{ step: 'first/round/contain' }]);
    });

    it('gives each scope its parent, its inputs and the schema that they fit', () => {
      const scopes = plan.plan.scopes.map(({ id, parent, playbook }) => [id, parent, playbook]);
      assert.deepEqual(scopes, [
        ['', undefined, 'built'],
        ['first', '', 'middle'],
        ['first/round', 'first', 'inner'],
        ['second', '', 'inner'],
      ]);
      const [, , round] = plan.plan.scopes;
      assert.deepEqual(round!.inputs, { store: 'spaces', targets: { $cel: 'inputs.targets' } });
      assert.equal(plan.documents[round!.inputsSchema]!.kind, 'schema');
    });

    it('takes the stricter of two limits', () =>
      assert.deepEqual(plan.plan.limits, { 'credentials.revoke': { max: 10, perHour: 100 } }));

    it('takes amendments of inner playbooks under full names', () =>
      assert.deepEqual(
        Object.entries(plan.plan.amendments)
          .map(([name, { of }]) => [name, of])
          .sort(),
        [
          ['first/again', 'first/round'],
          ['widen', 'second'],
        ],
      ));

    it('refuses the whole where an inner one has errors', () => {
      const broken = playbookYaml([{ id: 'a', uses: 'nothing.at-all' }], {}, 'inner');
      assert.throws(() => compiled([runs('first', 'inner')], {}, [broken]), { code: 'PLAYBOOK_INVALID' });
    });
  });

  describe('texts', () => {
    const text = (locale: string, body: string): LibraryText => ({
      file: `texts/note.${locale}.md`,
      name: 'note',
      locale,
      body,
    });
    const ticket: StepData = { id: 'a', uses: 'tickets.open', with: { queue: 'forensics', template: 'note' } };

    it('are embedded by hash', () => {
      const plan = compiled([ticket], {}, [], [text('en', 'Please look.'), text('de', 'Bitte ansehen.')]);
      const { texts } = stepOf(plan, 'a');
      assert.deepEqual(Object.keys(texts), ['note/de', 'note/en']);
      assert.equal(plan.documents[texts['note/de']!]!.body, 'Bitte ansehen.');
    });

    it('change the plan', () => {
      const [one, other] = ['Please look.', 'Please look now.'].map(
        (body) => compiled([ticket], {}, [], [text('en', body)]).planHash,
      );
      assert.notEqual(one, other);
    });
  });

  it('throws every error with its place', () => {
    assert.throws(
      () =>
        compiled([
          { id: 'a', uses: 'nothing' },
          { id: 'b', uses: 'manual', with: { of: 'nobody', text: 'x' } },
        ]),
      (error) =>
        isCodedError(error, 'PLAYBOOK_INVALID') && (error.details as unknown[]).length === 2 && error.at!.line > 1,
    );
  });

  it('throws for a name that nobody has', () =>
    assert.throws(() => compilePlaybook('none', libraryOf([]), bare), { code: 'PLAYBOOK_UNKNOWN' }));

  it('throws for a plan that a workflow could not carry', () => {
    const many = Array.from({ length: 400 }, (_, index) => ({
      id: `step-${index}`,
      uses: 'incident.report',
      title: 'x'.repeat(80),
    }));
    const child = playbookYaml(many, {}, 'child');
    assert.throws(() => compiled([runs('first', 'child'), runs('second', 'child')], {}, [child]), {
      code: 'PLAYBOOK_PLAN_TOO_LARGE',
    });
  });

  it('stops early where playbooks multiply', () => {
    const level = (name: string, below: string | undefined): string =>
      playbookYaml(
        Array.from({ length: 40 }, (_, index) =>
          below === undefined ? { id: `a${index}`, uses: 'incident.report' } : runs(`a${index}`, below),
        ),
        {},
        name,
      );
    assert.throws(
      () => compiled([runs('a', 'one')], {}, [level('one', 'two'), level('two', 'three'), level('three', undefined)]),
      { code: 'PLAYBOOK_PLAN_TOO_LARGE' },
    );
  });
});
