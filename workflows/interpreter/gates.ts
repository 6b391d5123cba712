import { behaves } from '../patches.ts';
import { canonicalJson } from '../../contracts/json.ts';
import { sha256 } from './sha256.ts';
import type { Approval } from '../../contracts/plan.ts';
import type { Core } from './core.ts';
import type { Digest } from '../../contracts/ids.ts';
import type { GateRecord, StepRecord } from './state.ts';
import type { GateStatus } from '../../contracts/messages.ts';
import type { JsonObject } from '../../contracts/json.ts';

const CLOSED_KEPT = 6; // answered and voided gates of a step that status shows
const REOPENED_EVERY_MS = 5_000; // a voided gate is asked again; people read no faster

/** The newest gate that lets a step's present visit act. */
export function gateOf(core: Core, step: StepRecord): GateRecord | undefined {
  return step.gate === undefined ? undefined : core.state.gates.find(({ id }) => id === step.gate);
}

function nextId(core: Core, step: StepRecord, kind: GateStatus['kind']): string {
  const base = `${step.id}#${step.visit}:${kind}`;
  const newest = core.state.gates.findLast(({ id }) => id === base || id.startsWith(`${base}:`));
  return newest === undefined ? base : `${base}:${numberOf(newest) + 1}`;
}

/** Which gate of its kind and visit it is, from 1. */
function numberOf({ id }: GateRecord): number {
  return Number(/:(\d+)$/.exec(id)?.[1] ?? 1);
}

/**
 * When a gate that was voided is asked again at the earliest, epoch milliseconds: at once the first time, later ones after
 * a while, so that a stream of facts does not wake people at each.
 */
export function reopensAtMs(core: Core, step: StepRecord): number {
  const newest = core.state.gates.findLast(
    (gate) => gate.step === step.id && gate.visit === step.visit && gate.kind === 'approval',
  );
  return newest === undefined || numberOf(newest) === 1 ? core.nowMs : newest.openedAtMs + REOPENED_EVERY_MS;
}

/**
 * Forgets of answered and voided gates what nobody needs any more: the texts that they showed, and all but the newest of
 * each step. The journal has them all.
 */
export function tidyGates(core: Core): void {
  const { gates, steps } = core.state;
  const inUse = new Set(steps.flatMap(({ gate, holdGate }) => [gate, holdGate]));
  const isWaiting = ({ id, state, isProven }: GateRecord): boolean =>
    behaves('signedDecisions', core.input.engineVersion) && state === 'approved' && isProven !== true && inUse.has(id);
  const seen = new Map<string, number>();
  const left = [...gates].reverse().filter((gate) => {
    if (gate.state === 'open') return true;
    if (gate.shows.variants.length > 0 && !isWaiting(gate)) gate.shows = { ...gate.shows, variants: [] };
    const series = `${gate.step}#${gate.visit}:${gate.kind}`;
    const [ofStep, ofSeries] = [seen.get(gate.step) ?? 0, seen.get(series) ?? 0];
    seen.set(gate.step, ofStep + 1).set(series, ofSeries + 1);
    const isNumbering = ofSeries === 0 && gate.visit === core.step(gate.step)?.visit;
    return inUse.has(gate.id) || isNumbering || ofStep < CLOSED_KEPT;
  });
  if (left.length < gates.length) gates.splice(0, gates.length, ...left.reverse());
}

function newGate(
  core: Core,
  step: StepRecord,
  kind: GateStatus['kind'],
  question: string,
  approval: Approval,
): GateRecord {
  const gate: GateRecord = {
    id: nextId(core, step, kind),
    step: step.id,
    visit: step.visit,
    kind,
    question,
    digest: '' as Digest,
    roles: approval.roles,
    rule: approval.rule,
    quorum: approval.rule === 'all' ? approval.roles.length : approval.quorum,
    openedAtMs: core.nowMs,
    expiresAtMs: core.nowMs + approval.withinMs,
    withinMs: approval.withinMs,
    onExpiry: approval.onExpiry,
    escalations: 0,
    shows: { targets: 0, variants: [], notes: [] },
    answers: [],
    state: 'open',
    covers: core.factsText(core.node(step)),
  };
  core.state.gates.push(gate);
  return gate;
}

/**
 * Opens a step's approval gate. An activity computes what it shows and the digest that binds; people are asked once that
 * is known. In a preview it shows a forecast that binds nothing.
 */
export function openApproval(core: Core, step: StepRecord, approval: Approval): void {
  const node = core.node(step);
  const gate = newGate(core, step, 'approval', `${node.title}?`, approval);
  step.gate = gate.id;
  step.waitsFor = 'gate';
  core.commands.push({
    kind: 'openGate',
    gate: gate.id,
    plan: node,
    context: core.context(step),
    with: step.with!,
    facts: core.factsFor(node),
    ...(step.dataset ? { dataset: step.dataset } : {}),
  });
}

/**
 * Opens a gate whose question the engine itself asks: what to do after a failure, after a canary, at a limit, or whether
 * an amendment runs. It shows nothing that an activity would have to render.
 *
 * @param covers - what the decision is bound to beside incident, plan, step and visit.
 */
export function openQuestion(
  core: Core,
  step: StepRecord,
  kind: Exclude<GateStatus['kind'], 'approval'>,
  question: string,
  approval: Approval,
  covers: JsonObject,
  shows: GateStatus['shows'],
): GateRecord {
  const gate = newGate(core, step, kind, question, approval);
  const { incident, planHash } = core.input;
  const bound = { incident, planHash, gate: gate.id, step: step.id, visit: step.visit, kind, covers };
  takeOpened(core, gate, sha256(canonicalJson(bound)), shows);
  return gate;
}

/** Asks again what a gate asked, on the same: the decisions on it do not hold. @returns the gate that asks now. */
export function reopenGate(core: Core, step: StepRecord, before: GateRecord): GateRecord {
  const { question, digest, shows, signedFor } = before;
  const gate = newGate(core, step, 'approval', question, core.node(step).approval!);
  if (signedFor !== undefined) gate.signedFor = signedFor;
  takeOpened(core, gate, digest, shows);
  return gate;
}

/** Takes what a gate shows; from now on people can answer. */
export function takeOpened(core: Core, gate: GateRecord, digest: Digest, shows: GateStatus['shows']): void {
  gate.digest = digest;
  gate.shows = shows;
  const { id, step, kind, roles, rule, quorum, question } = gate;
  const body = { gate: id, step, kind, digest, targets: shows.targets, roles, rule, quorum };
  core.record('gate.opened', 'engine', body, `gate.opened:${id}`);
  const until = new Date(gate.expiresAtMs).toISOString();
  const targets = shows.targets > 0 ? ` ${shows.targets} targets,` : '';
  core.page(core.step(step)!, firstOf(core, roles), `${question}${targets} gate ${id}; answer until ${until}`, 0);
}

/** Who is asked first: the first person bound to each role. */
function firstOf(core: Core, roles: readonly string[]): readonly string[] {
  return [...new Set(roles.flatMap((role) => core.people(role).slice(0, 1)))];
}

/** Takes a gate back: what it shows has changed. */
export function voidGate(core: Core, gate: GateRecord, because: string): void {
  gate.state = 'voided';
  core.record('gate.voided', 'engine', { gate: gate.id, step: gate.step, because }, `gate.voided:${gate.id}`);
}

/**
 * Voids a gate whose covered facts have changed, and asks anew with what is known now.
 *
 * @returns whether it did; the caller evaluates the step's inputs again and opens the next gate.
 */
export function voidStale(core: Core, step: StepRecord): boolean {
  const gate = gateOf(core, step);
  if (!gate || step.isAsked === true || !['open', 'approved'].includes(gate.state)) return false;
  if (gate.covers === core.factsText(core.node(step))) return false;
  voidGate(core, gate, 'a fact that it covers has changed');
  delete step.gate;
  delete step.ceiling;
  return true;
}

/** Takes back every open gate of a step: nobody has to answer them any more. */
export function voidOpen(core: Core, step: StepRecord, because: string): void {
  for (const gate of core.state.gates) {
    if (gate.step === step.id && gate.state === 'open') voidGate(core, gate, because);
  }
}

/** Whether enough distinct people said yes: one for each role of `all`, `quorum` of any. */
export function isSatisfied(core: Core, gate: GateRecord): boolean {
  const yes = gate.answers.filter(({ answer, by }) => answer === 'approve' && by !== core.input.requester);
  if (new Set(yes.map(({ by }) => by)).size < gate.quorum) return false;
  return gate.rule === 'any' || gate.roles.every((role) => yes.some((answer) => answer.role === role));
}

/** How many more people have to say yes. */
export function missing(gate: GateRecord): number {
  return gate.quorum - gate.answers.filter(({ answer }) => answer === 'approve').length;
}
