import { acts, endStep, markStarted } from './ending.ts';
import { openApproval, voidGate } from './gates.ts';
import type { Approval } from '../../contracts/plan.ts';
import type { Core } from './core.ts';
import type { GateRecord, StepRecord } from './state.ts';

/** Nobody is asked in a preview; the forecast has the shape of a gate that binds nothing. */
const NOBODY: Approval = { rule: 'any', roles: [], quorum: 1, withinMs: 0, onExpiry: 'escalate' };

/**
 * What a step does in a preview: acting steps and rollouts become a forecast of what they would do, people and waits are
 * passed over, the close ends it.
 *
 * @returns `false` for a step that runs as ever: scopes open, duties are assessed.
 */
export function forecast(core: Core, step: StepRecord): boolean {
  const node = core.node(step);
  switch (node.shape) {
    case 'scope':
    case 'clock':
      return false;
    case 'people':
    case 'wait':
      endStep(core, step, 'skipped');
      return true;
    case 'single':
    case 'page':
      if (!acts(node) && node.shape === 'single') return false;
      markStarted(core, step);
      if (node.uses === 'incident.close') endStep(core, step, 'succeeded');
      else openApproval(core, step, node.approval ?? NOBODY);
      return true;
  }
}

/** Takes a forecast: it is shown with the step, which ends without outputs; what reads them is skipped. */
export function takeForecast(
  core: Core,
  step: StepRecord,
  gate: GateRecord,
  opened: Pick<GateRecord, 'digest' | 'shows'>,
): void {
  gate.digest = opened.digest;
  gate.shows = opened.shows;
  voidGate(core, gate, 'a preview shows what would be asked; it binds nothing');
  endStep(core, step, 'succeeded');
}
