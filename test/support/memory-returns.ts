import { effectId } from '../../ledger/effects/effect-id.ts';
import type { HoldView } from '../../contracts/returns.ts';
import type { HoldStore } from '../../ledger/hold-ports.ts';
import type { IncidentId } from '../../contracts/ids.ts';
import type { MemoryEffects } from './memory-effects.ts';
import type { ReturnStore } from '../../ledger/effects/return-ports.ts';

const HELD = 'NOTICE_HELD';

/** Holds in memory over the rows of a memory store of effects. */
export function memoryHolds(effects: MemoryEffects): HoldStore {
  const holds: (HoldView & { readonly incident: IncidentId })[] = [];
  const seen = (hold: HoldView): HoldView => ({
    ...hold,
    active: hold.liftedAt === undefined && !(Date.parse(hold.until ?? '9999-12-31') <= effects.clockMs),
  });
  const free = (subjects?: readonly string[]): readonly string[] =>
    [...effects.rows.values()].flatMap((row) => {
      if (row.state !== 'withheld' || row.code !== HELD || subjects?.includes(row.subject) === false) return [];
      Object.assign(row, { state: 'planned', code: undefined });
      return [row.subject];
    });
  const list: HoldStore['list'] = (incident) =>
    Promise.resolve(holds.filter((hold) => hold.incident === incident).map(seen));
  return {
    list,
    active: async (incident) => (await list(incident)).filter(({ active }) => active),
    add: (incident, { key: _key, ...hold }) => {
      const at = new Date(effects.clockMs).toISOString();
      const row = { ...hold, incident, id: `hold-${holds.length + 1}`, at, active: true };
      holds.push(row);
      return Promise.resolve(row);
    },
    lift: (_incident, id, { by, reason }) => {
      const at = holds.findIndex((hold) => hold.id === id);
      holds[at] = { ...holds[at]!, liftedAt: new Date(effects.clockMs).toISOString(), liftedBy: by, reason };
      free();
      return Promise.resolve(seen(holds[at]));
    },
    release: (_incident, subjects) => Promise.resolve(free(subjects)),
    releaseRunOut: () => Promise.resolve(),
  };
}

/** Effects found by their ids, in memory; claims of ended runs are for the real ledger. */
export function memoryReturns(effects: MemoryEffects): Pick<ReturnStore, 'find'> {
  return {
    find: (id) => {
      const found = [...effects.rows].flatMap(([key, { subject, state, generation }]) => {
        const [incident = '', action = ''] = key.split(' ');
        const isIt = effectId(incident as IncidentId, action, subject).toString('hex') === id;
        return isIt ? [{ incident: incident as IncidentId, action, subject, state, generation }] : [];
      });
      return Promise.resolve(found[0]);
    },
  };
}
