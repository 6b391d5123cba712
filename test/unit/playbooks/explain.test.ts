import assert from 'node:assert/strict';
import { compilePlaybook } from '../../../playbooks/compile.ts';
import { explainPlan } from '../../../playbooks/explain.ts';
import { explainTree, type ExplainedStep } from '../../../playbooks/explain-tree.ts';
import { readLibrary, standardLibrary } from '../../../playbooks/library.ts';
import type { Plan } from '../../../contracts/plan.ts';
import { bare, libraryOf, playbookYaml, revocation, traits } from './builders.ts';

const planOf = (steps: Parameters<typeof playbookYaml>[0], head = {}): Plan =>
  compilePlaybook('built', libraryOf([playbookYaml(steps, head)]), { ...bare, connectors: () => traits() }).plan;

function find(steps: readonly ExplainedStep[], id: string): ExplainedStep {
  for (const step of steps) {
    if (step.id === id) return step;
    const inside = id.startsWith(`${step.id}/`) ? find(step.steps, id) : undefined;
    if (inside) return inside;
  }
  return assert.fail(`there is no ${id}`);
}

describe('explainTree', () => {
  let flagship: Plan;
  before(async () => {
    flagship = compilePlaybook('exposed-secrets', await readLibrary([standardLibrary]), bare).plan;
  });

  it('puts the steps of a child playbook under the step that runs it', () => {
    const { steps } = explainTree(flagship);
    assert.ok(find(steps, 'round').steps.some(({ id }) => id === 'round/contain'));
    assert.ok(!steps.some(({ id }) => id.includes('/')));
  });

  it('counts stages by the longest chain before a step', () => {
    const { steps } = explainTree(flagship);
    const stage = (id: string): number => find(steps, id).stage;
    assert.equal(stage('scope'), 1);
    assert.equal(stage('round'), 2);
    assert.equal(stage('round/sorted'), 2);
    assert.ok(stage('round/prove') > stage('round/contain'));
    assert.ok(stage('final') > stage('round/tell-people')); // a step that needs a round waits for all of it
  });

  it('puts a question where its gate may open, which is before the act may start', () => {
    const [told] = explainTree(flagship).asks.filter(({ step }) => step === 'round/tell-people');
    assert.equal(told!.who, 'commander and privacy');
    assert.ok(told!.stage < find(explainTree(flagship).steps, 'round/tell-people').stage);
  });

  it('lists questions in the order of their stages', () => {
    const stages = explainTree(flagship).asks.map(({ stage }) => stage);
    assert.deepEqual(
      stages,
      [...stages].sort((left, right) => left - right),
    );
  });

  it('says over what, by whom, how, how much and how long', () => {
    const plan = planOf(
      revocation({
        rollout: { first: ['misused'], canary: 0.05, holdUntil: 'verified' },
        within: 'PT30M',
        onFailure: 'continue',
      }),
      {
        limits: { 'credentials.revoke': { max: 50, share: 0.5, perMinute: 10 } },
      },
    );
    assert.deepEqual(explainTree(plan).steps[0]!.notes, [
      'over inputs.targets',
      'by http-issuer',
      'first misused',
      'a canary of 5 %, the rest held until it is verified',
      '50 at most, 50 % at most, 10 a minute',
      'given up after 30 min',
      'a failure is noted and the rest goes on',
    ]);
  });
});

describe('explainPlan', () => {
  it('says who is asked, within which time, and what follows silence', () => {
    const text = explainPlan(
      planOf(revocation({ approval: { any: ['commander', 'privacy'], quorum: 2, within: 'PT90M', onExpiry: 'halt' } })),
    );
    assert.match(text, /2 people out of commander, privacy {2}approve: .* \[contain\]; within 90 min, then it halts/);
    assert.match(text, /commander: Incident commander \(required\)/);
  });

  it('shows an inner step by its own name below the outer one', () => {
    const inner = playbookYaml(
      [
        { id: 'first', uses: 'incident.report' },
        { id: 'second', uses: 'incident.report' },
      ],
      {},
      'inner',
    );
    const outer = playbookYaml([
      {
        id: 'round',
        uses: 'playbook.run',
        with: { playbook: 'inner', inputs: { store: 'a', targets: '${{ inputs.targets }}' } },
      },
    ]);
    const text = explainPlan(compilePlaybook('built', libraryOf([outer, inner]), bare).plan);
    assert.match(text, /\n {2}1 {3}round: .*\n.*\n {6}1 {3}first: .*\n.*\n {6}2 {3}second: .*\n {12}after first/);
  });
});
