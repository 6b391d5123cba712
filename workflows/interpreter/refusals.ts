import { actionCatalogue } from '../../contracts/catalogue.ts';
import { ADMIN, isEnded, type Core } from './core.ts';
import { askOf } from './asks.ts';
import { canonicalJson, type JsonObject } from '../../contracts/json.ts';
import { deciders } from './failures.ts';
import { isFactKey } from './facts.ts';
import { proofFault } from './grounds.ts';
import { isUndecided } from './ending.ts';
import { isUndoable } from './undo.ts';
import { OUTPUTS_MAX_BYTES } from './results.ts';
import type { ErrorCode } from '../../contracts/errors.ts';
import { steeringFault } from './steering.ts';
import type {
  AddFactMessage,
  AmendMessage,
  DecideMessage,
  ResolveStepMessage,
  RolloutMessage,
  StepError,
  StopMessage,
} from '../../contracts/messages.ts';
import type { StepRecord } from './state.ts';
import type { Updates } from './updates.ts';

type Refusal = StepError & { readonly code: ErrorCode };

function refuse(code: ErrorCode, message: string): Refusal {
  return { code, message };
}

function holds(core: Core, person: string, role: string): boolean {
  return core.people(role).includes(person);
}

const REFUSALS: { readonly [Name in keyof Updates]: (core: Core, message: Updates[Name]) => Refusal | undefined } = {
  decide,
  addFact,
  resolveStep,
  amend,
  stop: (core, message) => stop(core, message),
  resume: (core, message) => stop(core, message) ?? requester(core, message) ?? decider(core, message),
  rollout,
};

/** Why an update is refused; `undefined` when it is good. Reads the state, changes nothing. */
export function refusal<Name extends keyof Updates>(
  core: Core,
  name: Name,
  message: Updates[Name],
): Refusal | undefined {
  if (['closed', 'stopped'].includes(core.state.incidentState))
    return refuse('INCIDENT_OVER', `${core.input.incident} is ${core.state.incidentState}`);
  return REFUSALS[name](core, message);
}

/** Decisions bind to what was seen, by a person who was asked, who did not ask for the incident, once. */
function decide(core: Core, message: DecideMessage): Refusal | undefined {
  const { gate: id, digest, by, role, breakGlass = false } = message;
  const gate = core.state.gates.find((one) => one.id === id);
  if (!gate) return refuse('GATE_UNKNOWN', `${core.input.incident} has no gate ${id}`);
  if (gate.state === 'voided')
    return refuse('GATE_STALE', `what gate ${id} showed has changed; another gate asks again`);
  if (gate.state !== 'open') return refuse('GATE_CLOSED', `gate ${id} is ${gate.state}`);
  if (gate.digest === '' || gate.digest !== digest)
    return refuse('GATE_STALE', `gate ${id} shows something else than the decision was made on`);
  if (by === core.input.requester)
    return refuse('GATE_REQUESTER', `${by} asked for the incident and may not decide at its gates`);
  const isAsked = gate.roles.includes(role) || (role === ADMIN && breakGlass);
  if (!isAsked) return refuse('GATE_ROLE', `gate ${id} asks ${gate.roles.join(', ')}, not ${role}`);
  if (breakGlass && role !== ADMIN) return refuse('GATE_ROLE', `break-glass is for admins, not for ${role}`);
  if (!holds(core, by, role)) return refuse('GATE_ROLE', `${by} does not hold the role ${role} in this incident`);
  if (gate.answers.some((answer) => answer.by === by))
    return refuse('GATE_ALREADY_ANSWERED', `${by} has answered gate ${id}`);
  return (
    proofFault(core, message) ?? (gate.kind === 'amendment' && message.answer === 'approve' ? closing(core) : undefined)
  );
}

/** The value was checked against the fact's schema at the door. */
function addFact(_core: Core, { key }: AddFactMessage): Refusal | undefined {
  return isFactKey(key) ? undefined : refuse('FACT_UNKNOWN', `there is no fact ${String(key).slice(0, 64)}`);
}

function resolveStep(core: Core, message: ResolveStepMessage): Refusal | undefined {
  const { step: id, answer } = message;
  const step = core.step(id);
  if (!step) return refuse('STEP_UNKNOWN', `${core.input.incident} has no step ${id}`);
  if (answer === 'done') return answerTo(core, step, message);
  const isStoppedOne = step.isStopped === true && !isEnded(step) && answer !== 'retry' && answer !== 'stop';
  if (!isUndecided(core, step) && !isStoppedOne)
    return refuse('STEP_NOT_WAITING', `step ${id} is ${step.state} and waits for no such decision`);
  if (answer === 'mark-done' && isUndecided(core, step)) {
    const fault = outputsFault(core.node(step).uses, message.values ?? {});
    if (fault !== undefined) return refuse('STEP_OUTPUTS_INVALID', `step ${id}: ${fault}`);
  }
  return requester(core, message) ?? decider(core, message);
}

/** What a person may not give as the outputs of a step that was done by hand. */
function outputsFault(uses: string, values: JsonObject): string | undefined {
  const declared = (actionCatalogue.get(uses)?.outputs['properties'] ?? {}) as JsonObject;
  const strange = Object.keys(values).find((key) => !Object.hasOwn(declared, key));
  if (strange !== undefined) return `${uses} has no output ${strange.slice(0, 64)}`;
  const dataset = Object.keys(values).find((key) => canonicalJson(declared[key]!).includes('firebreak:dataset'));
  if (dataset !== undefined) return `the dataset ${dataset} comes from an action, not by hand`;
  const bytes = new TextEncoder().encode(JSON.stringify(values)).length;
  return bytes > OUTPUTS_MAX_BYTES ? `its outputs have ${bytes} bytes; at most ${OUTPUTS_MAX_BYTES} travel` : undefined;
}

/** Who asked for the incident does not decide what somebody else must approve, nor goes on with, widens or takes back acts. */
function requester(core: Core, { by }: { readonly by: string }): Refusal | undefined {
  const { mode, requester: asked } = core.input;
  if (mode !== 'live' || by !== asked) return undefined;
  return refuse('GATE_REQUESTER', `${by} asked for the incident and may not decide in place of its gates`);
}

function answerTo(core: Core, step: StepRecord, message: ResolveStepMessage): Refusal | undefined {
  const { step: id, by, role, values = {} } = message;
  const ask = askOf(core, id);
  if (!ask) return refuse('STEP_NOT_WAITING', `step ${id} is ${step.state} and asks nobody`);
  const { uses } = core.node(step);
  if (uses === 'wait.for') return refuse('STEP_NOT_WAITING', `step ${id} waits for the fact ${ask.wants.join()}`);
  if (ask.of !== role || !holds(core, by, role))
    return refuse('ASK_ROLE', `step ${id} asks ${ask.of}; ${by} does not answer as ${role}`);
  if (ask.evidence === 'required' && !values['evidence'])
    return refuse('ASK_EVIDENCE_MISSING', `step ${id} needs evidence: a reference to what shows that it was done`);
  if (uses === 'manual' && ask.wants.length > 0 && values['value'] === undefined)
    return refuse('ASK_VALUE_MISSING', `step ${id} sets the fact ${ask.wants.join()} and needs its value`);
  const strange = Object.keys(values).find((key) => uses === 'facts.ask' && !ask.wants.includes(key));
  if (strange !== undefined) return refuse('FACT_UNKNOWN', `step ${id} did not ask for ${strange.slice(0, 64)}`);
  if (uses === 'filings.record' && values['state'] !== 'filed' && values['state'] !== 'not-filed')
    return refuse('FILING_STATE_MISSING', `step ${id} needs a state: filed or not-filed`);
  return undefined;
}

/** Whether the person may decide what the playbook leaves open. */
function decider(core: Core, { by, role }: { readonly by: string; readonly role: string }): Refusal | undefined {
  if (deciders(core).includes(role) && holds(core, by, role)) return undefined;
  return refuse('ASK_ROLE', `that is decided by ${deciders(core).join(' or ')}, which ${by} does not hold as ${role}`);
}

function amend(core: Core, message: AmendMessage): Refusal | undefined {
  const { run, skip, undo } = message;
  if (skip !== undefined) {
    const step = core.step(skip);
    if (!step) return refuse('STEP_UNKNOWN', `${core.input.incident} has no step ${skip}`);
    if (step.state !== 'pending')
      return refuse(
        'AMENDMENT_TOO_LATE',
        `step ${skip} is ${step.state}; only one that has not started can be skipped`,
      );
    const isGated = core.node(step).approval !== undefined;
    return (isGated ? requester(core, message) : undefined) ?? decider(core, message);
  }
  if (undo !== undefined) {
    if (core.state.isStopped) return refuse('UNDO_REFUSED', 'the incident is stopped; resume it, then take steps back');
    const wrong = undo.find((id) => {
      const step = core.step(id);
      return !step || !isUndoable(core, step);
    });
    if (wrong !== undefined || undo.length === 0)
      return refuse('UNDO_REFUSED', `step ${wrong ?? '(none named)'} did nothing that can be taken back`);
    return requester(core, message) ?? decider(core, message);
  }
  return amendment(core, run, message);
}

function amendment(core: Core, run: string | undefined, { by, role }: AmendMessage): Refusal | undefined {
  const declared =
    run !== undefined && Object.hasOwn(core.plan.amendments, run) ? core.plan.amendments[run] : undefined;
  if (!declared) return refuse('AMENDMENT_UNKNOWN', `the plan declares no amendment ${(run ?? '').slice(0, 64)}`);
  const step = core.step(declared.of);
  if (!step || step.state === 'pending')
    return refuse(
      'AMENDMENT_TOO_EARLY',
      `${declared.of} has not begun; its first round can still take the wider scope`,
    );
  if (!holds(core, by, role)) return refuse('ASK_ROLE', `${by} does not hold the role ${role} in this incident`);
  return closing(core);
}

/** Once the close is under way, the keys of what a round would act on are being destroyed. */
function closing(core: Core): Refusal | undefined {
  const close = core.state.steps.find((step) => core.node(step).uses === 'incident.close' && step.isAsked === true);
  return close && refuse('AMENDMENT_TOO_LATE', `${close.id} is under way: no round can begin any more`);
}

/** Anybody with a role may stop; going on again is for those who decide. */
function stop(core: Core, { step: id, by, role }: StopMessage): Refusal | undefined {
  const step = id === undefined ? undefined : core.step(id);
  if (id !== undefined && !step) return refuse('STEP_UNKNOWN', `${core.input.incident} has no step ${id}`);
  if (step && isEnded(step)) return refuse('STEP_NOT_WAITING', `step ${step.id} is ${step.state}`);
  return holds(core, by, role)
    ? undefined
    : refuse('ASK_ROLE', `${by} does not hold the role ${role} in this incident`);
}

/** Anybody with a role may pause; everything else about a rollout is for those who decide. */
function rollout(core: Core, message: RolloutMessage): Refusal | undefined {
  const { step: id, order, by, role } = message;
  const step = core.step(id);
  if (!step) return refuse('STEP_UNKNOWN', `${core.input.incident} has no step ${id}`);
  const fault = steeringFault(core, step, message);
  if (fault) return fault;
  if (order !== 'pause') return requester(core, message) ?? decider(core, message);
  return holds(core, by, role)
    ? undefined
    : refuse('ASK_ROLE', `${by} does not hold the role ${role} in this incident`);
}
