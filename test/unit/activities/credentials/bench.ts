import { Issuers } from '../../../../activities/credentials/issuers.ts';
import { memoryLedger } from '../../../support/memory-ledger.ts';
import { scriptedConnector } from '../../../support/scripted-connector.ts';
import type { CredentialIssuer } from '../../../../activities/credentials/port.ts';
import type { MemoryLedger } from '../../../support/memory-ledger.ts';
import type { ScriptedConnector } from '../../../support/scripted-connector.ts';

/** An issuer in memory whose record a test reads. */
export interface MemoryIssuer extends CredentialIssuer {
  readonly revoke: ScriptedConnector;
  /** Subjects that are dead. */
  readonly dead: Set<string>;
  /** Subjects nobody can tell about now. */
  readonly hidden: Set<string>;
}

/** Makes an issuer: revoking kills, looking tells. */
export function memoryIssuer(changes: Partial<CredentialIssuer> = {}, effectDelayMaxMs = 0): MemoryIssuer {
  const dead = new Set<string>();
  const hidden = new Set<string>();
  const revoke = scriptedConnector('idempotent', ({ row }) => (dead.add(row.subject), {}), {
    effectDelayMaxMs,
    check: async (rows) =>
      rows.map(({ subject }) => ({ subject, dead: hidden.has(subject) ? undefined : dead.has(subject), receipt: {} })),
  });
  return { ownValues: [], close: () => Promise.resolve(), ...changes, revoke, dead, hidden };
}

/** A ledger and issuers in memory. */
export function bench(issuers: Readonly<Record<string, CredentialIssuer>>): {
  readonly ledger: MemoryLedger;
  readonly issuers: Issuers;
} {
  const ledger = memoryLedger();
  return { ledger, issuers: new Issuers(new Map(Object.entries(issuers)), ledger) };
}
