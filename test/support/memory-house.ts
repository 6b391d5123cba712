import { memoryLedger, type MemoryLedger } from './memory-ledger.ts';
import { attempt } from './page-calls.ts';
import { createHash } from 'node:crypto';
import type { Attempt } from '../../activities/effects/attempt.ts';
import type { CapabilityEnvironment } from '../../activities/port.ts';
import type { Digest, IncidentId } from '../../contracts/ids.ts';
import type { FilingRow, FollowUpRow, IncidentRow } from '../../ledger/ports.ts';
import type { JournalRecord } from '../../contracts/journal.ts';
import type { KeyClass } from '../../contracts/dataset.ts';
import type { ObligationStatus } from '../../contracts/messages.ts';
import type { SingleRuntime } from '../../activities/single-effect.ts';

/** Everything that single actions need, in memory: ledger with duties, environment, attempts. */
export interface MemoryHouse {
  readonly ledger: MemoryLedger;
  readonly environment: CapabilityEnvironment;
  readonly runtime: SingleRuntime & { number: number };
  /** Key classes that were destroyed. */
  readonly keysDestroyed: KeyClass[];
  /** Lines for the operator. */
  readonly lines: string[];
  /** Plan texts by hash. */
  readonly texts: Map<string, string>;
  /** The one incident. */
  row: IncidentRow;
  nowAt: string;
}

/** Makes an empty house with one open incident. */
export function memoryHouse(row: Partial<IncidentRow> & Pick<IncidentRow, 'incident'>): MemoryHouse {
  const ledger = memoryLedger();
  const filings = new Map<string, FilingRow>();
  const followUps = new Map<string, FollowUpRow>();
  const tickets = new Map<string, Parameters<MemoryLedger['duties']['putTicket']>[1]>();
  const keysDestroyed: KeyClass[] = [];
  const texts = new Map<string, string>();
  const lines: string[] = [];
  let obligations: readonly ObligationStatus[] = [];
  const house: MemoryHouse = {
    ledger,
    keysDestroyed,
    lines,
    texts,
    nowAt: '2026-05-01T00:00:00.000Z',
    row: { ...emptyRow, ...row },
    environment: {
      ledger,
      secrets: (reference) => `secret of ${reference}`,
      now: () => house.nowAt,
      staff: (id) => (id === 'nobody' ? undefined : { id, name: `Name of ${id}`, address: `${id}@staff.example.org` }),
      log: (line) => lines.push(line),
    },
    runtime: { ledger, number: 1, attempt: (): Attempt => attempt(), attemptNumber: () => house.runtime.number },
  };
  Object.assign(ledger, {
    duties: {
      putFiling: async (_incident: IncidentId, filing: FilingRow) => void filings.set(filing.id, filing),
      filings: async () => [...filings.values()],
      putFollowUp: async (_incident: IncidentId, followUp: FollowUpRow) => void followUps.set(followUp.id, followUp),
      followUps: async () => [...followUps.values()],
      putTicket: async (_incident: IncidentId, ticket: Parameters<MemoryLedger['duties']['putTicket']>[1]) =>
        void tickets.set(ticket.step, ticket),
      tickets: async () => [...tickets.values()],
      putObligations: async (_incident: IncidentId, next: readonly ObligationStatus[]) => void (obligations = next),
      obligations: async () => obligations,
      open: async () => [],
    },
  });
  Object.assign(ledger.documents, {
    list: async () => ledger.stored.map(({ meta }) => ({ ...meta, createdAt: house.nowAt, createdBy: 'engine' })),
    text: async (hash: string) => texts.get(hash) ?? '',
  });
  Object.assign(ledger.incidents, {
    read: async (incident: IncidentId) => (incident === house.row.incident ? house.row : undefined),
    setState: async (_incident: IncidentId, state: IncidentRow['state']) => {
      house.row = {
        ...house.row,
        state,
        closedAt: state === 'closed' ? (house.row.closedAt ?? house.nowAt) : undefined,
      };
    },
    destroyKeys: async (_incident: IncidentId, keyClass: KeyClass) => void keysDestroyed.push(keyClass),
  });
  Object.assign(ledger.journal, {
    head: async () => ({ seq: ledger.records.length, hash: createHash('sha256').digest('hex') }),
    read: async (_incident: IncidentId, { after = 0, limit }: { after?: number; limit: number }) =>
      ledger.records.slice(after, after + limit).map((record, index): JournalRecord => ({
        ...record,
        seq: after + index + 1,
        at: house.nowAt,
        prevHash: '',
        hash: '',
      })),
  });
  return house;
}

const emptyRow: Omit<IncidentRow, 'incident'> = {
  mode: 'live',
  state: 'declared',
  playbook: 'exposed-secrets',
  planHash: '0'.repeat(64) as Digest,
  requester: 'dana',
  inputs: {},
  roles: {},
  openedAt: '2026-05-01T00:00:00.000Z',
  closedAt: undefined,
  engineVersion: 4,
  held: false,
};
