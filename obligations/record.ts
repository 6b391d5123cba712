import type { FactKey } from '../contracts/facts.ts';
import type { Json } from '../contracts/json.ts';

/** A condition over facts; a fact that nobody knows makes it unknown, not false. */
export type Condition =
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly fact: FactKey; readonly is: Json }
  | { readonly fact: FactKey; readonly in: readonly Json[] }
  | { readonly fact: FactKey; readonly atLeast: number };

/** What ends a duty: a filing that a person recorded, or a fact. */
export type Discharge =
  { readonly filing: 'authority' | 'law-enforcement' } | { readonly fact: FactKey; readonly atLeast: number };

/** One version of one duty. */
export interface ObligationRecord {
  /** Stable; a version is (id, effective.from). */
  readonly id: string;
  /** Only `in_force` is ever evaluated. */
  readonly status: 'in_force' | 'pending' | 'proposed' | 'superseded';
  readonly title: string;
  readonly citation: { readonly text: string; readonly provisions: readonly string[] };
  /** Dates (UTC): from inclusive, to exclusive. */
  readonly effective: { readonly from: string | null; readonly to: string | null };
  /** `found`: read in the source. `policy`: the organisation's own. Anything else is unreviewed: it may warn, never reassure. */
  readonly verified: { readonly mark: 'found' | 'policy' | 'secondary' | 'memory'; readonly source: string };
  /** Role that answers for it. */
  readonly of: string;
  readonly recipient: string;
  readonly when: Condition;
  readonly clock: {
    /** Fact whose instant starts it. */
    readonly start: FactKey;
    readonly limit: { readonly n: number; readonly unit: 'hours' };
    /** `policy`: the law names no time, the organisation does. */
    readonly basis: 'law' | 'policy';
  };
  readonly remindHoursBefore: readonly number[];
  readonly discharge: Discharge;
}

/** Every record that was loaded, proposals too. */
export interface Catalogue {
  readonly records: readonly ObligationRecord[];
}
