import { RETURNS_WATCHED } from '../../contracts/effects.ts';
import type { Act } from './act.ts';
import type { EffectRow, Ledger } from '../../ledger/ports.ts';
import type { PageCall } from '../../contracts/effects.ts';

/** Codes of a notice that its reader's mail system refused at the door: it came back at once. */
const REFUSED = new Set(['NOTICE_UNREACHABLE', 'NOTICE_ADDRESS_INVALID']);

function cameBack({ state, code }: EffectRow): boolean {
  return state === 'bounced' || state === 'complained' || (state === 'failed' && REFUSED.has(code ?? ''));
}

/** How many of a rollout's first targets came back or were complained about, by what the ledger says now. */
export async function returnedOf(call: PageCall, { datasets, effects }: Ledger, act: Act): Promise<number> {
  const { incident, dataset, first } = call;
  const head = await datasets.read(incident, dataset, { from: 0, to: Math.min(RETURNS_WATCHED, dataset.count), first });
  const subjects = head.map((row) => act.subject?.(row) ?? row.subject);
  return (await effects.states(incident, act.action, [...new Set(subjects)])).filter(cameBack).length;
}
