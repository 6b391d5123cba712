import assert from 'node:assert/strict';
import { stringify } from 'yaml';
import { drawRun } from './draw-run.ts';
import { lintText } from '../../playbooks/lint.ts';
import { readLibrary, standardLibrary } from '../../playbooks/library.ts';
import { traits } from '../unit/playbooks/builders.ts';
import { actionCatalogue } from '../../contracts/catalogue.ts';

/** Actions of the steps of a drawn playbook that acts on at least one service token, so that nothing of it is empty. */
function usesOf({ playbook, tokens }: ReturnType<typeof drawRun>): readonly string[] {
  const hasService = tokens.some(({ kind }) => kind === 'service');
  return hasService ? (playbook['steps'] as readonly { readonly uses: string }[]).map(({ uses }) => uses) : [];
}

describe('drawRun', function () {
  this.timeout(180_000);

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

  it('draws rotations of service tokens, snapshots and holds among the first twenty, which CI plays', () => {
    const drawn = new Set(Array.from({ length: 20 }, (_, index) => usesOf(drawRun(1 + index))).flat());
    for (const uses of ['credentials.rotate', 'evidence.snapshot', 'evidence.hold']) assert.ok(drawn.has(uses), uses);
  });
});
