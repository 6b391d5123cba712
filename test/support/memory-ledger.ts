import { createHash, randomUUID } from 'node:crypto';
import { MemoryEffects } from './memory-effects.ts';
import { memoryHolds, memoryReturns } from './memory-returns.ts';
import type { CompiledPlan } from '../../contracts/plan.ts';
import type { DatasetKind, DatasetRef, DatasetRow } from '../../contracts/dataset.ts';
import type { Digest, IncidentId } from '../../contracts/ids.ts';
import type { DocumentMeta, Ledger, NewRow, PageNote, PlacedRow } from '../../ledger/ports.ts';
import type { JournalDraft } from '../../contracts/journal.ts';

/** A ledger in memory with the parts that acting actions use; the other methods are absent and would throw. */
export interface MemoryLedger extends Ledger {
  readonly effects: MemoryEffects;
  /** Everything appended, in order, each key once. */
  readonly records: JournalDraft[];
  readonly stored: { readonly meta: DocumentMeta; readonly body: Uint8Array }[];
  /** Newest answer of each page, by step, visit and page. */
  readonly notes: Map<string, PageNote>;
  /** Subjects whose raw value was destroyed. */
  readonly destroyed: Set<string>;
  /** Plan that `getPlan` answers. */
  plan: CompiledPlan | undefined;
  /** Writes rows as a dataset of its own. */
  dataset(rows: readonly NewRow[], kind?: DatasetKind): Promise<DatasetRef>;
}

/** Makes an empty ledger in memory. */
export function memoryLedger(): MemoryLedger {
  const sets = new Map<string, readonly DatasetRow[]>();
  const owners = new Map<string, Readonly<Record<string, DatasetRef>>>();
  const records: JournalDraft[] = [];
  const stored: MemoryLedger['stored'] = [];
  const destroyed = new Set<string>();
  const people = new Map<string, string>();
  const notes: MemoryLedger['notes'] = new Map();
  const rowsOf = (dataset: DatasetRef): readonly DatasetRow[] =>
    (sets.get(dataset.id) ?? []).map((row) => (destroyed.has(row.subject) ? { ...row, sealed: undefined } : row));
  const write: Ledger['datasets']['write'] = async ({ incident, step, visit }, parts) => {
    const known = owners.get(`${incident} ${step}#${visit}`);
    if (known) return known;
    const refs: Record<string, DatasetRef> = {};
    for (const [name, { kind, rows }] of Object.entries(parts)) refs[name] = await store(sets, kind, rows);
    owners.set(`${incident} ${step}#${visit}`, refs);
    return refs;
  };
  const writePlaced: Ledger['datasets']['writePlaced'] = async (owner, kinds, rows, accept) => {
    const bySubject = new Map<string, PlacedRow>();
    for await (const placed of rows) if (!bySubject.has(placed.row.subject)) bySubject.set(placed.row.subject, placed);
    const placedIn = (part: string): readonly NewRow[] =>
      [...bySubject.values()].filter(({ into }) => into.includes(part)).map(({ row }) => row);
    const parts = Object.entries(kinds).map(([part, kind]) => [part, { kind, rows: placedIn(part) }] as const);
    accept?.(
      Object.fromEntries(
        parts.map(
          ([
            part,
            {
              kind,
              rows: { length: count },
            },
          ]) => [part, refOf(kind, count)],
        ),
      ),
    );
    return write(owner, Object.fromEntries(parts));
  };
  const effects = new MemoryEffects();
  const partial = {
    effects,
    holds: memoryHolds(effects),
    returns: memoryReturns(effects),
    records,
    stored,
    destroyed,
    notes,
    rollouts: {
      note: async (note: PageNote) => void notes.set(`${note.step}#${note.visit}:${note.page}`, note),
    },
    plan: undefined,
    dataset: async (rows: readonly NewRow[], kind: DatasetKind = 'credentials') => store(sets, kind, rows),
    datasets: {
      write,
      writePlaced,
      deposit: write,
      read: async (_incident: IncidentId, dataset: DatasetRef, range: { from: number; to: number; open?: boolean }) =>
        rowsOf(dataset)
          .slice(range.from, range.to)
          .map((row) => (range.open ? row : { ...row, sealed: undefined })),
      stream: async function* (_incident: IncidentId, dataset: DatasetRef) {
        for (const row of rowsOf(dataset)) yield { ...row, sealed: undefined };
      },
      groups: async function* (_incident: IncidentId, dataset: DatasetRef, attribute: string) {
        const valueOf = ({ attributes }: DatasetRow): string => (attributes[attribute] ?? '') as string;
        const values = new Set(rowsOf(dataset).map(valueOf));
        for (const value of [...values].filter((one) => one !== '').sort()) {
          const rows = rowsOf(dataset).filter((row) => valueOf(row) === value);
          yield { value, rows: rows.map((row) => ({ ...row, sealed: undefined })) };
        }
      },
      countBy: async (_incident: IncidentId, dataset: DatasetRef, attribute: string) => {
        const counts: Record<string, number> = {};
        for (const row of rowsOf(dataset)) {
          const value = JSON.stringify(row.attributes[attribute] ?? '').replaceAll('"', '');
          counts[value] = (counts[value] ?? 0) + 1;
        }
        return counts;
      },
      distinct: async (incident: IncidentId, kind: DatasetKind) => {
        const mine = [...owners].filter(([owner]) => owner.startsWith(`${incident} `));
        const whole = mine.flatMap(([, { dataset }]) => (dataset?.kind === kind ? rowsOf(dataset) : []));
        return new Set(whole.map(({ subject }) => subject)).size;
      },
      destroySealed: async (_incident: IncidentId, _dataset: DatasetRef, subjects: readonly string[]) => {
        for (const subject of subjects) destroyed.add(subject);
      },
    },
    journal: {
      append: async (_incident: IncidentId, drafts: readonly JournalDraft[]) => {
        for (const draft of drafts) if (!records.some(({ key }) => key === draft.key)) records.push(draft);
        return { seq: records.length, hash: '' };
      },
    },
    inventory: {
      datasets: async (incident: IncidentId) =>
        [...owners].flatMap(([owner, refs]) => {
          const [, step, visit] = /^(.+)#(\d+)$/.exec(owner.slice(incident.length + 1)) ?? [];
          return owner.startsWith(`${incident} `)
            ? Object.entries(refs).map(([part, ref]) => ({ ...ref, part, step, visit: Number(visit) }))
            : [];
        }),
    },
    documents: {
      getPlan: async () => partial.plan,
      put: async (_incident: IncidentId, { body, ...rest }: { body: Uint8Array; name: string }) => {
        const digest = createHash('sha256').update(body).digest('hex') as Digest;
        const meta = { id: randomUUID(), ...rest, digest, bytes: body.length } as unknown as DocumentMeta;
        stored.push({ meta, body });
        return meta;
      },
      get: async (_incident: IncidentId, id: string) => stored.find(({ meta }) => meta.id === id),
    },
    people: {
      enter: async (incident: IncidentId, ids: readonly string[]) => {
        const entered = ids.map((id) => [id, hash(`${incident} ${id}`)] as const);
        for (const [id, subject] of entered) people.set(subject, id);
        return new Map(entered);
      },
      idsOf: async (_incident: IncidentId, subjects: readonly string[]) =>
        new Map(subjects.flatMap((subject) => (people.has(subject) ? [[subject, people.get(subject)!] as const] : []))),
    },
    incidents: {
      fingerprint: (value: string) => hash(`installation ${value}`),
      personSubject: async (incident: IncidentId, person: string) => hash(`${incident} ${person}`),
    },
  };
  return partial as unknown as MemoryLedger;
}

async function store(
  sets: Map<string, readonly DatasetRow[]>,
  kind: DatasetKind,
  rows: AsyncIterable<NewRow> | Iterable<NewRow>,
): Promise<DatasetRef> {
  const bySubject = new Map<string, NewRow>();
  for await (const row of rows) bySubject.set(row.subject, row);
  const ordered = [...bySubject.values()].map((row, position) => ({ ...row, position }));
  const id = randomUUID();
  sets.set(id, ordered);
  return refOf(kind, ordered.length, id);
}

function refOf(kind: DatasetKind, count: number, id: string = randomUUID()): DatasetRef {
  return { id, kind, count, digest: hash(id) as Digest };
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
