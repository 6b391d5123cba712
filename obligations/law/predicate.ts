import type { Case, Quantity, SaidFact } from './facts.ts';
import { isWithin } from './jurisdictions.ts';
import type { NumberTest, Predicate } from './record.ts';
import type { Vocabulary } from './vocabulary.ts';
import { testWords } from './words.ts';

/** Kleene's third value is `unknown`: neither yes nor no. */
export type Verdict = true | false | 'unknown';

/** An answer with how it came about. */
export interface Reason {
  readonly verdict: Verdict;
  readonly text: string;
  /** The fact that was asked, at a leaf. */
  readonly fact?: string;
  readonly parts?: readonly Reason[];
}

/** What predicates are judged in. */
export interface Judging {
  readonly case: Case;
  readonly vocabulary: Vocabulary;
}

/** Answers a predicate with its tree of reasons. Pure and total: no fact makes it throw. */
export function judge(predicate: Predicate, judging: Judging): Reason {
  if ('all' in predicate) return combine('all of', false, predicate.all, judging);
  if ('any' in predicate) return combine('any of', true, predicate.any, judging);
  if ('unclear' in predicate) return { verdict: 'unknown', text: `unclear: ${predicate.unclear}` };
  if ('not' in predicate) {
    const part = judge(predicate.not, judging);
    return { verdict: part.verdict === 'unknown' ? 'unknown' : !part.verdict, text: 'not', parts: [part] };
  }
  return judgeFact(predicate, judging);
}

/** Facts that a tree asked and nobody answered, where the answer could still change it. */
export function missingIn(reason: Reason): readonly string[] {
  if (reason.verdict !== 'unknown') return [];
  if (reason.parts) return [...new Set(reason.parts.flatMap(missingIn))];
  return reason.fact === undefined ? [] : [reason.fact];
}

/** Whether a tree is open because of a question of law that no fact answers. */
export function isUnclear(reason: Reason): boolean {
  if (reason.verdict !== 'unknown') return false;
  return reason.parts ? reason.parts.some(isUnclear) : reason.fact === undefined;
}

/** Facts that a tree used. */
export function usedIn(reason: Reason): readonly string[] {
  if (reason.parts) return [...new Set(reason.parts.flatMap(usedIn))];
  return reason.fact === undefined || reason.verdict === 'unknown' ? [] : [reason.fact];
}

/** The leaves that made a tree what it is, as sentences. */
export function because(reason: Reason): readonly string[] {
  if (!reason.parts) return [reason.text];
  const decisive =
    reason.text === 'not' ? reason.parts : reason.parts.filter(({ verdict }) => verdict === reason.verdict);
  return [...new Set((decisive.length > 0 ? decisive : reason.parts).flatMap(because))];
}

function combine(text: string, deciding: boolean, list: readonly Predicate[], judging: Judging): Reason {
  const parts = list.map((part) => judge(part, judging));
  const verdict: Verdict = parts.some((part) => part.verdict === deciding)
    ? deciding
    : parts.some((part) => part.verdict === 'unknown')
      ? 'unknown'
      : !deciding;
  return { verdict, text, parts };
}

type Leaf = Extract<Predicate, { readonly fact: string }>;

function judgeFact(leaf: Leaf, judging: Judging): Reason {
  const { case: known, vocabulary } = judging;
  const declared = vocabulary.get(leaf.fact);
  const said = known.facts.get(leaf.fact);
  const title = declared?.title ?? leaf.fact;
  const answer = (verdict: Verdict, text: string): Reason => ({ verdict, text, fact: leaf.fact });
  if (!said) return answer('unknown', `${title}: not known`);
  if (declared?.decision === true && !said.isDecided)
    return answer('unknown', `${title}: said, not decided by a named person`);
  const test = testWords(leaf);
  const verdict = testFact(leaf, said, declared?.open === true, known.isScopeFinal);
  const open = verdict === 'unknown' ? ', and more may come' : '';
  return answer(verdict, `${title} ${test}: ${verdict === true ? 'yes' : verdict === false ? 'no' : `open`}${open}`);
}

function testFact(leaf: Leaf, { value }: SaidFact, isOpen: boolean, isScopeFinal: boolean): Verdict {
  const mayGrow = isOpen && !isScopeFinal;
  if ('has' in leaf) {
    if (value.type !== 'set') return 'unknown';
    if (leaf.has.some((item) => value.items.includes(item))) return true;
    return value.isWhole || (isOpen && isScopeFinal) ? false : 'unknown'; // what others said in passing is never the whole
  }
  if ('is' in leaf) {
    if (value.type === 'flag') return value.flag === leaf.is;
    return value.type === 'text' ? value.text === leaf.is : 'unknown';
  }
  if ('in' in leaf) return value.type === 'text' ? leaf.in.includes(value.text) : 'unknown';
  if (value.type === 'residents') return testResidents(leaf, value.people, mayGrow);
  return value.type === 'number' ? testNumber(leaf, value.quantity, mayGrow) : 'unknown';
}

function testResidents(leaf: NumberTest, people: ReadonlyMap<string, Quantity>, mayGrow: boolean): Verdict {
  const own = [...people].filter(([code]) => leaf.of === undefined || isWithin(code, leaf.of));
  const min = own.reduce((sum, [, quantity]) => sum + quantity.min, 0);
  // People of a country whose states differ may all be of one state.
  const wider = [...people].filter(([code]) => leaf.of !== undefined && code !== leaf.of && isWithin(leaf.of, code));
  const all = [...own, ...wider];
  const max = all.reduce((sum, [, { max: high, likely, min: low }]) => sum + (high ?? likely ?? low), 0);
  return testNumber(leaf, { min, max }, mayGrow);
}

function testNumber({ atLeast, moreThan }: NumberTest, quantity: Quantity, mayGrow: boolean): Verdict {
  const reaches = (number: number): boolean => (moreThan === undefined ? number >= atLeast! : number > moreThan);
  if (reaches(quantity.min)) return true;
  if (mayGrow) return 'unknown';
  return reaches(quantity.max ?? quantity.likely ?? quantity.min) ? 'unknown' : false;
}
