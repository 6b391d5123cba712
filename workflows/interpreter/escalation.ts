import { ADMIN, type Core } from './core.ts';
import type { GateRecord } from './state.ts';

/**
 * A gate's time is over: silence escalates, it never approves.
 *
 * After the role's first person deputies are asked, then admins, each for `within`; afterwards everyone again, every
 * `within`. The gate stays open and answers of those who were asked before still count. With `halt` nothing new starts
 * until it is answered.
 */
export function expire(core: Core, gate: GateRecord): void {
  gate.escalations += 1;
  gate.expiresAtMs = core.nowMs + gate.withinMs;
  if (gate.onExpiry === 'halt') core.state.haltedBy ??= gate.step;
  const level = gate.escalations;
  const people = askedAt(core, gate, level);
  core.record(
    'escalation',
    'engine',
    { gate: gate.id, step: gate.step, level, people },
    `escalation:${gate.id}:${level}`,
  );
  core.page(core.step(gate.step)!, people, `Nobody has answered gate ${gate.id}: ${gate.question}`, level);
}

function askedAt(core: Core, { roles }: GateRecord, level: number): readonly string[] {
  const deputies = [...new Set(roles.flatMap((role) => core.people(role).slice(1)))];
  const admins = core.people(ADMIN);
  if (level === 1 && deputies.length > 0) return deputies;
  if (level <= 2 && admins.length > 0) return admins;
  return core.peopleOf([...roles, ADMIN]);
}
