import assert from 'node:assert/strict';
import type { ConnectorTraits } from '../../../contracts/effects.ts';
import { lackingFor } from '../../../gateway/compile-for.ts';
import { readLibrary, standardLibrary, type Library } from '../../../playbooks/library.ts';
import { standDeps } from './stand.ts';

describe('lackingFor', () => {
  let library: Library;

  before(async () => {
    library = await readLibrary([standardLibrary]);
  });

  const lacking = (name: string, configured: readonly string[]): readonly string[] =>
    lackingFor(
      standDeps({
        library,
        traits: (action) =>
          configured.some((prefix) => action.startsWith(prefix))
            ? ({ name: 'scripted' } as ConnectorTraits)
            : undefined,
      }),
      name,
    );

  it('names every capability that has to be configured first', () => {
    assert.deepEqual(lacking('leaked-token', []), ['credentials', 'notices']);
    assert.deepEqual(lacking('leaked-token', ['credentials.', 'notices.']), []);
  });

  it('gives the code of what does not compile', () => {
    assert.deepEqual(lacking('nowhere', []), ['PLAYBOOK_UNKNOWN']);
  });
});
