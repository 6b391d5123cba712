import assert from 'node:assert/strict';
import { stringify } from 'yaml';
import { drawRun } from './draw-run.ts';
import { lintText } from '../../playbooks/lint.ts';
import { readLibrary, standardLibrary } from '../../playbooks/library.ts';
import { traits } from '../unit/playbooks/builders.ts';
import { actionCatalogue } from '../../contracts/catalogue.ts';

describe('drawRun', () => {
  it('draws playbooks that lint, and the same from the same seed', async () => {
    const library = await readLibrary([standardLibrary]);
    for (let seed = 1; seed <= 300; seed += 1) {
      const { name, playbook } = drawRun(seed);
      const surroundings = { catalogue: actionCatalogue, today: '2026-11-24', connectors: () => traits() };
      const found = lintText(stringify(playbook), `${name}.yaml`, library, surroundings);
      const errors = found.filter(({ severity }) => severity === 'error');
      assert.deepEqual(errors, [], `seed ${seed}`);
      assert.deepEqual(drawRun(seed), drawRun(seed));
    }
  });
});
