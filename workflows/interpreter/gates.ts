import type { DecideMessage, GateStatus } from '../../contracts/messages.ts';
import type { Digest } from '../../contracts/ids.ts';
import type { Approval } from '../../contracts/plan.ts';
import type { Core } from './core.ts';
import { failStep } from './steps.ts';
import type { GateRecord, StepRecord } from './state.ts';

const NOTHING_SHOWN: GateStatus['shows'] = { targets: 0, variants: [], notes: [] };

/** The newest gate of a step's present visit. */
export function gateOf(core: Core, step: StepRecord): GateRecord | undefined {
  return core.state.gates.findLast(({ id }) => id === step.gate);
}

/** Opens a step's gate: an activity computes what it shows and the digest; people are asked once that is known. */
export function openGate(core: Core, step: StepRecord, approval: Approval): void {
  const node = core.node(step);
  const number = core.state.gates.filter((gate) => gate.step === step.id).length + 1;
  const id = `${step.id}#${number}`;
  const gate: GateRecord = {
    id,
    step: step.id,
    visit: step.visit,
    kind: 'approval',
    question: `${node.title}?`,
    digest: '' as Digest,
    roles: approval.roles,
    rule: approval.rule,
    quorum: approval.rule === 'all' ? approval.roles.length : approval.quorum,
    openedAtMs: core.nowMs,
    expiresAtMs: core.nowMs + approval.withinMs,
    withinMs: approval.withinMs,
    onExpiry: approval.onExpiry,
    escalations: 0,
    shows: NOTHING_SHOWN,
    answers: [],
    state: 'open',
    covers: core.factsText(node),
  };
  core.state.gates.push(gate);
  step.gate = id;
  step.waitsFor = 'gate';
  core.commands.push({
    kind: 'openGate',
    gate: id,
    plan: node,
    context: core.context(step),
    with: step.with!,
    facts: core.factsFor(node),
    ...(step.dataset ? { dataset: step.dataset } : {}),
  });
}

/** Takes what a gate shows; from now on people can answer. */
export function takeOpened(core: Core, gate: GateRecord, digest: Digest, shows: GateStatus['shows']): void {
  const step = core.step(gate.step)!;
  gate.digest = digest;
  gate.shows = shows;
  core.record(
    'gate.opened',
    'engine',
    {
      gate: gate.id,
      step: gate.step,
      digest,
      targets: shows.targets,
      roles: gate.roles,
      rule: gate.rule,
      quorum: gate.quorum,
    },
    `gate.opened:${gate.id}`,
  );
  if (core.input.mode === 'preview') {
    gate.state = 'approved'; // a forecast: nothing behind it acts
    return;
  }
  core.page(
    step,
    gate.roles.flatMap((role) => core.people(role).slice(0, 1)),
    `${gate.question} ${shows.targets} targets, gate ${gate.id}`,
    0,
  );
}

/** Voids a gate whose covered facts have changed, and asks anew. */
export function voidStale(core: Core, step: StepRecord, approval: Approval): void {
  const gate = gateOf(core, step);
  if (!gate || gate.digest === '' || !['open', 'approved'].includes(gate.state) || step.isAsked) return;
  const covers = core.factsText(core.node(step));
  if (gate.covers === covers) return;
  gate.state = 'voided';
  core.record(
    'gate.voided',
    'engine',
    { gate: gate.id, because: 'a fact that it covers changed' },
    `gate.voided:${gate.id}`,
  );
  openGate(core, step, approval);
}

/** Takes a decision that was validated (see messages.ts). @returns what it led to, one sentence. */
export function takeDecision(core: Core, gate: GateRecord, message: DecideMessage): string {
  const { by, role, answer, comment, id, digest, breakGlass = false } = message;
  gate.answers.push({ by, role, answer, at: core.now });
  core.record(
    'decision',
    by,
    { gate: gate.id, step: gate.step, role, answer, digest, breakGlass, ...(comment === undefined ? {} : { comment }) },
    `decision:${id}`,
  );
  if (answer === 'reject') {
    gate.state = 'rejected';
    failStep(core, core.step(gate.step)!, {
      code: 'GATE_REJECTED',
      message: `${by} (${role}) rejected gate ${gate.id}`,
    });
    return 'rejected: the step waits for a decision on how to go on';
  }
  if (breakGlass) {
    gate.state = 'approved';
    core.leaveOpen(gate.step, `gate ${gate.id} was opened by break-glass by ${by}: review it`);
    core.page(
      core.step(gate.step)!,
      Object.values(core.input.roles).flat(),
      `${by} opened gate ${gate.id} by break-glass`,
      2,
    );
    return 'approved alone, by break-glass; everybody is told and a review is open';
  }
  if (!isSatisfied(gate)) return `taken; ${missing(gate)} more needed`;
  gate.state = 'approved';
  return 'approved: the step goes on';
}

function approvals(gate: GateRecord): readonly GateRecord['answers'][number][] {
  return gate.answers.filter(({ answer }) => answer === 'approve');
}

function missing(gate: GateRecord): number {
  return gate.quorum - new Set(approvals(gate).map(({ by }) => by)).size;
}

/** `all`: one distinct person for each role. `any`: enough distinct people. */
function isSatisfied(gate: GateRecord): boolean {
  const yes = approvals(gate);
  const people = new Set(yes.map(({ by }) => by));
  if (people.size < gate.quorum) return false;
  return (
    gate.rule === 'any' ||
    gate.roles.every((role) => yes.some((answer) => answer.role === role || answer.role === 'admin'))
  );
}

/**
 * A gate's time is over: silence escalates, it never approves. Level 1 asks deputies, level 2 admins, afterwards everyone
 * again each `within`. With `halt` nothing new starts until it is answered.
 */
export function expire(core: Core, gate: GateRecord): void {
  const step = core.step(gate.step)!;
  gate.escalations += 1;
  gate.expiresAtMs = core.nowMs + gate.withinMs;
  if (gate.onExpiry === 'halt') core.state.haltedBy ??= gate.step;
  const roles = gate.escalations >= 2 ? [...gate.roles, 'admin'] : gate.roles;
  const people = [...new Set(roles.flatMap((role) => core.people(role)))];
  core.record(
    'escalation',
    'engine',
    { gate: gate.id, level: gate.escalations, people },
    `escalation:${gate.id}:${gate.escalations}`,
  );
  core.page(step, people, `Nobody has answered gate ${gate.id}: ${gate.question}`, gate.escalations);
}
