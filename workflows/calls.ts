import { CancellationScope, workflowInfo } from '@temporalio/workflow';
import { engineActivities, gateActivities, promptActivities, runAction, stepError, waking } from './activities.ts';
import { rateSignal, releaseSignal } from './definitions.ts';
import { Clocks } from './children.ts';
import { StepChildren, wordFor, type Word } from './step-children.ts';
import { behaves } from './patches.ts';
import { isUnproven } from './interpreter/unproven.ts';
import type { Command, Permit } from './interpreter/commands.ts';
import type { EngineEvent } from './interpreter/events.ts';
import type { Interpreter } from './interpreter/interpreter.ts';
import type { JournalDraft } from '../contracts/journal.ts';
import type { ActionResult, CallContext } from '../contracts/effects.ts';
import type { RolloutInput, StepError } from '../contracts/messages.ts';

type CommandOf<Kind extends Command['kind']> = Extract<Command, { readonly kind: Kind }>;

const WAKE_FOR_MS = 10 * 60_000; // escalation and reminders come again by themselves
const FLUSH_AGAIN_MS = 20_000; // the ledger refused records for a reason that only an operator can mend

function answerOf({ call, isUndo }: CommandOf<'act'>, result: ActionResult): EngineEvent {
  const { step, visit } = call;
  if (isUndo === true) return { kind: 'undone', step };
  const { outputs, facts = {}, openItems = [], state = 'succeeded' } = result;
  return { kind: 'actionEnded', step, visit, outputs, facts, openItems, state };
}

function failureOf({ call, isUndo }: CommandOf<'act'>, error: StepError): EngineEvent {
  const { step, visit } = call;
  return isUndo === true ? { kind: 'undone', step, error } : { kind: 'actionFailed', step, visit, error };
}

/** Does what the interpreter's commands say, by activities and children, and tells it what came of it. */
export class Calls {
  readonly #interpreter: Interpreter;
  readonly #onEnd: (...events: readonly EngineEvent[]) => void;
  /** Records on their way with a call, by key: how many calls carry each. */
  readonly #carried = new Map<string, number>();
  /** Calls under way; children are not counted: they live on their own and report by signal. */
  #underWay = 0;
  /** Of those, the step actions: they may take long, the engine's own calls do not. */
  #acting = 0;
  #flushAfterMs = 0;
  /** Single actions under way, by activity id. */
  readonly #scopes = new Map<string, CancellationScope>();
  /** Scopes that no action is in. */
  readonly #idle: CancellationScope[] = [];
  readonly #children: StepChildren;
  readonly #clocks: Clocks;

  /** @param onEnd - called when a call has ended, with what came of it; also where there is nothing to tell. */
  constructor(interpreter: Interpreter, onEnd: (...events: readonly EngineEvent[]) => void) {
    this.#interpreter = interpreter;
    this.#onEnd = onEnd;
    const { input, state } = interpreter.core;
    this.#children = new StepChildren(interpreter.core, (step, visit) => this.#lose(step, visit));
    this.#clocks = new Clocks(input.incident, state.clocks, () => onEnd({ kind: 'clockLost' }));
  }

  /** Whether no call is under way: the workflow may continue as new. */
  get isQuiet(): boolean {
    return this.#underWay === 0;
  }

  /** Whether only the engine's own calls are under way: a quiet point is near if no further ones are started. */
  get isNearlyQuiet(): boolean {
    return this.#acting === 0;
  }

  /**
   * Starts everything that the commands ask for, in order, then sees to records that no call carries.
   *
   * @param isDraining - records wait: they are carried into the next run.
   */
  start(commands: readonly Command[], isDraining: boolean): void {
    for (const command of commands) this.#start(command);
    if (isDraining) return;
    if (this.#idleRecords().length === 0 || Date.now() < this.#flushAfterMs) return;
    const journal = [...this.#interpreter.core.state.pending]; // all of them: what others carry may come later than this
    const { incident } = this.#interpreter.core.input;
    this.#follow(journal, async () => {
      try {
        await promptActivities['engine.record']({ incident, journal });
      } catch (error) {
        this.#flushAfterMs = Date.now() + FLUSH_AGAIN_MS;
        throw error;
      }
      return undefined;
    });
  }

  /** When records that were refused are to be appended again, epoch milliseconds. */
  nextFlushMs(): number {
    return this.#idleRecords().length > 0 ? this.#flushAfterMs : Infinity;
  }

  /** What an earlier run started is told how it stands by now; what was lost meanwhile is noticed. */
  restate(): void {
    this.#follow([], async () => {
      await this.#children.restate();
      return undefined;
    });
  }

  #idleRecords(): readonly JournalDraft[] {
    return this.#interpreter.core.state.pending.filter(({ key }) => !this.#carried.has(key));
  }

  /** Follows a call to its end; the records that it carried are in the ledger once it has answered. */
  #follow(journal: readonly JournalDraft[], call: () => Promise<EngineEvent | undefined>): void {
    this.#underWay += 1;
    for (const { key } of journal) this.#carried.set(key, (this.#carried.get(key) ?? 0) + 1);
    const end = (...events: readonly EngineEvent[]): void => {
      this.#underWay -= 1;
      for (const { key } of journal) this.#putDown(key);
      this.#onEnd(...events);
    };
    const isThere = journal.length > 0 ? [{ kind: 'journalled', keys: journal.map(({ key }) => key) } as const] : [];
    void call().then(
      (event) => end(...isThere, ...(event ? [event] : [])),
      () => end(), // what must not fail did: nothing to tell. What it carried is flushed by the next call.
    );
  }

  #putDown(key: string): void {
    const left = (this.#carried.get(key) ?? 1) - 1;
    if (left === 0) this.#carried.delete(key);
    else this.#carried.set(key, left);
  }

  #start(command: Command): void {
    switch (command.kind) {
      case 'act':
        return this.#act(command);
      case 'rollOut':
        return this.#rollOut(command);
      case 'openGate':
        return this.#openGate(command);
      case 'setPermit':
        return this.#setPermit(command);
      case 'cancel':
        return this.#cancel(command);
      case 'release':
        return this.#release(command);
      case 'rate':
        return this.#changeRate(command);
      case 'assess':
        return this.#assess(command);
      default:
        return this.#say(command);
    }
  }

  /** Numbers a flip of a permit when it is decided: activities may come late, twice and in another order. */
  #turn(): number {
    const { state } = this.#interpreter.core;
    state.turns = (state.turns ?? 0) + 1;
    return state.turns;
  }

  /** Flips the permit of a step visit, unless a later turn has flipped it. */
  async #open({ context, ...flip }: Permit, turn: number): Promise<void> {
    await promptActivities['engine.setPermit']({ ...context, ...flip, turn });
    const digests = [flip.gate, flip.lifts].filter((digest) => digest !== undefined);
    const { step, visit } = context;
    if (flip.state === 'open') this.#interpreter.take({ kind: 'permitOpened', step, visit, digests }, Date.now());
  }

  /** What is to be said where a permit was not opened since the decisions on it do not hold; other errors stay errors. */
  #refused({ step, visit }: Permit['context'], failure: unknown): EngineEvent {
    const error = stepError(failure);
    if (!isUnproven(error)) throw failure;
    return { kind: 'permitRefused', step, visit, error };
  }

  /** The permit first, then the act: no effect before the records that it needs and the right to act are in the ledger. */
  #act(command: CommandOf<'act'>): void {
    const { plan, call, needsPermit, outlives, grounds } = command;
    const turn = this.#turn();
    const isThere = outlives === true ? this.#children.expect(call) : undefined;
    this.#acting += 1;
    const end = (event?: EngineEvent): EngineEvent | undefined => {
      this.#acting -= 1;
      this.#leave(command.activityId);
      isThere?.();
      return event;
    };
    const go = (): Promise<ActionResult | undefined> =>
      outlives === true ? this.#handOver(plan, call) : this.#perform(command);
    const gate = call.gate === undefined ? {} : { gate: call.gate };
    const permit: Permit = { context: call, state: 'open', ...gate, ...grounds };
    this.#follow(call.journal, () =>
      (needsPermit ? this.#open(permit, turn).then(go) : go()).then(
        (result) => end(result && answerOf(command, result)),
        (error: unknown) => end(failureOf(command, stepError(error))),
      ),
    );
  }

  /**
   * Runs a single action in a scope, so that it can be cancelled alone. Scopes are used again: the SDK takes a stack trace of
   * every promise that a workflow makes, and a scope is made of several.
   */
  #perform({ plan, call, activityId }: CommandOf<'act'>): Promise<ActionResult> {
    const scope = this.#idle.pop() ?? new CancellationScope();
    this.#scopes.set(activityId, scope);
    return scope.run(() => runAction(plan, activityId, call, this.#interpreter.core.input.heartbeatTimeoutMs));
  }

  #leave(activityId: string): void {
    const scope = this.#scopes.get(activityId);
    this.#scopes.delete(activityId);
    if (scope && !scope.consideredCancelled) this.#idle.push(scope);
  }

  async #handOver(plan: CommandOf<'act'>['plan'], call: CommandOf<'act'>['call']): Promise<undefined> {
    const { heartbeatTimeoutMs } = this.#interpreter.core.input;
    const input = {
      ...{ step: plan, call, parentWorkflowId: workflowInfo().workflowId },
      ...(heartbeatTimeoutMs === undefined ? {} : { heartbeatTimeoutMs }),
    };
    await this.#children.begin('outlasting', call, input, plan.title);
  }

  #rollOut({ plan, call, dataset, limit, ceiling, reopens, grounds }: CommandOf<'rollOut'>): void {
    const { step, visit, gate } = call;
    const { heartbeatTimeoutMs, engineVersion } = this.#interpreter.core.input;
    const turn = this.#turn();
    const input: RolloutInput = {
      call: { ...call, journal: [] },
      ...{ dataset, step: plan, parentWorkflowId: workflowInfo().workflowId },
      ...{ cursor: 0, page: 0, counts: {}, paused: false, stopped: false, canaryPassed: false, sweep: [] },
      engineVersion,
      ...(ceiling === undefined ? {} : { ceiling }),
      ...(heartbeatTimeoutMs === undefined ? {} : { heartbeatTimeoutMs }),
    };
    const isThere = this.#children.expect(call);
    this.#follow(call.journal, async () => {
      try {
        if (limit !== undefined) await promptActivities['engine.setLimit']({ ...call, action: call.uses, max: limit });
        if (reopens !== undefined) await promptActivities['engine.reopen']({ ...call, states: reopens });
        await this.#open({ context: call, state: 'open', ...(gate === undefined ? {} : { gate }), ...grounds }, turn);
        await this.#children.beginRollout(input);
        return undefined;
      } catch (error) {
        return { kind: 'actionFailed', step, visit, error: stepError(error) };
      } finally {
        isThere();
      }
    });
  }

  #lose(step: string, visit: number): void {
    const message = `the workflow of ${step} ended without a report`;
    this.#onEnd({ kind: 'actionFailed', step, visit, error: { code: 'ROLLOUT_LOST', message } });
  }

  #openGate({ gate, plan, context, with: given, facts, dataset }: CommandOf<'openGate'>): void {
    const { preauthorised } = plan;
    const opening = {
      ...{ ...context, gate, plan, with: given, facts },
      ...(dataset ? { dataset } : {}),
      ...(dataset && preauthorised ? { countKinds: preauthorised.kinds } : {}),
      turn: this.#turn(),
    };
    const gates = gateActivities(`opens gate ${gate}`, this.#interpreter.core.input.heartbeatTimeoutMs);
    this.#follow(context.journal, async () => {
      try {
        const { digest, ofKinds, ...shows } = await gates['engine.openGate'](opening);
        return { kind: 'gateOpened', gate, digest, shows, ...(ofKinds === undefined ? {} : { ofKinds }) };
      } catch (error) {
        return { kind: 'gateFailed', gate, error: stepError(error) };
      }
    });
  }

  /** Stop is a row: once the flip has committed no claim succeeds; only then the rollout is told. */
  #setPermit({ permit, tell: word }: CommandOf<'setPermit'>): void {
    const { journal } = permit.context;
    const turn = this.#turn();
    this.#follow(journal, async () => {
      const refused = await this.#open(permit, turn).then(
        () => undefined,
        (error: unknown) => this.#refused(permit.context, error),
      );
      if (word) await this.#children.say(permit.context, this.#wordByNow(permit.context, word));
      return refused;
    });
  }

  /** A flip may take longer than the next one: a word that was overtaken would be the last that the rollout hears. */
  #wordByNow({ step, visit }: CallContext, said: Word): Word {
    const { core } = this.#interpreter;
    return behaves('wordByNow', core.input.engineVersion) ? wordFor(core, step, visit) : said;
  }

  /** Ends an action between two attempts at once, a running one with its next heartbeat; a child is told. */
  #cancel({ context, activityId }: CommandOf<'cancel'>): void {
    this.#scopes.get(activityId)?.cancel();
    this.#follow([], async () => {
      await this.#children.cancel(context);
      return undefined;
    });
  }

  #release({ context, uses, reason, limit, permit }: CommandOf<'release'>): void {
    const turn = this.#turn();
    const { engineVersion } = this.#interpreter.core.input;
    const isBare = limit === undefined && permit === undefined; // no call would take the decision to the ledger
    const isProvenFirst = behaves('signedDecisions', engineVersion); // nothing is raised by decisions that do not hold
    this.#follow(context.journal, async () => {
      try {
        if (isBare && behaves('recordedRelease', engineVersion)) await promptActivities['engine.record'](context);
        if (permit !== undefined && isProvenFirst) await this.#open(permit, turn);
        if (limit !== undefined) await promptActivities['engine.setLimit']({ ...context, action: uses, max: limit });
        if (permit !== undefined && !isProvenFirst) await this.#open(permit, turn);
      } catch (error) {
        return this.#refused(context, error);
      }
      await this.#children.tell(context, (child) => child.signal(releaseSignal, { reason }));
      return undefined;
    });
  }

  /** The rate is a row that all workers read, the window is the rollout's own. */
  #changeRate({ context, uses, perMinute, window }: CommandOf<'rate'>): void {
    this.#follow(context.journal, async () => {
      if (perMinute === undefined) await promptActivities['engine.record'](context);
      else await promptActivities['engine.askRate']({ ...context, action: uses, perMinute });
      if (window !== undefined) await this.#children.tell(context, (child) => child.signal(rateSignal, { window }));
    });
  }

  #assess({ context, facts }: CommandOf<'assess'>): void {
    const { core } = this.#interpreter;
    const openedAt = new Date(core.state.openedAtMs).toISOString();
    this.#follow(context.journal, async () => {
      try {
        const assessed = await engineActivities('assesses duties')['engine.assess']({ ...context, facts, openedAt });
        const clocks = assessed.clocks.map((clock) => ({
          ...clock,
          ...{ people: core.people(clock.of), escalateTo: core.peopleOf([clock.of, 'admin']) },
          ...{ mode: core.input.mode, planHash: core.input.planHash, parentWorkflowId: workflowInfo().workflowId },
        }));
        if (core.input.mode !== 'preview') await this.#clocks.follow(clocks);
        return { kind: 'assessed', obligations: assessed.obligations };
      } catch (error) {
        return { kind: 'assessFailed', error: stepError(error) };
      }
    });
  }

  #say(command: CommandOf<'page' | 'setState' | 'anchor' | 'card'>): void {
    const { incident } = this.#interpreter.core.input;
    switch (command.kind) {
      case 'page': {
        const { context, people, text, level } = command;
        return this.#follow(context.journal, async () => {
          await waking(`tells ${people.length} people`, WAKE_FOR_MS)['engine.page']({
            ...context,
            people,
            text,
            level,
          });
        });
      }
      case 'setState': {
        const { state, anchor } = command;
        const journal = [...this.#interpreter.core.state.pending];
        const call = { incident, state, journal, ...(anchor === undefined ? {} : { anchor }) };
        return this.#follow(journal, async () => {
          await engineActivities(`the incident is ${state}`)['engine.setState'](call);
        });
      }
      case 'anchor': {
        const { reason } = command;
        return this.#follow([], async () => {
          await engineActivities('the head leaves the house')['engine.anchor']({ incident, reason });
        });
      }
      case 'card': {
        const { context, summary } = command;
        return this.#follow(context.journal, async () => {
          await engineActivities('redraws the card')['engine.card']({ ...context, summary });
          return { kind: 'cardDrawn' };
        });
      }
    }
  }
}
