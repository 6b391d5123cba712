import { CodedError, isCodedError } from '../../contracts/errors.ts';
import type { ApplyContext, ApplyTarget, Connector } from '../port.ts';
import type { Outcome } from '../../contracts/effects.ts';
import type { PageScope } from './act.ts';

/** Wait before a batch of which nothing was sent is asked again. */
const UNSENT_WAIT_MS = 2_000;

/** What a connector gets beside its targets, for calls made inside a page. */
export function applyContext(page: PageScope, connector: Connector): ApplyContext {
  const { incident, mode, step, round, with: given } = page.call;
  const { signal } = page;
  return { incident, mode, step, round, with: given, signal, requestTimeoutMs: connector.longestRequestMs };
}

/**
 * Calls `apply` and makes its answer whole: exactly one outcome a target, whatever the connector did.
 *
 * A throw means that nothing was sent (`planned`). A target without an outcome, or a connector that does not return in
 * the page's time, is `unknown` with `EFFECT_UNANSWERED`.
 */
export async function applyWithPatience(
  page: PageScope,
  connector: Connector,
  targets: readonly ApplyTarget[],
): Promise<readonly Outcome[]> {
  const patience = timer(Math.max(0, page.patienceMs()));
  try {
    const outcomes = await Promise.race([connector.apply(targets, applyContext(page, connector)), patience.over]);
    const bySubject = new Map((outcomes ?? []).map((outcome) => [outcome.subject, outcome]));
    return targets.map(({ row }) => bySubject.get(row.subject) ?? unanswered(row.subject));
  } catch (error) {
    const code = isCodedError(error) ? error.code : 'CONNECTOR_UNREACHABLE';
    const waitMs = (isCodedError(error) ? error.retryAfterMs : undefined) ?? UNSENT_WAIT_MS;
    return targets.map(({ row }) => ({ subject: row.subject, state: 'planned', code, waitMs, receipt: {} }));
  } finally {
    patience.stop();
  }
}

/** A timer without AbortController: that costs a tenth of a mail's send. */
function timer(ms: number): { readonly over: Promise<undefined>; stop(): void } {
  let handle: NodeJS.Timeout | undefined;
  const over = new Promise<undefined>((resolve) => {
    handle = setTimeout(() => {
      resolve(undefined);
    }, ms).unref();
  });
  return {
    over,
    stop: () => {
      clearTimeout(handle);
    },
  };
}

/**
 * Looks at targets that a dead attempt may have sent (class `checkable`), before anything is sent again.
 *
 * @returns outcomes of those that stand already, and `answered`: subjects that must not be sent now, because they stand
 *   or because nobody can tell yet. The others were seen not to have happened.
 * @throws CONNECTOR_CONTRACT_BROKEN when a checkable connector has no `check`.
 */
export async function lookFirst(
  page: PageScope,
  connector: Connector,
  targets: readonly ApplyTarget[],
): Promise<{ readonly outcomes: readonly Outcome[]; readonly answered: ReadonlySet<string> }> {
  if (targets.length === 0) return { outcomes: [], answered: new Set() };
  if (!connector.check)
    throw new CodedError('CONNECTOR_CONTRACT_BROKEN', `${connector.name} is checkable without check`);
  const rows = targets.map((target) => target.row);
  const seen = await connector.check(rows, applyContext(page, connector)).catch(() => []);
  const bySubject = new Map(seen.map((observation) => [observation.subject, observation]));
  const outcomes = rows.flatMap(({ subject }): Outcome[] => {
    const observation = bySubject.get(subject);
    if (observation?.dead === false) return [];
    if (observation?.dead === true) return [{ subject, state: 'accepted', receipt: observation.receipt }];
    return [{ subject, state: 'unknown', code: 'EFFECT_OUTCOME_PENDING', receipt: {} }];
  });
  return { outcomes, answered: new Set(outcomes.map((outcome) => outcome.subject)) };
}

function unanswered(subject: string): Outcome {
  return { subject, state: 'unknown', code: 'EFFECT_UNANSWERED', receipt: {} };
}
