import type { ActionDeclaration } from '../contracts/action.ts';
import { durationMs } from '../contracts/duration.ts';
import { isJsonObject } from '../contracts/json.ts';
import { checkConsent } from './check-consent.ts';
import { diagnostic, type Diagnostic } from './diagnostic.ts';
import type { LoadedPlaybook, StepSource } from './model.ts';
import { nearest } from './nearest.ts';
import { durationFault, isDuration, roleFault, type Report } from './report.ts';
import type { Surroundings } from './surroundings.ts';

/** Actions that may go on after the incident closed, as children that need fingerprints only. */
const MAY_OUTLIVE = new Set(['credentials.watch', 'incident.followUp', 'obligations.assess']);

/** Checks what each step says by itself: action, approval, rollout, durations, roles. */
export function checkSteps(loaded: LoadedPlaybook, surroundings: Surroundings): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  loaded.playbook.steps.forEach((step, index) => {
    const report: Report = (code, path, message, severity) =>
      found.push(diagnostic(code, loaded.source.placeOf(['steps', index, ...path]), message, severity));
    checkDurations(step, report);
    checkRoles(loaded, step, surroundings, report);
    const action = actionOf(step.uses, ['uses'], surroundings, report);
    if (!action) return;
    checkShape(step, action, report);
    checkRollout(step, report);
    checkPageTime(step, action, surroundings, report);
    checkUndo(step, action, surroundings, report);
    checkConnector(step, action, surroundings, report);
    checkNames(step, surroundings, report);
    checkConsent(loaded, step, action, surroundings, report);
  });
  return found;
}

function actionOf(
  name: string,
  path: readonly string[],
  { catalogue }: Surroundings,
  report: Report,
): ActionDeclaration | undefined {
  const action = catalogue.get(name);
  if (!action)
    report(
      'PLAYBOOK_ACTION_UNKNOWN',
      path,
      `there is no action \`${name.slice(0, 60)}\`${nearest(name, catalogue.keys())}`,
    );
  return action;
}

function checkShape(step: StepSource, action: ActionDeclaration, report: Report): void {
  const isPaged = action.shape === 'page';
  if (isPaged && step.forEach === undefined)
    report('PLAYBOOK_FOREACH_MISSING', ['uses'], `\`${step.id}\` uses \`${step.uses}\`, which acts on targets`);
  if (!isPaged && step.forEach !== undefined)
    report('PLAYBOOK_FOREACH_FORBIDDEN', ['forEach'], `\`${step.uses}\` acts on no targets`);
  if (!isPaged && step.rollout)
    report('PLAYBOOK_ROLLOUT_FORBIDDEN', ['rollout'], `\`${step.uses}\` acts on no targets`);
  if (step.onUnknown !== undefined && !['blind', 'connector'].includes(action.effect))
    report(
      'PLAYBOOK_UNKNOWN_FORBIDDEN',
      ['onUnknown'],
      `\`${step.uses}\` ${action.effect === 'none' ? 'only reads or asks' : 'can be repeated or looked up'}`,
    );
  if (step.outlives !== undefined && !MAY_OUTLIVE.has(step.uses))
    report('PLAYBOOK_OUTLIVES_FORBIDDEN', ['outlives'], `\`${step.uses}\` ends with the incident`);
}

function checkRollout({ rollout }: StepSource, report: Report): void {
  const { canary, holdUntil } = rollout ?? {};
  if (canary !== undefined && canary >= 1 && !Number.isInteger(canary))
    report(
      'PLAYBOOK_ROLLOUT_INVALID',
      ['rollout', 'canary'],
      `a canary of ${canary} targets is no whole number of them`,
    );
  if (holdUntil !== undefined && canary === undefined)
    report(
      'PLAYBOOK_ROLLOUT_INVALID',
      ['rollout', 'holdUntil'],
      `\`holdUntil: ${holdUntil}\` without a canary holds nothing`,
    );
}

/** A page gives an unanswered request half of its activity's time: less than the connector's longest cuts off good ones. */
function checkPageTime(
  { uses, timeout }: StepSource,
  { shape }: ActionDeclaration,
  { connectors }: Surroundings,
  report: Report,
): void {
  const longestMs = connectors?.(uses)?.longestRequestMs;
  if (shape !== 'page' || longestMs === undefined || timeout === undefined || !isDuration(timeout)) return;
  if (durationMs(timeout) < 2 * longestMs)
    report(
      'PLAYBOOK_ROLLOUT_INVALID',
      ['timeout'],
      `a request of \`${uses}\` may take ${longestMs / 1_000} s; a page needs twice as much`,
    );
}

function checkUndo(
  { undo, uses }: StepSource,
  action: ActionDeclaration,
  surroundings: Surroundings,
  report: Report,
): void {
  if (!undo) return;
  const isReversible =
    action.effect !== 'none' &&
    (action.reversible === 'connector' ? surroundings.connectors?.(uses)?.reversible === true : action.reversible);
  if (!isReversible) {
    const why = action.effect === 'none' ? 'changes nothing' : 'cannot be taken back for sure';
    report('PLAYBOOK_UNDO_IRREVERSIBLE', ['undo'], `\`${uses}\` ${why}`);
  }
  actionOf(undo.uses, ['undo', 'uses'], surroundings, report);
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
    const capability = action.capability ?? step.uses;
    report(
      'PLAYBOOK_CONNECTOR_MISSING',
      ['uses'],
      `\`${step.uses}\` needs a connector under \`connectors.${capability}\``,
    );
  } else if (step.rollout?.holdUntil === 'verified' && !traits.checks)
    report('PLAYBOOK_CANARY_UNCHECKABLE', ['rollout', 'holdUntil'], `\`${traits.name}\` has no check`);
}

/** Where a step names something of the configuration, by action. */
const CONFIGURED_NAMES: Readonly<
  Record<string, { readonly key: string; readonly kind: 'sources' | 'queues' | 'logs' | 'hosts' }>
> = {
  'credentials.list': { key: 'from', kind: 'sources' },
  'tickets.open': { key: 'queue', kind: 'queues' },
  'evidence.hold': { key: 'sources', kind: 'logs' },
  'http.request': { key: 'host', kind: 'hosts' },
};

function checkNames(step: StepSource, { configured }: Surroundings, report: Report): void {
  const naming = CONFIGURED_NAMES[step.uses];
  const known = naming && configured?.[naming.kind];
  if (!known) return;
  const given = step.with?.[naming.key];
  const names = Array.isArray(given) ? (given as readonly unknown[]) : [given];
  names.forEach((name, position) => {
    if (typeof name !== 'string' || name.includes('${{') || known.includes(name)) return;
    const path = ['with', naming.key, ...(Array.isArray(given) ? [position] : [])];
    report('PLAYBOOK_CONNECTOR_UNKNOWN', path, `no \`${name.slice(0, 60)}\` is configured${nearest(name, known)}`);
  });
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
    if (text !== undefined && !isDuration(text)) report('PLAYBOOK_DURATION_INVALID', path, durationFault(text));
}

/** `with.of` names a role in every action that asks or assigns; in those that read it is a dataset. */
function checkRoles(loaded: LoadedPlaybook, step: StepSource, { catalogue }: Surroundings, report: Report): void {
  const of = step.with?.of;
  const properties = catalogue.get(step.uses)?.input.properties;
  const schema = isJsonObject(properties) ? properties.of : undefined;
  const isRole = isJsonObject(schema) && schema.$ref === undefined;
  if (!isRole || typeof of !== 'string' || of.includes('${{')) return;
  const fault = roleFault(loaded, of);
  if (fault !== undefined) report('PLAYBOOK_ROLE_UNKNOWN', ['with', 'of'], fault);
}
