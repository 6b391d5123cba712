import type { ActionDeclaration } from '../contracts/action.ts';
import type { ApprovalSource, LoadedPlaybook, StepSource } from './model.ts';
import { roleFault, type Report } from './report.ts';
import type { Surroundings } from './surroundings.ts';

/** Whether an act can be taken back: the connector decides where the action leaves it open; unknown counts as no. */
function isIrreversible(action: ActionDeclaration, { connectors }: Surroundings): boolean {
  if (action.effect === 'none') return false;
  if (action.reversible !== 'connector') return !action.reversible;
  return connectors?.(action.name)?.reversible !== true;
}

/** Checks who has to say yes before a step acts: an act that cannot be taken back waits for people. */
export function checkConsent(
  loaded: LoadedPlaybook,
  step: StepSource,
  action: ActionDeclaration,
  surroundings: Surroundings,
  report: Report,
): void {
  const { approval, preauthorised } = step;
  if (!approval && preauthorised)
    report('PLAYBOOK_APPROVAL_MISSING', ['preauthorised'], `beyond what is signed, \`${step.id}\` waits at no gate`);
  else if (!approval && isIrreversible(action, surroundings))
    report('PLAYBOOK_APPROVAL_MISSING', ['uses'], `\`${step.id}\` uses \`${step.uses}\`, which cannot be taken back`);
  if (approval && action.effect === 'none')
    report('PLAYBOOK_APPROVAL_FORBIDDEN', ['approval'], `\`${step.uses}\` only reads or asks`);
  if (approval) checkApproval(loaded, approval, ['approval'], report);
  if (approval?.secondFactor && !isIrreversible(action, surroundings))
    report('PLAYBOOK_SECOND_FACTOR', ['approval', 'secondFactor'], `\`${step.uses}\` can be taken back`);
  if (!preauthorised) return;
  const { signedBy, until, max } = preauthorised;
  if (approval?.secondFactor && max > approval.secondFactor.above)
    report(
      'PLAYBOOK_SECOND_FACTOR',
      ['preauthorised', 'max'],
      `${max} would go out without the signature that more than ${approval.secondFactor.above} need`,
    );
  if (action.shape !== 'page')
    report('PLAYBOOK_PREAUTHORISED_FORBIDDEN', ['preauthorised'], `\`${step.uses}\` acts on no targets`);
  if (until < surroundings.today)
    report('PLAYBOOK_PREAUTHORISED_EXPIRED', ['preauthorised', 'until'], `signed by ${signedBy} until ${until}`);
}

/** Checks the roles and the quorum of an approval. */
export function checkApproval(
  loaded: LoadedPlaybook,
  { all, any, quorum }: ApprovalSource,
  path: readonly string[],
  report: Report,
): void {
  const list = all ? 'all' : 'any';
  (all ?? any ?? []).forEach((role, position) => {
    const fault = roleFault(loaded, role);
    if (fault !== undefined) report('PLAYBOOK_ROLE_UNKNOWN', [...path, list, position], fault);
  });
  if (all && quorum !== undefined)
    report('PLAYBOOK_APPROVAL_QUORUM', [...path, 'quorum'], '`all` asks one person for each role, so it has no quorum');
}
