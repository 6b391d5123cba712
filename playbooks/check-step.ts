import type { ActionDeclaration } from '../contracts/action.ts';
import type { ConnectorTraits } from '../contracts/effects.ts';
import { DURATION_PATTERN } from '../contracts/duration.ts';
import { nearest } from './check-flow.ts';
import { diagnostic, type Diagnostic } from './diagnostic.ts';
import type { ApprovalSource, LoadedPlaybook, StepSource } from './model.ts';

const DURATION = new RegExp(DURATION_PATTERN);
const MAY_OUTLIVE = new Set(['credentials.watch', 'incident.followUp', 'obligations.assess']);

/** What a playbook is checked against. */
export interface Surroundings {
  readonly catalogue: ReadonlyMap<string, ActionDeclaration>;
  /** Connector that would act for an action; `undefined` when no configuration is known (an editor, CI of a library). */
  readonly connectors?: ((action: string) => ConnectorTraits | undefined) | undefined;
  /** ISO 8601 date: pre-authorisations run out. */
  readonly today: string;
}

type Report = (
  code: Diagnostic['code'],
  path: readonly (string | number)[],
  message: string,
  severity?: Diagnostic['severity'],
) => void;

/** Checks what each step says by itself: action, approval, rollout, durations, roles. */
export function checkSteps(loaded: LoadedPlaybook, surroundings: Surroundings): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  loaded.playbook.steps.forEach((step, index) => {
    const report: Report = (code, path, message, severity) =>
      found.push(diagnostic(code, loaded.source.placeOf(['steps', index, ...path]), message, severity));
    const action = surroundings.catalogue.get(step.uses);
    if (!action) {
      report(
        'PLAYBOOK_ACTION_UNKNOWN',
        ['uses'],
        `\`${step.uses.slice(0, 60)}\`${nearest(step.uses, [...surroundings.catalogue.keys()])}`,
      );
      return;
    }
    checkShape(step, action, report);
    checkApproval(loaded, step, action, surroundings, report);
    checkConnector(step, action, surroundings, report);
    checkDurations(step, report);
    checkRoles(loaded, step, report);
  });
  checkHead(loaded, surroundings, found);
  return found;
}

function checkShape(step: StepSource, action: ActionDeclaration, report: Report): void {
  const isPaged = action.shape === 'page';
  if (isPaged && step.forEach === undefined)
    report('PLAYBOOK_FOREACH_MISSING', ['uses'], `\`${step.id}\` uses \`${step.uses}\``);
  if (!isPaged && step.forEach !== undefined)
    report('PLAYBOOK_FOREACH_FORBIDDEN', ['forEach'], `\`${step.uses}\` acts on no targets`);
  if (!isPaged && step.rollout)
    report('PLAYBOOK_ROLLOUT_FORBIDDEN', ['rollout'], `\`${step.uses}\` acts on no targets`);
  if (step.onUnknown !== undefined && action.effect === 'none')
    report('PLAYBOOK_UNKNOWN_FORBIDDEN', ['onUnknown'], `\`${step.uses}\` only reads`);
  if (step.undo && action.reversible !== true)
    report('PLAYBOOK_UNDO_IRREVERSIBLE', ['undo'], `\`${step.uses}\` cannot be taken back for sure`);
  if (step.outlives !== undefined && !MAY_OUTLIVE.has(step.uses))
    report('PLAYBOOK_OUTLIVES_FORBIDDEN', ['outlives'], `\`${step.uses}\` ends with the incident`);
}

/** Whether an act can be taken back: the connector decides where the action leaves it open; unknown counts as no. */
function isIrreversible(action: ActionDeclaration, surroundings: Surroundings): boolean {
  if (action.effect === 'none') return false;
  if (action.reversible !== 'connector') return !action.reversible;
  return surroundings.connectors?.(action.name)?.reversible !== true;
}

function checkApproval(
  loaded: LoadedPlaybook,
  step: StepSource,
  action: ActionDeclaration,
  surroundings: Surroundings,
  report: Report,
): void {
  const { approval, preauthorised } = step;
  // Ending sessions follows the revocation of the same credential and carries no decision of its own.
  const needsOne = isIrreversible(action, surroundings) && action.name !== 'sessions.end';
  if (needsOne && !approval && !preauthorised)
    report('PLAYBOOK_APPROVAL_MISSING', ['uses'], `\`${step.id}\` uses \`${step.uses}\``);
  if (approval && action.effect === 'none')
    report('PLAYBOOK_APPROVAL_FORBIDDEN', ['approval'], `\`${step.uses}\` only reads or asks`);
  if (preauthorised && preauthorised.until < surroundings.today)
    report(
      'PLAYBOOK_PREAUTHORISED_EXPIRED',
      ['preauthorised', 'until'],
      `signed by ${preauthorised.signedBy} until ${preauthorised.until}`,
    );
  if (approval) checkQuorum(approval, ['approval'], report);
  for (const role of approvalRoles(approval)) {
    if (!loaded.playbook.roles?.[role])
      report(
        'PLAYBOOK_ROLE_UNKNOWN',
        ['approval'],
        `\`${role}\`${nearest(role, Object.keys(loaded.playbook.roles ?? {}))}`,
      );
  }
}

function approvalRoles(approval: ApprovalSource | undefined): readonly string[] {
  return approval?.all ?? approval?.any ?? [];
}

function checkQuorum(approval: ApprovalSource, path: readonly (string | number)[], report: Report): void {
  if (approval.all && approval.quorum !== undefined)
    report('PLAYBOOK_APPROVAL_QUORUM', [...path, 'quorum'], '`all` asks one person for each role');
}

function checkConnector(
  step: StepSource,
  action: ActionDeclaration,
  { connectors }: Surroundings,
  report: Report,
): void {
  if (!connectors || action.effect !== 'connector') return;
  const traits = connectors(step.uses);
  if (!traits) {
    report(
      'PLAYBOOK_CONNECTOR_MISSING',
      ['uses'],
      `\`${step.uses}\` needs a connector of \`${action.capability ?? ''}\``,
    );
    return;
  }
  if (step.rollout?.holdUntil === 'verified' && !traits.checks)
    report('PLAYBOOK_CANARY_UNCHECKABLE', ['rollout', 'holdUntil'], `\`${traits.name}\` has no check`);
}

function checkDurations(step: StepSource, report: Report): void {
  const given: readonly (readonly [readonly string[], string | undefined])[] = [
    [['timeout'], step.timeout],
    [['within'], step.within],
    [['retry', 'first'], step.retry?.first],
    [['retry', 'cap'], step.retry?.cap],
    [['approval', 'within'], step.approval?.within],
  ];
  for (const [path, text] of given)
    if (text !== undefined && !DURATION.test(text))
      report('PLAYBOOK_DURATION_INVALID', path, `\`${text.slice(0, 40)}\``);
}

/** `with.of` names a role in every action that asks or assigns. */
function checkRoles({ playbook }: LoadedPlaybook, step: StepSource, report: Report): void {
  const of = step.with?.of;
  if (typeof of !== 'string' || of.includes('${{')) return;
  if (!playbook.roles?.[of])
    report('PLAYBOOK_ROLE_UNKNOWN', ['with', 'of'], `\`${of}\`${nearest(of, Object.keys(playbook.roles ?? {}))}`);
}

/** Limits, amendments, and acts that are never verified. */
function checkHead({ playbook, source }: LoadedPlaybook, { catalogue }: Surroundings, found: Diagnostic[]): void {
  for (const action of Object.keys(playbook.limits ?? {})) {
    if (catalogue.get(action)?.shape !== 'page')
      found.push(
        diagnostic(
          'PLAYBOOK_LIMIT_UNKNOWN',
          source.placeOfKey(['limits'], action),
          `\`${action}\`${nearest(action, [...catalogue.keys()])}`,
        ),
      );
  }
  for (const [name, amendment] of Object.entries(playbook.amendments ?? {})) {
    const report: Report = (code, path, message) =>
      found.push(diagnostic(code, source.placeOf(['amendments', name, ...path]), message));
    if (!DURATION.test(amendment.approval.within))
      report('PLAYBOOK_DURATION_INVALID', ['approval', 'within'], `\`${amendment.approval.within}\``);
    for (const role of approvalRoles(amendment.approval))
      if (!playbook.roles?.[role]) report('PLAYBOOK_ROLE_UNKNOWN', ['approval'], `\`${role}\``);
    if (amendmentTarget(playbook.steps, amendment) === undefined)
      report('PLAYBOOK_AMENDMENT_UNKNOWN', [], `\`${name}\` runs ${amendment.of ?? amendment.run ?? 'nothing'} again`);
  }
  const used = new Set(playbook.steps.map(({ uses }) => uses));
  playbook.steps.forEach((step, index) => {
    const verifier = catalogue.get(step.uses)?.verifiedBy;
    if (verifier !== undefined && !used.has(verifier))
      found.push(
        diagnostic(
          'PLAYBOOK_UNVERIFIED',
          source.placeOf(['steps', index, 'uses']),
          `\`${step.id}\` is followed by no \`${verifier}\``,
          'warning',
        ),
      );
  });
}

/** Id of the step that an amendment runs again: named by `of`, or the only one that runs the playbook in `run`. */
export function amendmentTarget(
  steps: readonly StepSource[],
  { of, run }: { readonly of?: string; readonly run?: string },
): string | undefined {
  const scopes = steps.filter(({ uses }) => uses === 'playbook.run');
  if (of !== undefined) return scopes.find(({ id }) => id === of)?.id;
  const running = scopes.filter((step) => step.with?.playbook === run);
  return running.length === 1 ? running[0]!.id : undefined;
}
