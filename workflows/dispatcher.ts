import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { getExternalWorkflowHandle, ParentClosePolicy, startChild, workflowInfo } from '@temporalio/workflow';
import { childWorkflowId, visitId, type IncidentId } from '../contracts/ids.ts';
import type { ActionCall, CallContext } from '../contracts/effects.ts';
import type { ChildEnded, ObligationInput, OutlastingInput, RolloutInput } from '../contracts/messages.ts';
import type { JsonObject } from '../contracts/json.ts';
import { engineActivities, flushing, runAction, stepError, summaryOf } from './activities.ts';
import { movedSignal, resumeSignal, settledSignal, stopSignal } from './definitions.ts';
import type { Interpreter } from './interpreter/interpreter.ts';
import type { Command, EngineEvent } from './interpreter/state.ts';

type CommandOf<Kind extends Command['kind']> = Extract<Command, { readonly kind: Kind }>;

/** Maps the interpreter's commands to activities and children, and their answers to events. */
export class Dispatcher {
  readonly #interpreter: Interpreter;
  readonly #wake: () => void;
  /** Calls under way; children are not counted: they live on their own and report by signal. */
  #inFlight = 0;
  #isFlushing = false;

  constructor(interpreter: Interpreter, wake: () => void) {
    this.#interpreter = interpreter;
    this.#wake = wake;
  }

  /** Whether no activity is under way. */
  get isQuiet(): boolean {
    return this.#inFlight === 0;
  }

  /** Starts everything that the commands ask for, in order. */
  dispatch(commands: readonly Command[]): void {
    for (const command of commands) this.#run(command);
  }

  /** Appends records that no call carries soon. */
  flush(): void {
    const { core } = this.#interpreter;
    if (this.#inFlight > 0 || this.#isFlushing || core.state.pending.length === 0) return;
    const journal = [...core.state.pending];
    this.#isFlushing = true;
    this.#track(
      flushing['engine.record']({ incident: core.input.incident, journal }).finally(() => (this.#isFlushing = false)),
      () => ({ kind: 'journalled', keys: journal.map(({ key }) => key) }),
    );
  }

  /** Takes the report of a rollout or clock; a repeat or an old one is ignored by the interpreter. */
  takeChild({ step, visit, result }: ChildEnded): void {
    const { state, outputs, error, openItems = [] } = result;
    if (state === 'failed')
      this.#tell({
        kind: 'actionFailed',
        step,
        visit,
        error: error ?? { code: 'ENGINE_INTERNAL', message: `${step} failed without a reason` },
      });
    else
      this.#tell({
        kind: 'actionEnded',
        step,
        visit,
        outputs,
        openItems,
        state: state === 'partial' ? 'partial' : 'succeeded',
        facts: factsOf(outputs),
      });
  }

  /** Passes a cancel on to every rollout: they end before their next target. */
  async stopChildren(): Promise<void> {
    const { core } = this.#interpreter;
    const running = core.state.steps.filter(
      (step) => step.isAsked === true && step.state === 'running' && core.node(step).shape === 'page',
    );
    await Promise.allSettled(
      running.map((step) =>
        getExternalWorkflowHandle(childWorkflowId(core.input.incident, step.id, step.visit)).signal(stopSignal),
      ),
    );
  }

  #tell(event: EngineEvent): void {
    this.#interpreter.take(event, Date.now());
    this.#wake();
  }

  /** Follows a call to its end; its journal records count as appended once it has answered. */
  #track<Answer>(
    call: Promise<Answer>,
    onAnswer: (answer: Answer) => EngineEvent | undefined,
    onError?: (error: unknown) => EngineEvent,
    carried?: CallContext,
  ): void {
    this.#inFlight += 1;
    void call
      .then(onAnswer, (error: unknown) => {
        if (!onError) throw error;
        return onError(error);
      })
      .then((event) => {
        this.#inFlight -= 1;
        if (carried)
          this.#interpreter.take({ kind: 'journalled', keys: carried.journal.map(({ key }) => key) }, Date.now());
        if (event) this.#tell(event);
        else this.#wake();
      });
  }

  #run(command: Command): void {
    switch (command.kind) {
      case 'act':
        return this.#act(command);
      case 'rollOut':
        return this.#rollOut(command);
      case 'openGate':
        return this.#openGate(command);
      case 'setPermit':
        return this.#setPermit(command);
      case 'assess':
        return this.#assess(command);
      case 'page': {
        const { context, people, text, level } = command;
        return this.#track(
          engineActivities(`tells ${people.join(', ')}`)['engine.page']({ ...context, people, text, level }),
          () => undefined,
          undefined,
          context,
        );
      }
      case 'setState': {
        const { incident } = this.#interpreter.core.input;
        const { state, journal } = command;
        return this.#track(
          engineActivities(`the incident is ${state}`)['engine.setState']({ incident, state, journal }),
          () => ({ kind: 'stateWritten', state }),
        );
      }
      case 'anchor': {
        const { incident } = this.#interpreter.core.input;
        return this.#track(
          engineActivities('the head leaves the house')['engine.anchor']({ incident, reason: command.reason }),
          () => undefined,
        );
      }
      case 'card':
        return this.#track(
          engineActivities('redraws the card')['engine.card']({ ...command.context, summary: command.summary }),
          () => ({ kind: 'cardDrawn' }),
        );
    }
  }

  #callOf(
    context: CallContext,
    uses: string,
    given: JsonObject,
    command: {
      readonly plan: CommandOf<'act'>['plan'];
      readonly facts: JsonObject;
      readonly gate?: ActionCall['gate'];
    },
  ): ActionCall {
    const { roles } = this.#interpreter.core.input;
    const { plan, facts, gate } = command;
    return { ...context, uses, with: given, texts: plan.texts, facts, roles, ...(gate === undefined ? {} : { gate }) };
  }

  /** Opens the permit, then acts: no effect before the records that it needs and the right to act are in the ledger. */
  #act(command: CommandOf<'act'>): void {
    const { step, plan, context, uses } = command;
    const call = this.#callOf(context, uses, command.with, command);
    const { id, visit } = step;
    if (plan.outlives === 'close') return this.#outlast(call, command);
    const act = async () => {
      await engineActivities(`opens the permit of ${id}`)['engine.setPermit']({
        ...context,
        state: 'open',
        ...(call.gate === undefined ? {} : { gate: call.gate }),
      });
      return runAction(plan, uses, visitId(id, visit), call);
    };
    this.#track(
      call.gate === undefined && !needsPermit(uses) ? runAction(plan, uses, visitId(id, visit), call) : act(),
      ({ outputs, facts, openItems, state = 'succeeded' }) => ({
        kind: 'actionEnded',
        step: id,
        visit,
        outputs,
        facts: facts ?? {},
        openItems: openItems ?? [],
        state,
      }),
      (error) => ({ kind: 'actionFailed', step: id, visit, error: stepError(error) }),
      context,
    );
  }

  /** Hands a step that outlives the incident to a child of its own. */
  #outlast(call: ActionCall, { step, plan, context }: CommandOf<'act'>): void {
    const input: OutlastingInput = {
      call: { ...call, journal: [] },
      step: plan,
      parentWorkflowId: workflowInfo().workflowId,
    };
    this.#track(
      startOnce('outlasting', childWorkflowId(call.incident, step.id, step.visit), input, `${step.id}: ${plan.title}`),
      () => undefined,
      (error) => ({ kind: 'actionFailed', step: step.id, visit: step.visit, error: stepError(error) }),
      context,
    );
  }

  #rollOut(command: CommandOf<'rollOut'>): void {
    const { step, plan, context, dataset } = command;
    const call = this.#callOf(context, plan.uses, command.with, command);
    const { incident } = this.#interpreter.core.input;
    const input: RolloutInput = {
      call: { ...call, journal: [] },
      dataset,
      step: plan,
      parentWorkflowId: workflowInfo().workflowId,
      cursor: 0,
      page: 0,
      counts: {},
      paused: false,
      stopped: false,
      canaryPassed: false,
      sweep: [],
    };
    const begin = async (): Promise<void> => {
      await engineActivities(`opens the permit of ${step.id}`)['engine.setPermit']({
        ...context,
        state: 'open',
        ...(call.gate === undefined ? {} : { gate: call.gate }),
      });
      await startOnce('rollout', childWorkflowId(incident, step.id, step.visit), input, `${step.id}: ${plan.title}`);
    };
    this.#track(
      begin(),
      () => undefined,
      (error) => ({ kind: 'actionFailed', step: step.id, visit: step.visit, error: stepError(error) }),
      context,
    );
  }

  #openGate({ gate, plan, context, with: given, facts, dataset }: CommandOf<'openGate'>): void {
    const opening = { ...context, gate, plan, with: given, facts, ...(dataset ? { dataset } : {}) };
    this.#track(
      engineActivities(`opens gate ${gate}`)['engine.openGate'](opening),
      ({ digest, ...shows }) => ({ kind: 'gateOpened', gate, digest, shows }),
      (error) => ({ kind: 'actionFailed', step: context.step, visit: context.visit, error: stepError(error) }),
      context,
    );
  }

  #setPermit({ context, state, signal }: CommandOf<'setPermit'>): void {
    const flip = async (): Promise<void> => {
      await engineActivities(`${state === 'open' ? 'opens' : 'stops'} ${context.step}`)['engine.setPermit']({
        ...context,
        state,
      });
      const child = getExternalWorkflowHandle(childWorkflowId(context.incident, context.step, context.visit));
      if (signal) await child.signal(signal === 'stop' ? stopSignal : resumeSignal).catch(() => undefined); // it may have ended meanwhile
    };
    this.#track(flip(), () => undefined, undefined, context);
  }

  #assess({ context, facts }: CommandOf<'assess'>): void {
    const { core } = this.#interpreter;
    const openedAt = new Date(core.state.openedAtMs).toISOString();
    const assess = async () => {
      const assessed = await engineActivities('assesses duties')['engine.assess']({ ...context, facts, openedAt });
      await this.#moveClocks(context.incident, assessed.clocks);
      return assessed.obligations;
    };
    this.#track(assess(), (obligations) => ({ kind: 'assessed', obligations }), undefined, context);
  }

  /** Starts new clocks, moves those whose time changed, and ends those that are not asked for any more. */
  async #moveClocks(incident: IncidentId, clocks: readonly ObligationInput[]): Promise<void> {
    const { core } = this.#interpreter;
    const started = core.state.clocks;
    for (const clock of clocks) {
      const before = started[clock.obligation];
      started[clock.obligation] = clock.dueAt;
      const id = childWorkflowId(incident, `clock-${clock.obligation}`, 1);
      const input: ObligationInput = {
        ...clock,
        people: core.people(clock.of),
        mode: core.input.mode,
        parentWorkflowId: workflowInfo().workflowId,
      };
      if (before === undefined) await startOnce('obligation', id, input, `clock of ${clock.title}`);
      else if (before !== clock.dueAt)
        await signalChild(id, (handle) => handle.signal(movedSignal, { dueAt: clock.dueAt, remindAt: clock.remindAt }));
    }
    for (const obligation of Object.keys(started)) {
      if (clocks.some((clock) => clock.obligation === obligation)) continue;
      delete started[obligation];
      await signalChild(childWorkflowId(incident, `clock-${obligation}`, 1), (handle) => handle.signal(settledSignal));
    }
  }
}

/** Actions that claim an effect by themselves and so need an open permit even without a gate. */
function needsPermit(uses: string): boolean {
  return /^(tickets|chat|evidence|http|people)\./.test(uses);
}

/** Facts that a rollout's end states are of the outputs' `facts` member; see rollout.ts. */
function factsOf(outputs: JsonObject): JsonObject {
  const { facts } = outputs;
  return typeof facts === 'object' && facts !== null && !Array.isArray(facts) ? (facts as JsonObject) : {};
}

async function signalChild(
  id: string,
  send: (handle: ReturnType<typeof getExternalWorkflowHandle>) => Promise<void>,
): Promise<void> {
  await send(getExternalWorkflowHandle(id)).catch(() => undefined); // a clock that has run out has ended
}

/** Starts a child that outlives this run; one that is there already is the same one. */
async function startOnce(
  type: 'rollout' | 'obligation' | 'outlasting',
  workflowId: string,
  input: RolloutInput | ObligationInput | OutlastingInput,
  summary: string,
): Promise<void> {
  try {
    await startChild(type, {
      workflowId,
      args: [input],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: summaryOf(summary),
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
