import { countries } from './countries.ts';
import type { Json, JsonObject } from './json.ts';

/** One typed thing known about an incident. Facts are only ever added; the newest of a key counts. */
export interface Fact {
  /** camelCase, declared in {@link factCatalogue}. */
  readonly key: FactKey;
  readonly value: Json;
  /** Where it came from: `input`, `step:<id>`, `person`, `detector:<name>`, `ledger`. */
  readonly source: string;
  /** When it was said; ISO 8601 UTC. */
  readonly at: string;
  /** `decided` only by a person with the right role. */
  readonly confidence: 'proposed' | 'stated' | 'decided';
  /** Person id or system name. */
  readonly by: string;
}

/** Declaration of a fact key. */
export interface FactDeclaration {
  readonly title: string;
  /** JSON Schema 2020-12 of the value. */
  readonly schema: JsonObject;
  /** Role that is asked when a document needs it and nobody knows. */
  readonly ask: string;
}

const when: JsonObject = { $ref: 'firebreak:when' };
const count: JsonObject = { type: 'integer', minimum: 0 };
const text: JsonObject = { type: 'string', minLength: 1, maxLength: 4000 };

/** Every fact key of the first catalogue. Role names are those of the library playbooks. */
export const factCatalogue = {
  detectedAt: { title: 'When it was detected', schema: when, ask: 'commander' },
  awareAt: { title: 'When the controller became aware (a decision of a person)', schema: when, ask: 'privacy' },
  occurredAt: { title: 'When the exposure happened', schema: when, ask: 'privacy' },
  entryClosedAt: { title: 'When the way in was closed', schema: when, ask: 'platform' },
  controllerOrProcessor: {
    title: 'Role of the company under GDPR',
    schema: { enum: ['controller', 'processor', 'both'] },
    ask: 'privacy',
  },
  residents: {
    title: 'Countries of the data subjects (ISO 3166-1 alpha-2)',
    schema: { type: 'array', items: { enum: [...countries] }, minItems: 1, uniqueItems: true },
    ask: 'privacy',
  },
  personalDataBreach: {
    title: 'Whether it is a personal data breach (GDPR Art. 4(12))',
    schema: { type: 'boolean' },
    ask: 'privacy',
  },
  riskToPeople: {
    title: 'Risk to rights and freedoms',
    schema: { enum: ['unlikely', 'risk', 'high'] },
    ask: 'privacy',
  },
  natureOfBreach: { title: 'Nature of the breach', schema: text, ask: 'privacy' },
  dataCategories: { title: 'Categories of data and data subjects', schema: text, ask: 'privacy' },
  likelyConsequences: { title: 'Likely consequences', schema: text, ask: 'privacy' },
  measuresTaken: { title: 'Measures taken or proposed', schema: text, ask: 'commander' },
  contactPoint: { title: 'Contact point or data protection officer', schema: text, ask: 'privacy' },
  leadAuthority: { title: 'Lead supervisory authority', schema: text, ask: 'privacy' },
  credentialsOffered: {
    title: 'Credentials that alerts brought since the start, sealed: widen the run with `upload: alerts`',
    schema: count,
    ask: 'commander',
  },
  alertsReceived: { title: 'Alerts of detectors that speak of it', schema: count, ask: 'commander' },
  affectedCredentials: { title: 'Credentials in scope (at least)', schema: count, ask: 'commander' },
  affectedPeople: { title: 'People in scope (at least)', schema: count, ask: 'commander' },
  credentialsVerifiedDead: { title: 'Credentials verified dead', schema: count, ask: 'commander' },
  peopleTold: { title: 'People told', schema: count, ask: 'comms' },
  controllersTold: {
    title: 'Customers told as their processor (GDPR Art. 33(2))',
    schema: count,
    ask: 'privacy',
  },
  scopeFinal: { title: 'The scope is final', schema: { type: 'boolean' }, ask: 'commander' },
  misuseFound: {
    title: 'Misuse was looked for and found or not found',
    schema: { enum: ['found', 'not-found'] },
    ask: 'counsel',
  },
  exfiltrationFound: {
    title: 'Copies left the company: found or not found',
    schema: { enum: ['found', 'not-found'] },
    ask: 'counsel',
  },
  crimeSuspected: { title: 'A crime is suspected', schema: { type: 'boolean' }, ask: 'counsel' },
  parityReached: {
    title: 'Fine-grained tokens can do all that classic ones do',
    schema: { type: 'boolean' },
    ask: 'platform',
  },
} as const satisfies Record<string, FactDeclaration>;

/** A declared fact key. */
export type FactKey = keyof typeof factCatalogue;
