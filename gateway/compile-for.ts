import { actionCatalogue } from '../contracts/catalogue.ts';
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
