import type { Plan } from '../../contracts/plan.ts';
import { explainTree } from '../../playbooks/explain-tree.ts';
import type { IncidentRow } from '../../ledger/ports.ts';
import { context, message, section, type SlackMessage } from './blocks.ts';
import { named } from './cards.ts';

const HOLDERS_MAX = 3; // of a role: the lead and two deputies are told; who else holds it is asked when it escalates
const ASKS_MAX = 12;

/** Roles of the playbook in which a person is told at the start that they are asked: as lead or as deputy. */
export function toldRoles({ roles }: Pick<IncidentRow, 'roles'>, plan: Plan, person: string): readonly string[] {
  return Object.keys(plan.roles).filter((role) => roles[role]?.slice(0, HOLDERS_MAX).includes(person) === true);
}

/** What a person has to know who holds roles in an incident: which, as lead or deputy, and what they will be asked when. */
export function roleCard({ incident, mode, roles }: IncidentRow, plan: Plan, person: string): SlackMessage | undefined {
  const mine = toldRoles({ roles }, plan, person);
  if (mine.length === 0) return undefined;
  const held = mine.map((role) => {
    const at = roles[role]!.indexOf(person);
    return `- *${plan.roles[role]!.title}* (${role}), ${at === 0 ? 'lead' : `deputy ${at}`}`;
  });
  const asks = explainTree(plan)
    .asks.filter(({ who }) => mine.some((role) => new RegExp(`\\b${role}\\b`).test(who)))
    .map(({ what, when }) => `- ${what}${when === '' ? '' : `; ${when}`}`);
  const more = asks.length > ASKS_MAX ? [`- and ${asks.length - ASKS_MAX} more`] : [];
  const title = `${named(incident, mode)}: you are needed (${plan.playbook.title})`;
  return message(title, [
    section(title),
    section(held.join('\n')),
    ...(asks.length > 0 ? [section(['*What you will be asked*', ...asks.slice(0, ASKS_MAX), ...more].join('\n'))] : []),
    context(`Each question comes as a card of its own. \`/firebreak status ${incident}\``),
  ]);
}
