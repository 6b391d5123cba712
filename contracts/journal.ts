import type { JsonObject } from './json.ts';

/** Kinds of journal records. */
export type JournalKind =
  | 'incident.opened'
  | 'incident.state'
  | 'incident.closed'
  | 'input'
  | 'fact'
  | 'step.started'
  | 'step.ended'
  | 'gate.opened'
  | 'gate.voided'
  | 'decision'
  | 'ask.opened'
  | 'ask.answered'
  | 'reminder'
  | 'escalation'
  | 'amendment'
  | 'stop'
  | 'resume'
  | 'page.opened'
  | 'page.closed'
  | 'effect'
  | 'reconcile'
  | 'hold'
  | 'dataset'
  | 'inventory'
  | 'document'
  | 'evidence'
  | 'obligation'
  | 'filing'
  | 'clock'
  | 'follow-up'
  | 'anchor';

/** A record before the ledger gives it its place in the chain. */
export interface JournalDraft {
  /** Unique in its incident; appending it again returns the first. E.g. `decision:<updateId>`, `page:<lease>:<epoch>`. */
  readonly key: string;
  readonly kind: JournalKind;
  /** Person id, `engine`, or `connector:<name>`. */
  readonly actor: string;
  /** Canonicalised and hashed; personal data only as salted commitments. */
  readonly body: JsonObject;
}

/** A record in the chain. */
export interface JournalRecord extends JournalDraft {
  /** From 1, without gaps. */
  readonly seq: number;
  /** Database time, ISO 8601 UTC with microseconds. */
  readonly at: string;
  readonly prevHash: string;
  /** SHA-256 over the canonical record without `hash`, hex. */
  readonly hash: string;
}

/** Head of a chain: what leaves the house as an anchor. */
export interface JournalHead {
  readonly seq: number;
  readonly hash: string;
}
