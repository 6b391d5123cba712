import { diagnostic, type Diagnostic } from './diagnostic.ts';
import type { Path } from './intake.ts';
import { runsPlaybook, type LoadedPlaybook } from './model.ts';
import { nearest } from './nearest.ts';
import { roleFault } from './report.ts';

const DEPTH_MAX = 4; // playbooks inside each other, the outermost counted: more is not read by anybody at night

/**
 * Checks the playbooks that a playbook runs: they exist, none runs itself, at most four are inside each other, none closes
 * the incident, and the outer one declares every role that an inner one asks.
 */
export function checkRuns(loaded: LoadedPlaybook, library: ReadonlyMap<string, LoadedPlaybook>): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  loaded.playbook.steps.forEach((step, index) => {
    const report = (code: Diagnostic['code'], path: Path, message: string): void => {
      found.push(diagnostic(code, loaded.source.placeOf(['steps', index, 'with', ...path]), message));
    };
    const followUp = step.uses === 'incident.followUp' ? step.with?.playbook : undefined;
    const name = runsPlaybook(step) ?? followUp;
    if (typeof name !== 'string' || name.includes('${{')) return;
    const child = library.get(name);
    if (!child)
      return report(
        'PLAYBOOK_RUN_UNKNOWN',
        ['playbook'],
        `there is no playbook \`${name.slice(0, 60)}\`${nearest(name, library.keys())}`,
      );
    if (followUp !== undefined) return;
    const chain = deepest(name, library, [loaded.name]);
    const names = chain.names.map((one) => `\`${one}\``).join(' runs ');
    if (chain.isCircle) report('PLAYBOOK_RUN_RECURSIVE', ['playbook'], names);
    else if (chain.names.length > DEPTH_MAX) report('PLAYBOOK_RUN_TOO_DEEP', ['playbook'], names);
    if (child.playbook.steps.some(({ uses }) => uses === 'incident.close'))
      report('PLAYBOOK_RUN_CLOSES', ['playbook'], `\`${name}\` has a step that uses \`incident.close\``);
    for (const role of Object.keys(child.playbook.roles ?? {})) {
      const fault = roleFault(loaded, role);
      if (fault !== undefined) report('PLAYBOOK_ROLE_UNKNOWN', ['playbook'], `\`${name}\` asks a role: ${fault}`);
    }
  });
  return found;
}

interface Chain {
  readonly names: readonly string[];
  readonly isCircle: boolean;
}

/** The longest chain of playbooks below one, or the first circle; it looks one level deeper than is allowed, no further. */
function deepest(name: string, library: ReadonlyMap<string, LoadedPlaybook>, before: readonly string[]): Chain {
  const names = [...before, name];
  if (before.includes(name)) return { names, isCircle: true };
  if (names.length > DEPTH_MAX) return { names, isCircle: false };
  const children = new Set((library.get(name)?.playbook.steps ?? []).flatMap((step) => runsPlaybook(step) ?? []));
  let longest: Chain = { names, isCircle: false };
  for (const child of children) {
    const chain = deepest(child, library, names);
    if (chain.isCircle) return chain;
    if (chain.names.length > longest.names.length) longest = chain;
  }
  return longest;
}
