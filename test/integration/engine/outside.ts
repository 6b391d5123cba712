import { ApplicationFailure } from '@temporalio/common';
import { actionCatalogue } from '../../../contracts/catalogue.ts';
import { canonicalJson, type JsonObject } from '../../../contracts/json.ts';
import { permitId, type Digest, type IncidentId } from '../../../contracts/ids.ts';
import { digestOf } from '../../support/plan-sketch.ts';
import type { ActionResult, CallContext, EffectState, PageCall, PageResult } from '../../../contracts/effects.ts';
import type { GateOpened, GateOpening } from '../../../contracts/engine-activities.ts';
import type { IncidentState, ObligationInput, ObligationStatus } from '../../../contracts/messages.ts';
import type { JournalDraft } from '../../../contracts/journal.ts';

/** One activity as the outside saw it; `type` is the activity type, `attempt` counts from 1. */
export interface Seen {
  readonly type: string;
  readonly activityId: string;
  readonly attempt: number;
  readonly call: PageCall & JsonObject;
}

/** What a test has an activity do instead of its usual answer; a thrown error fails the attempt. */
export type Script = (seen: Seen) => unknown;

/** A failure that the retry policy does not repeat, as the worker's activity edge makes it. */
export function refusal(code: string, message = 'refused by the test'): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, code);
}

/**
 * Everything outside the workflows, in memory: journal, permits, gates, pages. One an incident.
 *
 * It checks what must hold whatever the plan: journal keys are unique, no act without an open permit under the gate's
 * digest, no act behind a gate without a decision in the journal. What breaks is listed in {@link Outside.broken}.
 */
export class Outside {
  readonly seen: Seen[] = [];
  readonly journal: JournalDraft[] = [];
  readonly states: IncidentState[] = [];
  readonly broken: string[] = [];
  /** State of each target by action, dataset and position. */
  readonly targets = new Map<string, EffectState>();
  readonly permits = new Map<
    string,
    { readonly state: string; readonly gate: Digest | undefined; readonly turn: number }
  >();
  /** By activity type, or `type@step`. */
  readonly scripts: Record<string, Script> = {};
  /** By activity type: what it waits for before anything of it is taken, as one whose worker is slow. */
  readonly late: Record<string, Promise<void>> = {};
  /** What `engine.assess` answers. */
  duties: { readonly obligations: readonly ObligationStatus[]; readonly clocks: readonly ObligationInput[] } = {
    obligations: [],
    clocks: [],
  };
  #running = 0;
  /** Most step activities that ran at one time. */
  mostRunning = 0;

  /** Activities of a type, in the order they came. */
  of(type: string): readonly Seen[] {
    return this.seen.filter((entry) => entry.type === type);
  }

  /** Journal records of a kind. */
  records(kind: JournalDraft['kind']): readonly JournalDraft[] {
    return this.journal.filter((entry) => entry.kind === kind);
  }

  /** Runs one activity. */
  async take(seen: Seen): Promise<unknown> {
    await this.late[seen.type];
    this.#append(seen.call.journal);
    this.seen.push(seen);
    const isEngine = seen.type.startsWith('engine.');
    if (!isEngine) this.#prove(seen);
    this.#running += isEngine ? 0 : 1;
    this.mostRunning = Math.max(this.mostRunning, this.#running);
    try {
      const script = this.scripts[`${seen.type}@${seen.call.step}`] ?? this.scripts[seen.type];
      const answer = await script?.(seen);
      return answer ?? (isEngine ? this.#engine(seen) : this.#act(seen));
    } finally {
      this.#running -= isEngine ? 0 : 1;
    }
  }

  #append(drafts: readonly JournalDraft[] | undefined): void {
    for (const draft of drafts ?? []) {
      const first = this.journal.find(({ key }) => key === draft.key);
      if (!first) this.journal.push(draft);
      else if (canonicalJson(first) !== canonicalJson(draft)) this.broken.push(`two records under key ${draft.key}`);
    }
  }

  #prove({ type, call }: Seen): void {
    const action = actionCatalogue.get(type);
    if (action === undefined) this.broken.push(`activity ${type} is not in the catalogue`);
    if (action === undefined || action.effect === 'none') return;
    if (call.mode === 'preview') this.broken.push(`${type} of ${call.step} was called in a preview`);
    const permit = this.permits.get(permitId(call.incident, call.step, call.visit));
    if (!permit) this.broken.push(`${type} of ${call.step} came before its permit`);
    if (permit && permit.gate !== call.gate) throw refusal('GATE_STALE');
    if (permit && permit.state !== 'open' && !('page' in call)) throw refusal('STEP_STOPPED');
    if (!this.journal.some(({ kind, body }) => kind === 'step.started' && body['step'] === call.step))
      this.broken.push(`${type} of ${call.step} came before the record of its start`);
    if (call.gate !== undefined && this.records('decision').length === 0)
      this.broken.push(`${type} of ${call.step} came before the record of a decision`);
  }

  #act({ call, type }: Seen): ActionResult | PageResult {
    if (!('page' in call)) return { outputs: {} };
    const permit = this.permits.get(permitId(call.incident, call.step, call.visit));
    const isShut = actionCatalogue.get(type)?.effect !== 'none' && permit?.state !== 'open';
    const counts: Partial<Record<EffectState, number>> = {};
    for (let position = call.from; position < call.to; position += 1) {
      const key = `${type}:${call.dataset.id}:${position}`;
      if (!isShut && !this.targets.has(key))
        this.targets.set(key, type === 'credentials.verify' ? 'verified' : 'accepted');
      const state = this.targets.get(key) ?? 'planned';
      counts[state] = (counts[state] ?? 0) + 1;
    }
    return { counts, left: counts.planned ?? 0, ...(isShut ? { stopped: true, waitMs: 50 } : {}) };
  }

  #engine({ type, call }: Seen): unknown {
    switch (type) {
      case 'engine.openGate':
        return this.#openGate(call as unknown as GateOpening);
      case 'engine.setPermit': {
        const { state, gate, turn } = call as unknown as { state: string; gate?: Digest; turn: number };
        this.#flip(call, state, gate, turn);
        return undefined;
      }
      case 'engine.setState':
        this.states.push((call as unknown as { state: IncidentState }).state);
        return 'anchor' in call ? { seq: this.journal.length, hash: digestOf(this.journal.length) } : undefined;
      case 'engine.page':
        return { reached: (call as unknown as { people: readonly string[] }).people };
      case 'engine.assess':
        return this.duties;
      default:
        return { seq: this.journal.length, hash: digestOf(this.journal.length) };
    }
  }

  /** As the ledger does: what was decided earlier and comes later changes nothing. */
  #flip({ incident, step, visit }: CallContext, state: string, gate: Digest | undefined, turn: number): void {
    const id = permitId(incident, step, visit);
    if (turn > (this.permits.get(id)?.turn ?? 0)) this.permits.set(id, { state, gate, turn });
  }

  #openGate(opening: GateOpening): GateOpened {
    const { incident, planHash, step, visit, mode, plan, dataset, facts, with: given } = opening;
    const digest = digestOf({ incident, planHash, step, visit, mode, given, dataset: dataset?.digest, facts });
    if (mode !== 'preview') this.#flip(opening, 'held', digest, opening.turn ?? 0);
    return {
      digest,
      targets: dataset?.count ?? 1,
      variants: [],
      notes: [],
      ...(plan.connector === undefined ? {} : { connector: plan.connector }),
    };
  }
}

/** The outside of every incident that a test started, by id. */
export const outsides = new Map<IncidentId, Outside>();
