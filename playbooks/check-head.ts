import type { ActionDeclaration } from '../contracts/action.ts';
import { checkApproval } from './check-consent.ts';
import { ancestors } from './check-flow.ts';
import { diagnostic, type Diagnostic } from './diagnostic.ts';
import { runsPlaybook, type LoadedPlaybook, type StepSource } from './model.ts';
import { nearest } from './nearest.ts';
import { durationFault, isDuration, type Report } from './report.ts';
import type { Surroundings } from './surroundings.ts';

/** Checks what a playbook says beside its steps, and of them together: limits, amendments, acts that nothing verifies. */
export function checkHead(loaded: LoadedPlaybook, surroundings: Surroundings): readonly Diagnostic[] {
  return [
    ...checkLimits(loaded, surroundings.catalogue),
    ...checkAmendments(loaded),
    ...checkVerified(loaded, surroundings),
  ];
}

function checkLimits(
  { playbook: { limits = {} }, source }: LoadedPlaybook,
  catalogue: ReadonlyMap<string, ActionDeclaration>,
): readonly Diagnostic[] {
  const paged = [...catalogue.values()].filter(({ shape }) => shape === 'page').map(({ name }) => name);
  return Object.keys(limits)
    .filter((action) => !paged.includes(action))
    .map((action) =>
      diagnostic(
        'PLAYBOOK_LIMIT_UNKNOWN',
        source.placeOfKey(['limits'], action),
        `no action over targets is called \`${action.slice(0, 60)}\`${nearest(action, paged)}`,
      ),
    );
}

function checkAmendments(loaded: LoadedPlaybook): readonly Diagnostic[] {
  const { playbook, source } = loaded;
  const found: Diagnostic[] = [];
  for (const [name, amendment] of Object.entries(playbook.amendments ?? {})) {
    const report: Report = (code, path, message) =>
      found.push(diagnostic(code, source.placeOf(['amendments', name, ...path]), message));
    const { approval } = amendment;
    if (!isDuration(approval.within))
      report('PLAYBOOK_DURATION_INVALID', ['approval', 'within'], durationFault(approval.within));
    checkApproval(loaded, approval, ['approval'], report);
    if (approval.secondFactor)
      report(
        'PLAYBOOK_SECOND_FACTOR',
        ['approval', 'secondFactor'],
        'an amendment acts on no targets; the gates of its round ask',
      );
    const target = amendmentTarget(playbook.steps, amendment);
    if (typeof target !== 'string') report(target.code, target.path, `\`${name}\` ${target.message}`);
  }
  return found;
}

/** What an amendment lacks. */
interface AmendmentFault {
  readonly code: 'PLAYBOOK_AMENDMENT_UNKNOWN' | 'PLAYBOOK_AMENDMENT_AMBIGUOUS';
  readonly path: readonly string[];
  readonly message: string;
}

/** Id of the step that an amendment runs again: named by `of`, or the only one that runs the playbook in `run`. */
export function amendmentTarget(
  steps: readonly StepSource[],
  { of, run }: { readonly of?: string; readonly run?: string },
): string | AmendmentFault {
  const scopes = steps.filter(({ uses }) => uses === 'playbook.run');
  const unknown = (path: readonly string[], message: string): AmendmentFault => ({
    code: 'PLAYBOOK_AMENDMENT_UNKNOWN',
    path,
    message,
  });
  const ambiguous = (path: readonly string[], message: string): AmendmentFault => ({
    code: 'PLAYBOOK_AMENDMENT_AMBIGUOUS',
    path,
    message,
  });
  if (of !== undefined) {
    const step = scopes.find(({ id }) => id === of);
    if (!step)
      return unknown(
        ['of'],
        `runs \`${of.slice(0, 60)}\` again, which is no \`playbook.run\` step${nearest(
          of,
          scopes.map(({ id }) => id),
        )}`,
      );
    const running = runsPlaybook(step) ?? '';
    return run === undefined || run === running
      ? of
      : ambiguous(['run'], `says \`${run.slice(0, 60)}\`, but \`${of}\` runs \`${running}\``);
  }
  if (run === undefined) return unknown([], 'names nothing to run again');
  const running = scopes.filter((step) => step.with?.playbook === run).map(({ id }) => id);
  if (running.length === 0)
    return unknown(
      ['run'],
      `runs \`${run.slice(0, 60)}\` again, which no step runs${nearest(
        run,
        scopes.map((step) => runsPlaybook(step) ?? ''),
      )}`,
    );
  return running.length === 1
    ? running[0]!
    : ambiguous(['run'], `may mean ${running.map((id) => `\`${id}\``).join(' or ')}`);
}

/** Warns of each act that can be checked and that no later step over the same targets checks. */
function checkVerified(loaded: LoadedPlaybook, { catalogue, connectors }: Surroundings): readonly Diagnostic[] {
  const { playbook, source } = loaded;
  const isVerified = (act: StepSource, verifier: string): boolean =>
    playbook.steps.some(
      (step) =>
        step.uses === verifier &&
        step.forEach?.trim() === act.forEach?.trim() &&
        ancestors(loaded, step.id).has(act.id),
    );
  return playbook.steps.flatMap((step, index) => {
    const verifier = catalogue.get(step.uses)?.verifiedBy;
    const traits = connectors?.(step.uses);
    if (verifier === undefined || traits?.checks === false || isVerified(step, verifier)) return [];
    const message = `after \`${step.id}\` no \`${verifier}\` looks at the same targets`;
    return [diagnostic('PLAYBOOK_UNVERIFIED', source.placeOf(['steps', index, 'uses']), message, 'warning')];
  });
}
