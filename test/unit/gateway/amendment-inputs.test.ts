import assert from 'node:assert/strict';
import type { CompiledPlan } from '../../../contracts/plan.ts';
import type { JsonObject } from '../../../contracts/json.ts';
import type { GatewayDeps } from '../../../gateway/deps.ts';
import { checkAmendmentInputs } from '../../../gateway/amendment-inputs.ts';
import { actionCatalogue } from '../../../contracts/catalogue.ts';
import { compilePlaybook } from '../../../playbooks/compile.ts';
import { readLibrary, standardLibrary } from '../../../playbooks/library.ts';

describe('checkAmendmentInputs', () => {
  let compiled: CompiledPlan;

  before(async () => {
    const library = await readLibrary([standardLibrary]);
    compiled = compilePlaybook('exposed-secrets', library, { catalogue: actionCatalogue, today: '2026-03-02' });
  });

  const check = (inputs: JsonObject, run = 'widen'): Promise<void> => {
    const ledger = { documents: { getPlan: () => Promise.resolve(compiled) } };
    return checkAmendmentInputs({ ledger } as unknown as GatewayDeps, { planHash: compiled.planHash }, run, inputs);
  };

  it('lets through what the part takes: a dataset, or where one is listed', async () => {
    await check({ targets: { source: 'secrets-store', where: { store: 'builds' } } });
    await check({ targets: { id: 'd', kind: 'credentials', count: 3, digest: 'a'.repeat(64) } });
  });

  for (const inputs of [{}, { targets: 'builds' }, { targets: { source: 'No Name' } }, { store: 'builds' }])
    it(`refuses ${JSON.stringify(inputs)} and says what it lacks`, async () => {
      await assert.rejects(check(inputs), { code: 'PLAYBOOK_INPUTS_INVALID', message: /contain-and-tell takes other/ });
    });

  it('leaves to the engine what the plan does not declare', async () => {
    await check({}, 'narrow');
    await check({}, 'constructor');
  });
});
