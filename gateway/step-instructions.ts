import { instructionsFor, instructionsOf } from '../contracts/instructions.ts';
import type { Digest } from '../contracts/ids.ts';
import type { IncidentStatus } from '../contracts/messages.ts';
import type { GatewayDeps } from './deps.ts';

const KEPT = 32; // plans whose instructions stay in memory: some kilobytes each

/** By ledger, since tests have several; a plan never changes. */
const known = new WeakMap<GatewayDeps['ledger'], Map<Digest, Promise<Readonly<Record<string, string>>>>>();

/** What people are to do at the manual steps of a plan, by the step's id in the plan. */
export async function planInstructions(
  { ledger }: Pick<GatewayDeps, 'ledger'>,
  planHash: Digest,
): Promise<Readonly<Record<string, string>>> {
  const plans = known.get(ledger) ?? new Map<Digest, Promise<Readonly<Record<string, string>>>>();
  known.set(ledger, plans);
  const before = plans.get(planHash);
  if (before) return before;
  const read = async (): Promise<Readonly<Record<string, string>>> => {
    const stored = await ledger.documents.getPlan(planHash);
    return stored ? instructionsOf(stored.plan, (hash) => stored.documents[hash]?.body ?? '') : {};
  };
  const reading = read();
  plans.set(planHash, reading);
  reading.catch(() => plans.delete(planHash));
  if (plans.size > KEPT) plans.delete(plans.keys().next().value!);
  return reading;
}

/** What is to be done at the manual steps that wait for people now, by step. */
export async function waitingInstructions(
  deps: Pick<GatewayDeps, 'ledger'>,
  { planHash, asks, steps }: Pick<IncidentStatus, 'planHash' | 'asks' | 'steps'>,
): Promise<Readonly<Record<string, string>>> {
  const waiting = asks.filter(({ step }) => steps.some(({ id, uses }) => id === step && uses === 'manual'));
  if (waiting.length === 0) return {};
  const all = await planInstructions(deps, planHash);
  return Object.fromEntries(
    waiting.flatMap(({ step }) => {
      const text = instructionsFor(all, step);
      return text === undefined ? [] : [[step, text]];
    }),
  );
}
