import type { AskStatus, GateStatus, IncidentStatus, StepStatus } from '../../contracts/messages.ts';
import type { Core } from './core.ts';
import type { AskRecord, GateRecord, StepRecord } from './state.ts';

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function stepStatus(core: Core, step: StepRecord): StepStatus {
  const { uses, title } = core.node(step);
  const { id, state, visit, waitsFor, startedAtMs, endedAtMs, outputs, error } = step;
  return {
    id,
    uses,
    title,
    state,
    visit,
    ...(waitsFor === undefined ? {} : { waitsFor }),
    ...(startedAtMs === undefined ? {} : { startedAt: iso(startedAtMs) }),
    ...(endedAtMs === undefined ? {} : { endedAt: iso(endedAtMs) }),
    ...(outputs ? { outputs } : {}),
    ...(error ? { error } : {}),
  };
}

function gateStatus({
  visit: _visit,
  withinMs: _within,
  onExpiry: _onExpiry,
  covers: _covers,
  openedAtMs,
  expiresAtMs,
  ...gate
}: GateRecord): GateStatus {
  return { ...gate, openedAt: iso(openedAtMs), expiresAt: iso(expiresAtMs) };
}

function askStatus({ step, of, people, text, wants, evidence, openedAtMs, dueAtMs }: AskRecord): AskStatus {
  return {
    step,
    of,
    people,
    text,
    wants,
    evidence,
    openedAt: iso(openedAtMs),
    ...(dueAtMs === undefined ? {} : { dueAt: iso(dueAtMs) }),
  };
}

/** Everything that a door shows of the incident. Gates whose digest is still being computed are left out. */
export function statusOf(core: Core): IncidentStatus {
  const { state, input } = core;
  return {
    incident: input.incident,
    mode: input.mode,
    state: state.incidentState,
    stopped: state.isStopped,
    playbook: input.plan.playbook.name,
    planHash: input.planHash,
    requester: input.requester,
    openedAt: iso(state.openedAtMs),
    ...(state.closedAtMs === undefined ? {} : { closedAt: iso(state.closedAtMs) }),
    steps: state.steps.map((step) => stepStatus(core, step)),
    gates: state.gates.filter(({ digest }) => digest !== '').map(gateStatus),
    asks: state.asks.map(askStatus),
    obligations: state.obligations,
    facts: state.facts,
    openItems: state.openItems,
  };
}
