import { cutPoint } from './effects/cut-point.ts';
import { EffectPage } from './effects/effect-page.ts';
import type { Act } from './effects/act.ts';
import type { Attempt } from './effects/attempt.ts';
import type { Ledger } from '../ledger/ports.ts';
import type { PageCall, PageResult } from '../contracts/effects.ts';

/** What `runPage` needs beside the call. */
export interface RunPageOptions extends Omit<Act, 'action'> {
  readonly ledger: Ledger;
  /** Action in the effects' key; without it the step's own (`call.uses`). */
  readonly action?: string;
  /** Whether sealed parts are opened; without it as the connector says (`needsRawValue`). */
  readonly opens?: boolean;
  /** Subjects of credentials that the engine itself works with: refused as targets. */
  readonly ownCredentials?: ReadonlySet<string>;
  /** Attempt to run as; without it the running Temporal activity's. */
  readonly attempt?: Attempt;
}

/**
 * Runs one page of a rollout with one connector: claim, send, settle, one effect a target.
 *
 * A page never fails because of its targets. It returns after at most 30 s and the longest request, with what is left;
 * the rollout calls it again with the same page number, which is the same lease.
 *
 * @idempotency effects are keyed `(incident, action, subject)`; a repeat acts only on what is still open, by class.
 * @effect what the connector does, at most once for each target and generation, except listed unknowns.
 * @throws EFFECT_PERMIT_MISSING, GATE_STALE, LEASE_LOST before anything is claimed; ledger errors.
 */
export async function runPage(call: PageCall, options: RunPageOptions): Promise<PageResult> {
  const { action = call.uses, connector, paramsHash, subject, bucket, screen, watchesReturns } = options;
  const act: Act = {
    action,
    connector,
    paramsHash,
    ...(subject === undefined ? {} : { subject }),
    ...(bucket === undefined ? {} : { bucket }),
    ...(screen === undefined ? {} : { screen }),
    ...(watchesReturns === undefined ? {} : { watchesReturns }),
  };
  const page = await EffectPage.open(call, { ...options, opens: options.opens ?? connector.needsRawValue });
  try {
    const rows = await page.admit(action, subject ?? ((row) => row.subject));
    const reports = await page.run(act, rows);
    const result = await page.close(reports);
    cutPoint('settled-not-reported');
    return result;
  } finally {
    page.dispose();
  }
}
