import { createHash } from 'node:crypto';
import type { Evidence, EvidenceAct } from './evidence.ts';

/** The mark that an act leaves outside: in a Message-ID, in a ticket, as an idempotency key. Written down anew on purpose. */
export function markOf(incident: string, action: string, subject: string, generation: number): string {
  return createHash('sha256').update([incident, action, subject, generation].join('\n')).digest('hex').slice(0, 32);
}

/** Every mark that the acts of an incident may have left, up to their present generation, with the act it belongs to. */
export function marksOf({ manifest, acts }: Evidence, isWanted: (action: string) => boolean): Map<string, EvidenceAct> {
  const marks = new Map<string, EvidenceAct>();
  for (const act of acts) {
    if (!isWanted(act.action)) continue;
    for (let generation = 1; generation <= act.generation; generation += 1)
      marks.set(markOf(manifest.incident, act.action, act.subject, generation), act);
  }
  return marks;
}

/** The mark in a Message-ID such as `<mark@bounces.example.org>`; `undefined` in one that is no notice. */
export function markOfMessage(id: string): string | undefined {
  return /^<([0-9a-f]{32})@[^<>]+>$/.exec(id)?.[1];
}
