import { NO_FACTOR } from '../../contracts/decision-proof.ts';
import { needsSecondFactor } from '../../contracts/plan.ts';
import { gateOf } from './gates.ts';
import { hasNeeds } from './inputs.ts';
import { isEnded, type Core } from './core.ts';
import { isHeld } from './held.ts';
import { present } from './duties.ts';
import type { AskRecord, GateAnswer, GateRecord, StepRecord } from './state.ts';
import type { AskStatus, GateStatus, IncidentStatus, ObligationStatus, StepStatus } from '../../contracts/messages.ts';

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** What a step waits for, in one word. */
function waitsFor(core: Core, step: StepRecord): string | undefined {
  if (isEnded(step)) return step.waitsFor;
  if (step.isPaused === true) return 'pause';
  if (isHeld(core, step) && (step.state === 'pending' || step.isAsked === true)) return 'hold';
  if (step.waitsFor !== undefined || step.state !== 'pending') return step.waitsFor;
  return hasNeeds(core, step) ? undefined : 'needs';
}

function stepStatus(core: Core, step: StepRecord): StepStatus {
  const { uses, title } = core.node(step);
  const { id, state, visit, startedAtMs, endedAtMs, outputs, error } = step;
  const waiting = waitsFor(core, step);
  const isAtGate = state === 'pending' && gateOf(core, step)?.state === 'open';
  return {
    ...{ id, uses, title, visit },
    state: isAtGate ? 'waiting' : state,
    ...(waiting === undefined ? {} : { waitsFor: waiting }),
    ...(startedAtMs === undefined ? {} : { startedAt: iso(startedAtMs) }),
    ...(endedAtMs === undefined ? {} : { endedAt: iso(endedAtMs) }),
    ...(outputs ? { outputs } : {}),
    ...(error ? { error } : {}),
  };
}

/** A proof is no part of what people read; that somebody signed is. */
function answerStatus({ proof, ...answer }: GateAnswer): GateStatus['answers'][number] {
  const factor = proof?.statement.factor ?? NO_FACTOR;
  return { ...answer, ...(factor === NO_FACTOR ? {} : { factor }) };
}

/** Whether each yes at a gate needs the signature of the person's own key: what its step has approval for, and how many. */
function asksForFactor(core: Core, { step: id, kind }: GateRecord): boolean {
  const step = core.step(id);
  const approval = step && core.node(step).approval;
  if (!approval || kind === 'failure' || kind === 'amendment') return false;
  return needsSecondFactor(approval, step.dataset?.count ?? 1);
}

function gateStatus(core: Core, gate: GateRecord): GateStatus {
  const { id, step, kind, question, digest, roles, rule, quorum, escalations, shows, state } = gate;
  return {
    ...{ id, step, kind, question, digest, roles, rule, quorum, escalations, shows, state },
    answers: gate.answers.map(answerStatus),
    ...(asksForFactor(core, gate) ? { secondFactor: true } : {}),
    openedAt: iso(gate.openedAtMs),
    expiresAt: iso(gate.expiresAtMs),
  };
}

function askStatus({ step, of, people, text, wants, evidence, openedAtMs, dueAtMs }: AskRecord): AskStatus {
  return {
    ...{ step, of, people, text, wants, evidence },
    openedAt: iso(openedAtMs),
    ...(dueAtMs === undefined ? {} : { dueAt: iso(dueAtMs) }),
  };
}

/** What the list of workflows shows: little, since it is asked for at every wake, however long the plan is. */
export interface Glance extends Pick<IncidentStatus, 'incident' | 'mode' | 'state' | 'stopped'> {
  /** Gates that wait for an answer. */
  readonly openGates: readonly Pick<GateStatus, 'id' | 'roles'>[];
  readonly asks: readonly Pick<AskStatus, 'step' | 'of'>[];
  /** When the next duty that runs is due, ISO 8601 UTC; `undefined` for none. */
  readonly nextDueAt: string | undefined;
  readonly steps: number;
  /** Steps that came through or were not wanted. */
  readonly done: number;
}

const DONE = new Set<StepRecord['state']>(['succeeded', 'partial', 'skipped']);
const RUNS = new Set<ObligationStatus['state']>(['running', 'provisional', 'overdue']);

/** A glance at the incident: what {@link statusOf} says, without a word on each step. */
export function glanceAt({ state, input }: Core): Glance {
  const due = state.obligations.filter((duty) => RUNS.has(duty.state)).flatMap(({ dueAt }) => dueAt ?? []);
  return {
    incident: input.incident,
    mode: input.mode,
    state: state.incidentState,
    stopped: state.isStopped || state.haltedBy !== undefined,
    openGates: state.gates.filter((gate) => gate.state === 'open' && gate.digest !== ''),
    asks: state.asks,
    nextDueAt: due.sort()[0],
    steps: state.steps.length,
    done: state.steps.filter((step) => DONE.has(step.state)).length,
  };
}

/** Everything that a door shows of the incident. Gates whose digest is still being computed are left out. */
export function statusOf(core: Core): IncidentStatus {
  const { state, input } = core;
  return {
    incident: input.incident,
    mode: input.mode,
    state: state.incidentState,
    stopped: state.isStopped || state.haltedBy !== undefined,
    playbook: input.plan.playbook.name,
    planHash: input.planHash,
    requester: input.requester,
    openedAt: iso(state.openedAtMs),
    ...(state.closedAtMs === undefined ? {} : { closedAt: iso(state.closedAtMs) }),
    steps: state.steps.map((step) => stepStatus(core, step)),
    gates: state.gates.filter(({ digest }) => digest !== '').map((gate) => gateStatus(core, gate)),
    asks: state.asks.map(askStatus),
    obligations: state.obligations.map((duty) => present(duty, core.nowMs)),
    facts: state.facts,
    openItems: state.openItems,
  };
}
