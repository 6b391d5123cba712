import { createHash } from 'node:crypto';

/** The ten invariants that the product promises; design section 6. */
export const invariants = {
  I1: 'no planned target is lost',
  I2: 'no duplicate of an act that can be repeated, keyed or looked up',
  I3: 'an act that nobody can look up happens at most once',
  I4: 'no effect without its record and the decisions it needs',
  I5: 'no deadline passes in silence',
  I6: 'the journal verifies',
  I7: 'an attempt that was overtaken never acts',
  I8: 'the plan that ran is the plan that was named',
  I9: 'a stop takes effect before the next target',
  I10: 'a drill makes no live call',
} as const;

/** Name of an invariant. */
export type Invariant = keyof typeof invariants;

/** One thing that breaks an invariant. Subjects are hashed: a verdict may be shown to anyone. */
export interface Finding {
  readonly subject: string;
  readonly why: string;
}

/** What is known of an invariant. */
export type Verdict =
  /** `judged`: how many things were looked at, at least one. */
  | { readonly invariant: Invariant; readonly verdict: 'holds'; readonly judged: number }
  | { readonly invariant: Invariant; readonly verdict: 'broken'; readonly findings: readonly Finding[] }
  | { readonly invariant: Invariant; readonly verdict: 'not judged'; readonly reason: string };

/** A subject as a verdict shows it. */
export function hashed(subject: string): string {
  return createHash('sha256').update(subject).digest('hex').slice(0, 12);
}

/** Collects what is looked at and what is found; nothing looked at is not judged. */
export class Judgement {
  readonly #invariant: Invariant;
  readonly #findings: Finding[] = [];
  #judged = 0;

  constructor(invariant: Invariant) {
    this.#invariant = invariant;
  }

  /** Looks at one thing. @param fault - what is wrong with it; `undefined`: nothing. */
  look(subject: string, fault: string | undefined): void {
    this.#judged += 1;
    if (fault !== undefined) this.#findings.push({ subject: hashed(subject), why: fault });
  }

  /** @param otherwise - why nothing could be judged, where nothing was looked at. */
  end(otherwise: string): Verdict {
    const invariant = this.#invariant;
    if (this.#findings.length > 0) return { invariant, verdict: 'broken', findings: this.#findings };
    if (this.#judged === 0) return { invariant, verdict: 'not judged', reason: otherwise };
    return { invariant, verdict: 'holds', judged: this.#judged };
  }
}
