import type { Limit, Predicate } from './record.ts';
import type { Vocabulary } from './vocabulary.ts';

const INDENT = '  ';

/** A predicate as lines for people; deeper ones are indented. */
export function predicateLines(predicate: Predicate, vocabulary: Vocabulary, indent = ''): readonly string[] {
  if ('all' in predicate || 'any' in predicate) {
    const [word, parts] =
      'all' in predicate ? (['all of:', predicate.all] as const) : (['any of:', predicate.any] as const);
    return [`${indent}${word}`, ...parts.flatMap((part) => predicateLines(part, vocabulary, `${indent}${INDENT}`))];
  }
  if ('not' in predicate) return [`${indent}not:`, ...predicateLines(predicate.not, vocabulary, `${indent}${INDENT}`)];
  if ('unclear' in predicate) return [`${indent}unclear: ${predicate.unclear}`];
  return [`${indent}${predicate.fact} ${testWords(predicate)} (${vocabulary.get(predicate.fact)?.title ?? ''})`];
}

/** The test of a leaf in words. */
export function testWords(leaf: Extract<Predicate, { readonly fact: string }>): string {
  if ('has' in leaf) return `has ${leaf.has.join(' or ')}`;
  if ('is' in leaf) return `is ${String(leaf.is)}`;
  if ('in' in leaf) return `is ${leaf.in.join(' or ')}`;
  const where = leaf.of === undefined ? '' : ` in ${leaf.of}`;
  return leaf.moreThan === undefined ? `at least ${leaf.atLeast ?? 0}${where}` : `more than ${leaf.moreThan}${where}`;
}

/** A limit in words, with its source. */
export function limitWords({ n, unit, of, calendar, until, rollover, waivedBy, when, source }: Limit): string {
  return [
    unit === 'at_once' ? 'at once' : `${n} ${unit.replaceAll('_', ' ')}`,
    ...(calendar === undefined ? [] : [`by calendar ${calendar}`]),
    ...(until === undefined ? [] : [`until ${until}`]),
    ...(of === undefined ? [] : [`from ${of}`]),
    ...(when ? ['under a condition'] : []),
    ...(waivedBy === undefined ? [] : [`unless ${waivedBy} lies later`]),
    ...(rollover ? ['then noon of the next working day'] : []),
    `[${source}]`,
  ].join(' ');
}
