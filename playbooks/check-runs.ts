import { diagnostic, type Diagnostic } from './diagnostic.ts';
import { nearest } from './check-flow.ts';
import { runsPlaybook, type LoadedPlaybook } from './model.ts';

const DEPTH_MAX = 4;

/** Checks the playbooks that a playbook runs: they exist, none runs itself, at most four are inside each other. */
export function checkRuns(loaded: LoadedPlaybook, library: ReadonlyMap<string, LoadedPlaybook>): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  loaded.playbook.steps.forEach((step, index) => {
    const name = runsPlaybook(step);
    if (name === undefined) return;
    const place = loaded.source.placeOf(['steps', index, 'with', 'playbook']);
    const chain = deepest(name, library, [loaded.name]);
    if (!library.has(name))
      found.push(diagnostic('PLAYBOOK_RUN_UNKNOWN', place, `\`${name}\`${nearest(name, [...library.keys()])}`));
    else if (chain.isCircle) found.push(diagnostic('PLAYBOOK_RUN_RECURSIVE', place, chain.names.join(' runs ')));
    else if (chain.names.length > DEPTH_MAX)
      found.push(diagnostic('PLAYBOOK_RUN_TOO_DEEP', place, chain.names.join(' runs ')));
  });
  return found;
}

function deepest(
  name: string,
  library: ReadonlyMap<string, LoadedPlaybook>,
  before: readonly string[],
): { readonly names: readonly string[]; readonly isCircle: boolean } {
  const names = [...before, name];
  if (before.includes(name)) return { names, isCircle: true };
  const inner = (library.get(name)?.playbook.steps ?? [])
    .flatMap((step) => runsPlaybook(step) ?? [])
    .map((child) => deepest(child, library, names));
  return (
    inner.find(({ isCircle }) => isCircle) ??
    inner.sort((left, right) => right.names.length - left.names.length)[0] ?? { names, isCircle: false }
  );
}
