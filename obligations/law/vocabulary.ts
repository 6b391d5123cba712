import { CodedError } from '../../contracts/errors.ts';
import { isJsonObject } from '../../contracts/json.ts';

/** How a fact of the vocabulary is written and compared; docs/law.md explains each. */
export type FactType =
  | 'instant'
  | 'count'
  | 'amount'
  | 'flag'
  | 'choice'
  | 'set'
  | 'residents'
  | 'text'
  | 'zone'
  | 'country'
  | 'submissions';

/** Declaration of one fact. */
export interface LawFact {
  readonly type: FactType;
  readonly title: string;
  /** Role that is asked. */
  readonly ask: string;
  /** The question that role is asked; absent where no record asks about it. */
  readonly question?: string;
  /** Of `choice` and `set`: what may be said. */
  readonly values?: readonly string[];
  /** What is said is a lower bound until the scope is final. */
  readonly open?: boolean;
  /** More of it is worse. */
  readonly up?: boolean;
  /** A legal conclusion: it holds only as the decision of a named person. */
  readonly decision?: boolean;
  readonly decidedBy?: readonly string[];
  /** Of `instant`: those that cannot be later. */
  readonly after?: readonly string[];
  /** Of `instant`: where it counts from while it is unknown; the earliest of those that are known. */
  readonly from?: readonly string[];
  /** Of `instant`: it happens in the course of the response; unknown means not yet. */
  readonly later?: boolean;
  /** Of `instant`: the word for a clock that starts here. */
  readonly start?: string;
  /** Key of `contracts/facts.ts` that gives it: `same`, or the name of another. */
  readonly engine?: string;
}

/** The vocabulary, by key. */
export type Vocabulary = ReadonlyMap<string, LawFact>;

const TYPES: readonly string[] = [
  ...['instant', 'count', 'amount', 'flag', 'choice', 'set'],
  ...['residents', 'text', 'zone', 'country', 'submissions'],
];

/**
 * Checks the parsed vocabulary.
 *
 * @param value - what the YAML parser gave for `obligations/facts.yaml`.
 * @throws LAW_RECORD_INVALID
 */
export function parseVocabulary(value: unknown): Vocabulary {
  if (!isJsonObject(value)) throw invalid('facts.yaml', 'it is not an object');
  const vocabulary = new Map(Object.entries(value) as unknown as [string, LawFact][]);
  for (const [key, fact] of vocabulary) {
    if (!TYPES.includes(fact.type)) throw invalid(key, `type is none of ${TYPES.join(', ')}`);
    if (typeof fact.title !== 'string' || typeof fact.ask !== 'string') throw invalid(key, 'title and ask are texts');
    if ((fact.type === 'choice' || fact.type === 'set') !== Array.isArray(fact.values))
      throw invalid(key, 'choice and set have values, nothing else has');
    if ((fact.decision === true) !== Array.isArray(fact.decidedBy))
      throw invalid(key, 'a decision names the roles that may take it, nothing else does');
    const named = [...(fact.after ?? []), ...(fact.from ?? [])];
    const stranger = named.find((other) => vocabulary.get(other)?.type !== 'instant');
    if (stranger !== undefined) throw invalid(key, `${stranger} is no instant of the vocabulary`);
  }
  return vocabulary;
}

function invalid(key: string, why: string): CodedError {
  return new CodedError('LAW_RECORD_INVALID', `fact ${key}: ${why}`);
}
