import { actionCatalogue } from '../contracts/catalogue.ts';
import { isCodedError } from '../contracts/errors.ts';
import type { CompiledPlan } from '../contracts/plan.ts';
import { compilePlaybook } from '../playbooks/compile.ts';
import type { GatewayDeps } from './deps.ts';

/**
 * Compiles a playbook of the library for the configuration at hand.
 *
 * @throws PLAYBOOK_UNKNOWN, PLAYBOOK_INVALID, PLAYBOOK_PLAN_TOO_LARGE
 */
export function compileFor({ library, traits, configured, today }: GatewayDeps, playbook: string): CompiledPlan {
  return compilePlaybook(playbook, library, {
    catalogue: actionCatalogue,
    connectors: traits,
    configured,
    today: today(),
  });
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
