/**
 * Where something was taken from, in the notation of `obligations/sources.yaml`: `F:S1` found in source S1, `F2:S6` found
 * in a secondary source, `M` from memory, `contract` a clause that the user supplied, `policy` the organisation's own.
 */
export type Source = string;

/** How sure a record may be: the worst of its sources. */
export type Mark = 'found' | 'contract' | 'policy' | 'secondary' | 'memory';

/** A condition over facts; the closed set of operators. */
export type Predicate =
  | { readonly all: readonly Predicate[] }
  | { readonly any: readonly Predicate[] }
  | { readonly not: Predicate }
  /** A question of law that no fact answers: always unknown. */
  | { readonly unclear: string }
  | { readonly fact: string; readonly is: boolean | string }
  | { readonly fact: string; readonly in: readonly string[] }
  | { readonly fact: string; readonly has: readonly string[] }
  | NumberTest;

/** A test of a number; `of` names the jurisdiction where the fact is `residents`. */
export interface NumberTest {
  readonly fact: string;
  readonly of?: string;
  readonly atLeast?: number;
  readonly moreThan?: number;
  readonly source?: Source;
}

/** Units of a limit; docs/law.md says how each is reckoned. */
export type Unit = 'hours' | 'days' | 'business_days' | 'months' | 'days_after_year_end' | 'at_once';

/** One limit of a phase; where several hold, the earliest wins. */
export interface Limit {
  readonly n: number;
  readonly unit: Unit;
  /** What it counts from; absent: the start of the phase. */
  readonly of?: string;
  /** It holds only where this does. */
  readonly when?: Predicate;
  /** It falls away where that instant is known to lie after it. */
  readonly waivedBy?: string;
  readonly calendar?: string;
  /** Time of day (`17:30`) at which its last day ends. */
  readonly until?: string;
  readonly rollover?: { readonly rule: 'noon_next_working_day'; readonly unless: Predicate };
  readonly source: Source;
}

/** A step of a duty: what has to be submitted by when. */
export interface Phase {
  readonly id: string;
  readonly title: string;
  readonly start: string;
  /** The law's own words where there is no number, such as `without undue delay`. */
  readonly qualifier?: string;
  /** Zone in which days end: an IANA zone, or absent for that of the company. */
  readonly zone?: string;
  readonly limits: readonly Limit[];
  /** The phase is due only where this holds; absent: always. */
  readonly when?: Predicate;
  readonly content?: readonly string[];
}

/** What relieves of a duty. */
export interface Exemption {
  readonly id: string;
  readonly when: Predicate;
  readonly mustRecord: boolean;
  readonly source: Source;
}

/** What a delay by an authority does; absent in a record: the law allows none. */
export interface DelayRule {
  readonly forms: readonly string[];
  readonly effect: 'suspends' | 'prohibits' | 'delays_publication';
  /** It counts only when granted before the duty is due. */
  readonly beforeDue?: boolean;
  readonly initialMaxDays?: number;
  readonly extensionMaxDays?: number;
  readonly residual?: {
    readonly n: number;
    readonly unit: 'days' | 'business_days';
    readonly calendar?: string;
    readonly until?: string;
  };
  readonly source: Source;
}

/** One dated version of one duty. */
export interface LawRecord {
  readonly id: string;
  readonly status: 'in_force' | 'pending' | 'proposed' | 'superseded';
  readonly title: string;
  readonly regime: string;
  readonly jurisdiction: { readonly code: string; readonly scope: string };
  readonly citation: { readonly text: string; readonly provisions: readonly string[] };
  /** Days: `from` inclusive, `to` exclusive. */
  readonly effective: { readonly from: string | null; readonly to: string | null };
  readonly verified: {
    readonly by: string | null;
    readonly on: string | null;
    readonly asOf: string;
    readonly source: Source;
  };
  readonly voluntary?: boolean;
  readonly appliesTo: Predicate;
  readonly trigger: Predicate;
  readonly recipient: { readonly kind: string; readonly who: string; readonly channel?: string };
  readonly orderBefore?: readonly string[];
  readonly phases: readonly Phase[];
  readonly exemptions?: readonly Exemption[];
  readonly delay?: DelayRule;
  readonly keep?: { readonly text: string; readonly source: Source };
  /** Duties that no clock can hold, as text. */
  readonly manual?: readonly string[];
  readonly tests: readonly Vector[];
}

/** One test vector of a record: what a reader of the law expects, written by hand. */
export interface Vector {
  readonly says: string;
  readonly from: string;
  readonly facts?: Readonly<Record<string, unknown>>;
  /** Facts taken as decided by a person who may. */
  readonly decided?: Readonly<Record<string, unknown>>;
  readonly delays?: readonly unknown[];
  readonly at?: string;
  readonly phase?: string;
  readonly expect: {
    /** What a reviewed record answers. */
    readonly result: 'required' | 'not_required' | 'undetermined' | 'needs_decision';
    /** ISO 8601 with offset, or null for none. */
    readonly due?: string | null;
    readonly provisional?: boolean;
    readonly forbidden?: boolean;
  };
}
