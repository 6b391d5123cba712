import type { IncidentStatus } from '../contracts/messages.ts';
import type { IncidentRow } from '../ledger/ports.ts';
import type { Identity } from './auth/identity.ts';
import type { GatewayDeps } from './deps.ts';
import { readStatus } from './incident-view.ts';

/** What is answered: a gate, or a step that asks or failed; and the role that the speaker asked for. */
interface Answered {
  readonly gate?: string;
  readonly step?: string;
  readonly wanted: string | undefined;
}

/** Roles that a gate asks, or that answer for a step: its question's, else those of the gate that asks what becomes of it. */
function rolesAt({ gates, asks }: Pick<IncidentStatus, 'gates' | 'asks'>, { gate, step }: Answered): readonly string[] {
  if (gate !== undefined) return gates.find(({ id }) => id === gate)?.roles ?? [];
  const ask = asks.find((one) => one.step === step);
  if (ask) return [ask.of];
  return gates.findLast((one) => one.step === step && one.kind === 'failure' && one.state === 'open')?.roles ?? [];
}

/**
 * Roles among which a speaker's own is looked for first. The engine is asked only where somebody holds several roles of
 * the incident and names none.
 *
 * @returns none where nothing is to be chosen, or the engine does not say.
 */
export async function rolesAsked(
  deps: GatewayDeps,
  { id, roles }: Identity,
  { incident, roles: bound }: Pick<IncidentRow, 'incident' | 'roles'>,
  answered: Answered,
): Promise<readonly string[]> {
  const own = roles.filter((role) => bound[role]?.includes(id));
  if (answered.wanted !== undefined || own.length < 2) return [];
  return rolesAt(await readStatus(deps, incident), answered);
}
