/** A number of which more may come: at least, most likely, at most. */
export interface Quantity {
  readonly min: number;
  readonly likely?: number;
  /** Absent: nobody can say. */
  readonly max?: number;
}

/** An instant, or a range that it lies in; milliseconds since 1970. */
export interface Moment {
  readonly fromMs: number;
  readonly toMs: number;
  /** Zone in which it was said, for showing it. */
  readonly zone?: string;
}

/** A value as records compare it. */
export type FactValue =
  | { readonly type: 'instant'; readonly moment: Moment }
  | { readonly type: 'number'; readonly quantity: Quantity }
  | { readonly type: 'flag'; readonly flag: boolean }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'set'; readonly items: readonly string[]; readonly isWhole: boolean }
  | { readonly type: 'residents'; readonly people: ReadonlyMap<string, Quantity> }
  | { readonly type: 'submissions'; readonly at: ReadonlyMap<string, number> };

/** One fact as it was said. */
export interface SaidFact {
  readonly key: string;
  readonly value: FactValue;
  readonly by?: string;
  readonly role?: string;
  /** When it was said; ISO 8601. */
  readonly at?: string;
  readonly source?: string;
  /** A legal conclusion counts only when it is decided. Other facts are as good as said. */
  readonly isDecided: boolean;
}

/** A fault in the facts: a coded answer that says which fact and who can mend it. */
export interface FactProblem {
  readonly code: string;
  readonly fact: string;
  readonly what: string;
  /** Role that can mend it. */
  readonly ask: string;
  readonly remedy: string;
}

/** A delay that an authority asked for or granted. */
export interface DelayGrant {
  /** Record that it is about. */
  readonly record: string;
  readonly form: string;
  readonly by: string;
  readonly reference?: string;
  readonly requestedAt?: number;
  readonly grantedAt?: number;
  readonly until?: number;
  readonly extensions: readonly { readonly grantedAt: number; readonly until: number }[];
  readonly liftedAt?: number;
}

/** Everything known about one incident, read and checked. */
export interface Case {
  readonly facts: ReadonlyMap<string, SaidFact>;
  readonly delays: readonly DelayGrant[];
  /** Days that a calendar is closed beyond its table, by calendar id. */
  readonly closures: Readonly<Record<string, readonly string[]>>;
  readonly isScopeFinal: boolean;
  /** The instant it is judged at; absent: nothing is called late or in the future. */
  readonly atMs?: number;
  readonly problems: readonly FactProblem[];
}

/** The instant of a fact that is known. */
export function momentOf(facts: ReadonlyMap<string, SaidFact>, key: string): Moment | undefined {
  const value = facts.get(key)?.value;
  return value?.type === 'instant' ? value.moment : undefined;
}
