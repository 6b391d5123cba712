import { actionCatalogue } from '../contracts/catalogue.ts';
import { isCodedError } from '../contracts/errors.ts';
import type { CompiledPlan } from '../contracts/plan.ts';
import { compilePlaybook } from '../playbooks/compile.ts';
import type { GatewayDeps } from './deps.ts';

/** A plan and everything that it was made of. */
interface Kept extends Pick<GatewayDeps, 'library' | 'traits' | 'configured'> {
  readonly playbook: string;
  readonly today: string;
  readonly compiled: CompiledPlan;
}

const KEPT_MAX = 64; // plans, at most 256 KiB and some texts each
let kept: readonly Kept[] = []; // newest first

/**
 * Compiles a playbook of the library for the configuration at hand: once, for as long as neither changes nor the day does.
 *
 * @throws PLAYBOOK_UNKNOWN, PLAYBOOK_INVALID, PLAYBOOK_PLAN_TOO_LARGE
 */
export function compileFor(deps: GatewayDeps, playbook: string): CompiledPlan {
  const { library, traits, configured } = deps;
  const today = deps.today();
  const known = kept.find(
    (one) =>
      one.playbook === playbook &&
      one.today === today &&
      one.library === library &&
      one.traits === traits &&
      one.configured === configured,
  );
  if (known) return known.compiled;
  const surroundings = { catalogue: actionCatalogue, connectors: traits, configured, today };
  const compiled = compilePlaybook(playbook, library, surroundings);
  kept = [{ ...{ library, traits, playbook, today, compiled }, ...(configured && { configured }) }, ...kept].slice(
    0,
    KEPT_MAX,
  );
  return compiled;
}

/**
 * Capabilities that a playbook acts through and the configuration at hand lacks: without them it cannot be started. For
 * one that does not compile at all, the code of why.
 */
export function lackingFor({ library, traits, today }: GatewayDeps, playbook: string): readonly string[] {
  let steps: CompiledPlan['plan']['steps'];
  try {
    ({ steps } = compilePlaybook(playbook, library, { catalogue: actionCatalogue, today: today() }).plan);
  } catch (error) {
    if (isCodedError(error)) return [error.code];
    throw error;
  }
  const lacking = steps
    .map(({ uses }) => uses)
    .filter((uses) => actionCatalogue.get(uses)?.effect === 'connector' && traits(uses) === undefined)
    .map((uses) => actionCatalogue.get(uses)?.capability ?? uses);
  return [...new Set(lacking)].sort();
}
