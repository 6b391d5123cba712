import { factCatalogue } from '../../contracts/facts.ts';
import type {
  AddFactMessage,
  AmendMessage,
  DecideMessage,
  ResolveStepMessage,
  StepError,
  StopMessage,
} from '../../contracts/messages.ts';
import type { ErrorCode } from '../../contracts/errors.ts';
import { isEnded, type Core } from './core.ts';
import { askOf } from './asks.ts';
import { failureRoles, isUndecided } from './steps.ts';

function refuse(code: ErrorCode, message: string): StepError {
  return { code, message };
}

function holds(core: Core, person: string, role: string): boolean {
  return core.people(role).includes(person);
}

/** Whether a message may still change anything. */
function over(core: Core): StepError | undefined {
  return core.state.incidentState === 'closed'
    ? refuse('INCIDENT_OVER', `${core.input.incident} is closed`)
    : undefined;
}

/** Why a decision is refused; `undefined` when it is good. */
export function refuseDecision(
  core: Core,
  { gate: id, digest, by, role, breakGlass = false }: DecideMessage,
): StepError | undefined {
  const gate = core.state.gates.find((one) => one.id === id);
  if (!gate) return refuse('GATE_UNKNOWN', `${core.input.incident} has no gate ${id}`);
  if (gate.state === 'voided')
    return refuse('GATE_STALE', `what gate ${id} showed has changed; a newer gate asks again`);
  if (gate.state !== 'open') return refuse('GATE_CLOSED', `gate ${id} is ${gate.state}`);
  if (gate.digest === '' || gate.digest !== digest)
    return refuse('GATE_STALE', `gate ${id} shows something else than the decision was made on`);
  if (by === core.input.requester)
    return refuse('GATE_REQUESTER', `${by} asked for the incident and may not approve in it`);
  const mayByAdmin = role === 'admin' && (breakGlass || gate.escalations >= 2);
  if (!(gate.roles.includes(role) || mayByAdmin))
    return refuse('GATE_ROLE', `gate ${id} asks ${gate.roles.join(', ')}, not ${role}`);
  if (!holds(core, by, role)) return refuse('GATE_ROLE', `${by} does not hold the role ${role} in this incident`);
  if (gate.answers.some((answer) => answer.by === by))
    return refuse('GATE_ALREADY_ANSWERED', `${by} has answered gate ${id}`);
  return undefined;
}

/** Why a fact is refused. Its value was checked against the fact's schema at the door. */
export function refuseFact(core: Core, { key }: AddFactMessage): StepError | undefined {
  if (!Object.hasOwn(factCatalogue, key)) return refuse('FACT_UNKNOWN', `there is no fact ${key}`);
  return over(core);
}

/** Why an answer to a step is refused. */
export function refuseResolution(
  core: Core,
  { step: id, answer, by, role, values = {} }: ResolveStepMessage,
): StepError | undefined {
  const step = core.step(id);
  if (!step) return refuse('STEP_UNKNOWN', `${core.input.incident} has no step ${id}`);
  if (answer !== 'done') {
    if (!isUndecided(core, step))
      return refuse('STEP_NOT_WAITING', `step ${id} is ${step.state} and waits for no such decision`);
    if (!failureRoles(core).includes(role) || !holds(core, by, role)) {
      return refuse(
        'ASK_ROLE',
        `a failed step is decided by ${failureRoles(core).join(' or ')}, which ${by} does not hold as ${role}`,
      );
    }
    return undefined;
  }
  const ask = askOf(core, id);
  if (!ask) return refuse('STEP_NOT_WAITING', `step ${id} is ${step.state} and asks nobody`);
  if (ask.of !== role || !holds(core, by, role))
    return refuse('ASK_ROLE', `step ${id} asks ${ask.of}; ${by} does not answer as ${role}`);
  if (ask.evidence === 'required' && (values.evidence === undefined || values.evidence === '')) {
    return refuse('ASK_EVIDENCE_MISSING', `step ${id} needs evidence: a reference to what shows that it was done`);
  }
  const strange =
    core.node(step).uses === 'facts.ask' ? Object.keys(values).find((key) => !ask.wants.includes(key)) : undefined;
  if (strange !== undefined) return refuse('FACT_UNKNOWN', `step ${id} did not ask for ${strange}`);
  if (core.node(step).uses === 'filings.record' && values.state !== 'filed' && values.state !== 'not-filed') {
    return refuse('FILING_STATE_MISSING', `step ${id} needs a state: filed or not-filed`);
  }
  return undefined;
}

/** Why an amendment is refused. */
export function refuseAmendment(core: Core, { run, skip, by, role }: AmendMessage): StepError | undefined {
  if (over(core)) return over(core);
  if (skip !== undefined) {
    const step = core.step(skip);
    if (!step) return refuse('STEP_UNKNOWN', `${core.input.incident} has no step ${skip}`);
    if (step.state !== 'pending')
      return refuse(
        'AMENDMENT_TOO_LATE',
        `step ${skip} is ${step.state}; only a step that has not started can be skipped`,
      );
    return holds(core, by, role) && failureRoles(core).includes(role)
      ? undefined
      : refuse('ASK_ROLE', `${by} may not skip steps as ${role}`);
  }
  const amendment = run === undefined ? undefined : core.plan.amendments[run];
  if (!amendment) return refuse('AMENDMENT_UNKNOWN', `the plan declares no amendment ${run ?? ''}`);
  const scopeStep = core.step(amendment.of);
  if (!scopeStep || scopeStep.state === 'pending')
    return refuse('AMENDMENT_TOO_EARLY', `${amendment.of} has not begun; its first round takes the wider scope`);
  if (by === core.input.requester || !amendment.approval.roles.includes(role) || !holds(core, by, role)) {
    return refuse('ASK_ROLE', `amendment ${run!} is decided by ${amendment.approval.roles.join(' or ')}`);
  }
  return undefined;
}

/** Why a stop or resume is refused: anyone with a role may stop, those who decide on failures may resume. */
export function refuseStop(core: Core, { step: id, by, role }: StopMessage, isResume: boolean): StepError | undefined {
  if (over(core)) return over(core);
  const step = id === undefined ? undefined : core.step(id);
  if (id !== undefined && (!step || isEnded(step)))
    return refuse(step ? 'STEP_NOT_WAITING' : 'STEP_UNKNOWN', `step ${id} is not at work`);
  if (!holds(core, by, role)) return refuse('ASK_ROLE', `${by} does not hold the role ${role} in this incident`);
  if (isResume && !failureRoles(core).includes(role))
    return refuse('ASK_ROLE', `resuming is decided by ${failureRoles(core).join(' or ')}`);
  return undefined;
}
