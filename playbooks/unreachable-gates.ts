import type { Approval, Plan } from '../contracts/plan.ts';

/** Who may answer a gate: those who hold one of its roles, and admins once it escalates; never who asked. */
function answerers(
  { roles, onExpiry }: Approval,
  bound: Readonly<Record<string, readonly string[]>>,
  requester: string | undefined,
): ReadonlySet<string> {
  const asked = [...roles, ...(onExpiry === 'escalate' ? ['admin'] : [])];
  return new Set(asked.flatMap((role) => bound[role] ?? []).filter((id) => id !== requester));
}

/**
 * Gates that can never open because fewer people may answer than they ask for.
 *
 * @param bound - people by role, as bound to the incident or as listed.
 * @param requester - who asks for the incident and so approves nothing in it; left out: nobody.
 * @returns one sentence each.
 */
export function unreachableGates(
  { steps }: Pick<Plan, 'steps'>,
  bound: Readonly<Record<string, readonly string[]>>,
  requester?: string,
): readonly string[] {
  return steps.flatMap(({ id, approval }) => {
    if (!approval) return [];
    const wanted = approval.rule === 'all' ? approval.roles.length : approval.quorum;
    const { size } = answerers(approval, bound, requester);
    return size >= wanted
      ? []
      : [`the gate of ${id} asks ${wanted} of ${approval.roles.join(', ')}, and only ${size} may answer`];
  });
}
