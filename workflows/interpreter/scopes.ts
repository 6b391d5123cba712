import { endStep, isSettled, markStarted } from './ending.ts';
import { failStep } from './failures.ts';
import { fill } from './expressions.ts';
import type { Core } from './core.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { ScopeRecord, StepRecord } from './state.ts';

/** Steps of a scope instance and of every scope inside it. */
export function stepsInside(core: Core, scope: string): readonly StepRecord[] {
  return core.state.steps.filter((step) => step.scope === scope || step.scope.startsWith(`${scope}/`));
}

/** All rounds of the scope that a `playbook.run` step opens. */
export function roundsOf(core: Core, step: StepRecord): readonly ScopeRecord[] {
  return core.state.scopes.filter((scope) => scope.plan === step.plan && scope.parent === step.scope);
}

/** Opens a round of an inlined playbook: its steps take their place right behind the ones of earlier rounds. */
export function openRound(core: Core, step: StepRecord, inputs: JsonObject): ScopeRecord {
  const round = roundsOf(core, step).length + 1;
  const id = round === 1 ? step.id : `${step.id}/${round}`;
  const scope: ScopeRecord = {
    id,
    plan: step.plan,
    parent: step.scope,
    round: Math.max(round, core.scopeOf(step).round),
    inputs,
  };
  core.state.scopes.push(scope);
  const nodes = core.plan.steps.filter((node) => node.scope === step.plan);
  core.state.steps.push(
    ...nodes.map((node): StepRecord => ({
      id: `${id}/${node.id.slice(step.plan.length + 1)}`,
      plan: node.id,
      scope: id,
      state: 'pending',
      visit: 1,
    })),
  );
  return scope;
}

/** Starts a `playbook.run` step: evaluates what the child playbook gets and opens its first round. */
export function startScope(core: Core, step: StepRecord): void {
  const inputs = fill(core.planScope(step.plan)?.inputs ?? {}, core.scopeFor(step));
  if ('error' in inputs) {
    failStep(core, step, inputs.error);
    return;
  }
  markStarted(core, step);
  openRound(core, step, inputs.value as JsonObject);
}

/** Runs an inlined playbook once more on other inputs; what needs it and has not started waits for this round too. */
export function widen(core: Core, step: StepRecord, inputs: JsonObject): string {
  const scope = openRound(core, step, inputs);
  if (step.state !== 'running') {
    step.state = 'running';
    step.visit += 1;
    delete step.endedAtMs;
    delete step.outputs;
  }
  return `round ${scope.round} of ${step.id} begins`;
}

/** Whether a step runs that may outlive the incident: nothing waits for it. */
function goesOn(core: Core, step: StepRecord): boolean {
  return step.state === 'running' && core.node(step).outlives === 'close';
}

/** Ends `playbook.run` steps whose every round has ended; what failed or stayed partial makes them partial. */
export function endScopes(core: Core): void {
  // Inner scopes stand behind outer ones: from the back, an outer scope sees its inner ones ended in the same pass.
  for (const step of [...core.state.steps].reverse()) {
    if (step.state !== 'running' || core.node(step).shape !== 'scope') continue;
    const rounds = roundsOf(core, step);
    const inside = rounds
      .flatMap(({ id }) => stepsInside(core, id))
      .filter((inner, at, all) => all.indexOf(inner) === at);
    const waitedFor = inside.filter((inner) => !goesOn(core, inner));
    if (!waitedFor.every((inner) => isSettled(core, inner))) continue;
    const isWhole = waitedFor.every(({ state }) => state === 'succeeded' || state === 'skipped');
    endStep(core, step, isWhole ? 'succeeded' : 'partial', { rounds: rounds.length });
  }
}
