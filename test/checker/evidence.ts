import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { EffectState, Mode } from '../../contracts/effects.ts';
import type { JournalRecord } from '../../contracts/journal.ts';
import type { Plan, PlanStep } from '../../contracts/plan.ts';

/** Manifest of a bundle, as far as it is judged. */
export interface Manifest {
  readonly incident: string;
  readonly mode: Mode;
  readonly state: string;
  readonly planHash: string;
  readonly audience: string;
  readonly exportedAt: string;
}

/** A dataset with all its targets: subject, commitment, id at the issuer. */
export interface EvidenceDataset {
  readonly id: string;
  readonly kind: string;
  readonly count: number;
  readonly digest: string;
  readonly targets: readonly (readonly [subject: string, commitment: string, ref: string])[];
}

/** An effect as the bundle shows it. */
export interface EvidenceAct {
  readonly action: string;
  readonly subject: string;
  readonly state: EffectState;
  readonly generation: number;
  readonly attempt: number;
  readonly code: string | null;
  readonly lease: string | null;
  readonly epoch: number | null;
  readonly claimedAt: string | null;
}

/** What a bundle says. */
export interface Evidence {
  readonly manifest: Manifest;
  readonly plan: Plan | undefined;
  /** In the order of the chain. */
  readonly records: readonly JournalRecord[];
  readonly datasets: ReadonlyMap<string, EvidenceDataset>;
  readonly acts: readonly EvidenceAct[];
  /** Digest by id of every document, also of those that the bundle withholds. */
  readonly documents: ReadonlyMap<string, string>;
}

interface Line {
  readonly line: string;
}

/** Reads a bundle. Whether it is whole and genuine is another question, see `invariants/chain.ts`. */
export async function readEvidence(path: string): Promise<Evidence> {
  const records: JournalRecord[] = [];
  const datasets = new Map<string, EvidenceDataset & { targets: EvidenceDataset['targets'][number][] }>();
  const acts: EvidenceAct[] = [];
  const documents = new Map<string, string>();
  let [manifest, plan]: [Manifest | undefined, Plan | undefined] = [undefined, undefined];
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    const entry = JSON.parse(text) as Line;
    if (entry.line === 'manifest') manifest = entry as unknown as Manifest;
    if (entry.line === 'plan') ({ plan } = entry as unknown as { plan: Plan });
    if (entry.line === 'record') records.push(entry as unknown as JournalRecord);
    if (entry.line === 'acts') acts.push(...(entry as unknown as { acts: readonly EvidenceAct[] }).acts);
    if (entry.line === 'document' || entry.line === 'withheld') {
      const { id, digest } = entry as unknown as { id: string; digest: string };
      documents.set(id, digest);
    }
    if (entry.line === 'dataset') {
      const dataset = entry as unknown as EvidenceDataset;
      datasets.set(dataset.id, { ...dataset, targets: [] });
    }
    if (entry.line === 'targets') {
      const { dataset, rows } = entry as unknown as { dataset: string; rows: EvidenceDataset['targets'] };
      datasets.get(dataset)?.targets.push(...rows);
    }
  }
  if (!manifest) throw new Error(`${path} is no bundle`);
  return { manifest, plan, records, datasets, acts, documents };
}

/** A member that should be a text; '' where it is none. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The plan's node of a step id: that of round two, `round/2/contain`, is `round/contain`. */
export function planStepOf({ plan }: Evidence, step: string): PlanStep | undefined {
  const id = step
    .split('/')
    .filter((part) => !/^\d+$/.test(part))
    .join('/');
  return plan?.steps.find((node) => node.id === id);
}

/** Step of a lease: `INC-2026-0001/contain#1:0` and, of a single act, `INC-2026-0001/contain:single`. */
export function stepOfLease(lease: string): string {
  return lease.slice(lease.indexOf('/') + 1).replace(/(#\d+)?:[^:]*$/, '');
}
