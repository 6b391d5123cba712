/** Inputs of the severity score, as a person scored them. */
export interface SeverityInput {
  /** Data processing context, 1 to 4: the highest over all categories; credentials score as what they open. */
  readonly context: 1 | 2 | 3 | 4;
  /** Ease of identification. */
  readonly identification: 0.25 | 0.5 | 0.75 | 1;
  readonly confidentiality: 0 | 0.25 | 0.5;
  readonly integrity: 0 | 0.25 | 0.5;
  readonly availability: 0 | 0.25 | 0.5;
  readonly isMalicious: boolean;
  readonly people?: number;
  readonly isUnintelligible?: boolean;
}

/** Advice, never a conclusion: shown with its inputs. */
export interface Severity {
  readonly score: number;
  readonly band: 'low' | 'medium' | 'high' | 'very high';
  /** What the method flags beside the score. */
  readonly flags: readonly string[];
  readonly inputs: SeverityInput;
}

const MALICE = 0.5;
const FLAGGED_PEOPLE = 100;

/** Scores the severity of a personal data breach. @source ENISA, Recommendations for a methodology (v1.0, December 2013) [F:S5] */
export function severity(inputs: SeverityInput): Severity {
  const { context, identification, confidentiality, integrity, availability, isMalicious } = inputs;
  const score = context * identification + confidentiality + integrity + availability + (isMalicious ? MALICE : 0);
  return {
    score,
    band: score < 2 ? 'low' : score < 3 ? 'medium' : score < 4 ? 'high' : 'very high',
    flags: [
      ...((inputs.people ?? 0) > FLAGGED_PEOPLE ? ['more than 100 people'] : []),
      ...(inputs.isUnintelligible === true ? ['the data is unintelligible'] : []),
    ],
    inputs,
  };
}
