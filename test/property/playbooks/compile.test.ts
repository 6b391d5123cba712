import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { canonicalJson } from '../../../contracts/json.ts';
import type { CompiledPlan } from '../../../contracts/plan.ts';
import { compilePlaybook } from '../../../playbooks/compile.ts';
import { lintText } from '../../../playbooks/lint.ts';
import { bare, libraryOf, playbookYaml, type StepData } from '../../unit/playbooks/builders.ts';
import { randomOf } from '../../unit/playbooks/hostile-documents.ts';
import { arbitrarySteps, shuffled } from './arbitrary-playbook.ts';

const RUNS = { numRuns: 150 };
const compileYaml = (yaml: string): CompiledPlan => compilePlaybook('built', libraryOf([yaml]), bare);

describe('compilePlaybook', () => {
  it('compiles every playbook that keeps the rules', () => {
    fc.assert(
      fc.property(arbitrarySteps, (steps) => {
        const yaml = playbookYaml(steps);
        const errors = lintText(yaml, 'built.yaml', libraryOf([]), bare).filter(({ severity }) => severity === 'error');
        assert.deepEqual(errors, []);
        assert.equal(compileYaml(yaml).plan.steps.length, steps.length);
      }),
      RUNS,
    );
  });

  it('gives the same plan for the same text', () => {
    fc.assert(
      fc.property(arbitrarySteps, (steps) => {
        const yaml = playbookYaml(steps);
        const [one, other] = [compileYaml(yaml), compileYaml(yaml)];
        assert.deepEqual(one, other);
      }),
      RUNS,
    );
  });

  it('gives the same plan for the same content: order of keys, style and comments do not count', () => {
    fc.assert(
      fc.property(arbitrarySteps, fc.integer(), (steps, seed) => {
        const yaml = playbookYaml(steps);
        const content: unknown = shuffled(parse(yaml), randomOf(seed));
        const { planHash } = compileYaml(yaml);
        assert.equal(compileYaml(`# said otherwise\n${stringify(content, { lineWidth: 0 })}`).planHash, planHash);
        assert.equal(compileYaml(JSON.stringify(content, undefined, 2)).planHash, planHash);
      }),
      RUNS,
    );
  });

  it('gives another plan where anything that counts is another', () => {
    const changes: readonly ((step: StepData) => StepData)[] = [
      (step) => ({ ...step, title: 'Said otherwise' }),
      (step) => ({ ...step, id: `${step.id}x` }),
      (step) => ({ ...step, timeout: 'PT77S' }),
      (step) => ({ ...step, onFailure: 'halt' }),
    ];
    fc.assert(
      fc.property(arbitrarySteps, fc.nat(3), (steps, which) => {
        const last = steps.at(-1)!;
        const changed = [...steps.slice(0, -1), changes[which]!(last)];
        assert.notEqual(compileYaml(playbookYaml(changed)).planHash, compileYaml(playbookYaml(steps)).planHash);
      }),
      RUNS,
    );
  });

  it('gives a plan whose canonical form is stable and whose edges and reads exist', () => {
    fc.assert(
      fc.property(arbitrarySteps, (steps) => {
        const { plan } = compileYaml(playbookYaml(steps));
        const canonical = canonicalJson(plan);
        assert.equal(canonicalJson(JSON.parse(canonical)), canonical);
        const ids = new Set(plan.steps.map(({ id }) => id));
        for (const { needs, reads } of plan.steps)
          for (const id of [...needs.map(({ step }) => step), ...reads]) assert.ok(ids.has(id), id);
      }),
      RUNS,
    );
  });
});
