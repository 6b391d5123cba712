import { addStepFacts } from './facts.ts';
import { closePermit } from './holds.ts';
import { endStep } from './ending.ts';
import { failStep, reopenStale } from './failures.ts';
import { isUnproven } from './unproven.ts';
import { gateOf, voidOpen } from './gates.ts';
import { waitForDuty } from './closing.ts';
import type { Core } from './core.ts';
import type { EffectCounts, EffectState } from '../../contracts/effects.ts';
import type { FactKey } from '../../contracts/facts.ts';
import type { EngineEvent } from './events.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { StepError } from '../../contracts/messages.ts';
import type { StepRecord } from './state.ts';

/** Larger results go to the ledger and travel by hash. */
export const OUTPUTS_MAX_BYTES = 4_096;

/** Codes with which the close itself refuses: not a failure to be decided on, a wait. */
const CLOSE_REFUSALS = new Set(['INCIDENT_DUTY_OPEN', 'INCIDENT_ROUND_OPEN', 'INCIDENT_STEP_OPEN']);

/** Takes what an activity or child came to. */
export function takeResult(core: Core, step: StepRecord, ended: EngineEvent & { readonly kind: 'actionEnded' }): void {
  const { state, outputs, facts = {}, openItems = [] } = ended;
  delete step.isAsked;
  if (state !== 'succeeded') closePermit(core, step);
  voidOpen(core, step, 'the step has ended');
  const bytes = new TextEncoder().encode(JSON.stringify(outputs)).length;
  if (bytes > OUTPUTS_MAX_BYTES) {
    failStep(core, step, {
      code: 'ENGINE_OUTPUT_TOO_LARGE',
      message: `${step.id} gave outputs of ${bytes} bytes; at most ${OUTPUTS_MAX_BYTES} travel`,
    });
    return;
  }
  for (const text of openItems) core.leaveOpen(step.id, text);
  endStep(core, step, state, outputs);
  addStepFacts(core, step, { ...countFacts(core, step), ...facts }, 'engine', 'stated');
  if (core.node(step).uses === 'filings.record') core.state.needsAssessing = true;
}

/** Takes why an activity or child failed. */
export function takeFailure(core: Core, step: StepRecord, error: StepError): void {
  delete step.isAsked;
  closePermit(core, step);
  voidOpen(core, step, 'the step has ended');
  if (step.endsAs !== undefined) endStep(core, step, step.endsAs);
  else if (core.node(step).uses === 'incident.close' && CLOSE_REFUSALS.has(error.code)) waitForDuty(core, step, error);
  else if (error.code === 'GATE_STALE' && gateOf(core, step) !== undefined) reopenStale(core, step);
  else if (isUnproven(error) && gateOf(core, step) !== undefined)
    reopenStale(core, step, `its decisions do not hold: ${error.message}`);
  else failStep(core, step, error);
}

/** Which state of a target counts as reached, and the fact that says how many; `undefined` where none does. */
function countedAs(core: Core, step: StepRecord): { readonly fact: FactKey; readonly state: EffectState } | undefined {
  switch (core.node(step).uses) {
    case 'credentials.verify':
      return { fact: 'credentialsVerifiedDead', state: 'verified' };
    case 'notices.send': // the notice to customers whose processor we are has that name (docs/playbooks.md)
      return { fact: step.with?.['notice'] === 'processor' ? 'controllersTold' : 'peopleTold', state: 'accepted' };
    default:
      return undefined;
  }
}

/** The fact that counts how many targets an action reached, over every dataset it was given; each dataset counts once. */
function countFacts(core: Core, step: StepRecord): JsonObject {
  const counted = countedAs(core, step);
  if (!counted) return {};
  const reached = new Map<string, number>();
  for (const other of core.state.steps) {
    const counts = other.outputs?.['counts'] as EffectCounts | undefined;
    if (!counts || !other.dataset || countedAs(core, other)?.fact !== counted.fact) continue;
    const { digest } = other.dataset;
    reached.set(digest, Math.max(reached.get(digest) ?? 0, counts[counted.state] ?? 0));
  }
  return { [counted.fact]: [...reached.values()].reduce((total, count) => total + count, 0) };
}
