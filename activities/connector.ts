/**
 * The public entry `firebreak/connector`: what a connector in another package needs, types, `defineConnector` and
 * the conformance cases that it must pass.
 */
export type { ApplyContext, ApplyTarget, BatchShape, Connector, SecretReader } from './port.ts';
export type { ConnectorTraits, EffectClass, Observation, Outcome } from '../contracts/effects.ts';
export type { DatasetRow } from '../contracts/dataset.ts';
export type {
  CredentialActivity,
  CredentialIssuer,
  CredentialSource,
  CredentialVendor,
  FoundCredential,
  Identified,
  Rotation,
} from './credentials/port.ts';
export type { ConformanceCase, Fault } from './conformance.ts';
export type { CredentialBench } from './credentials/connectors/cases.ts';
export type { Ticket, TicketConnector, TicketDraft, TicketVendor } from './tickets/port.ts';
export type { TicketBench } from './tickets/connectors/cases.ts';
export { HttpClient, readObject, refusalOf } from './effects/http-exchange.ts';
export { credentialCases } from './credentials/connectors/cases.ts';
export { ticketCases } from './tickets/connectors/cases.ts';
export { defineConnector } from './define-connector.ts';
