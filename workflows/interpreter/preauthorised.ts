import { isSigned } from './grounds.ts';
import type { Core } from './core.ts';
import type { GateRecord, StepRecord } from './state.ts';

/**
 * What somebody signed for beforehand is let through at once: at most `max` of the kinds named, until the date. The
 * signature is journalled as the decision it is, bound to the gate's digest; the rest waits at the gate.
 *
 * @param ofKinds - targets of the kinds signed for; a step without targets counts as one.
 */
export function letThrough(core: Core, step: StepRecord, gate: GateRecord, ofKinds: number): void {
  const { preauthorised } = core.node(step);
  if (!preauthorised || core.now.slice(0, 10) > preauthorised.until) return;
  const { max, signedBy } = preauthorised;
  if (signedBy === core.input.requester) return; // nobody approves what they ask for themselves, beforehand neither
  const targets = step.dataset?.count ?? 1;
  const allowed = Math.min(max, step.dataset ? ofKinds : 1, targets);
  if (allowed <= 0) return;
  core.record(
    'decision',
    signedBy,
    { gate: gate.id, step: step.id, digest: gate.digest, answer: 'approve', preauthorised: allowed, of: targets },
    `decision:preauthorised:${gate.id}`,
  );
  if (isSigned(core)) gate.signedFor = allowed;
  if (allowed < targets) {
    step.ceiling = allowed;
    return;
  }
  gate.answers.push({ by: signedBy, role: 'preauthorised', answer: 'approve', at: core.now });
  gate.state = 'approved';
}
