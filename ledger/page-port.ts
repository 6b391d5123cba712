import type { AlertView } from '../contracts/detectors.ts';
import type { EffectState } from '../contracts/effects.ts';
import type { IncidentId } from '../contracts/ids.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { DocumentMeta } from './document-port.ts';

/** Where a row stands in its list: the values that the list is ordered by. */
export type Position = readonly string[];

/** Which part of a list is read. */
export interface PageRequest {
  readonly limit: number;
  /** Position of the row before the page; absent: from the start. */
  readonly after?: Position;
}

/** A row with its position. */
export interface Placed<Row> {
  readonly row: Row;
  readonly position: Position;
}

/** A target that did not come through. */
export interface UnsettledRow {
  readonly action: string;
  readonly subject: string;
  readonly state: EffectState;
  readonly generation: number;
  readonly code: string | undefined;
}

/**
 * Lists of an incident, read page by page.
 *
 * Each list has an order that no later row changes: what is added while somebody reads comes after (alerts: before)
 * everything that was there, so no row is seen twice and none is missed.
 */
export interface PageStore {
  /** Oldest first; position `[instant, id]`. @param lane - `open`: without what counsel keeps. */
  documents(
    incident: IncidentId,
    page: PageRequest & { readonly lane: 'open' | 'all' },
  ): Promise<readonly Placed<DocumentMeta>[]>;
  /** Filings, follow-ups and tickets, oldest first; position `[instant, kind, id]`. */
  duties(
    incident: IncidentId,
    page: PageRequest,
  ): Promise<readonly Placed<{ readonly kind: 'filing' | 'follow-up' | 'ticket'; readonly body: JsonObject }>[]>;
  /** Receipts of one effect, oldest first; position `[number]`. */
  receipts(
    incident: IncidentId,
    effect: { readonly action: string; readonly subject: string },
    page: PageRequest,
  ): Promise<
    readonly Placed<{ readonly at: string; readonly kind: string; readonly state: string; readonly body: JsonObject }>[]
  >;
  /** Targets of a step in some states, in the order of their effects' ids; position `[id in hex]`. */
  targets(
    incident: IncidentId,
    of: { readonly step: string; readonly states: readonly EffectState[] },
    page: PageRequest,
  ): Promise<readonly Placed<UnsettledRow>[]>;
  /** Newest first; position `[number]`. */
  alerts(page: PageRequest & { readonly outcome?: string }): Promise<readonly Placed<AlertView>[]>;
}
