import type { AskStatus } from '../contracts/messages.ts';
import type { FactKey } from '../contracts/facts.ts';
import type { Json, JsonObject } from '../contracts/json.ts';

/** The demo's staff: one person a role, and a deputy where the playbook escalates. */
export const DEMO_STAFF = [
  { id: 'dana', name: 'Dana (on-call)', roles: ['responder'] },
  { id: 'casey', name: 'Casey (commander)', roles: ['commander'] },
  { id: 'noor', name: 'Noor (deputy commander)', roles: ['commander', 'admin'] },
  { id: 'priya', name: 'Priya (privacy counsel)', roles: ['privacy'] },
  { id: 'omar', name: 'Omar (counsel)', roles: ['counsel'] },
  { id: 'sam', name: 'Sam (support and communications)', roles: ['comms'] },
  { id: 'lee', name: 'Lee (platform owner)', roles: ['platform'] },
] as const;

/** Who starts the incident; may not approve anything in it. */
export const DEMO_REQUESTER = 'dana';

/** Who is bound to which role of the flagship playbook when the incident starts; deputies after the first. */
export const DEMO_ROLES: Readonly<Record<string, readonly string[]>> = {
  commander: ['casey', 'noor'],
  privacy: ['priya'],
  counsel: ['omar'],
  comms: ['sam'],
  platform: ['lee'],
};

/** The person who answers for a role. */
export function personFor(role: string): string {
  return DEMO_ROLES[role]?.[0] ?? 'noor';
}

/** What the demo's people say when they are asked for a fact; `undefined` where even they do not know. */
export function demoFact(key: string, startedAt: string): Json | undefined {
  const facts: Partial<Record<FactKey, Json>> = {
    awareAt: { at: startedAt },
    occurredAt: { from: '2024-05-28T00:00:00Z', to: '2024-05-29T00:00:00Z' },
    entryClosedAt: { at: startedAt },
    controllerOrProcessor: 'both',
    residents: ['DE', 'FR', 'US'],
    personalDataBreach: true,
    riskToPeople: 'risk',
    natureOfBreach: 'Unauthorised access to a store of secrets that users keep for their applications.',
    dataCategories: 'Access tokens and secrets of users of the platform; account identifiers.',
    likelyConsequences: 'Use of a token by others for as long as it was valid.',
    contactPoint: 'privacy@staff.example.org',
    leadAuthority: 'the lead supervisory authority of the main establishment',
    scopeFinal: true,
    crimeSuspected: true,
    parityReached: true,
  };
  return facts[key as FactKey];
}

/** The values a demo person gives to an ask: facts, evidence of a manual step, or how a filing ended. */
export function demoAnswer(ask: AskStatus, uses: string, now: string, startedAt: string): JsonObject {
  if (uses === 'filings.record') return { state: 'filed', reference: `REF-${ask.step}`, at: now };
  if (uses === 'facts.ask') {
    const known = ask.wants
      .map((key) => [key, demoFact(key, startedAt)] as const)
      .filter((entry) => entry[1] !== undefined);
    return Object.fromEntries(known) as JsonObject;
  }
  return { note: 'done by the demo', evidence: 'demo: change record attached', value: { at: now } };
}
