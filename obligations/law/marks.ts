import type { LawRecord, Mark, Predicate, Source } from './record.ts';

const WORST: readonly Mark[] = ['memory', 'secondary', 'policy', 'contract', 'found'];
const NOTATION = /^(?:F:(S\d+[ab]?)|F2:(S\d+[ab]?)|M|contract|policy)$/;

/** The id of a source as `obligations/sources.yaml` lists it, or `undefined` for a text that is no notation. */
export function sourceId(source: Source): string | undefined {
  const found = NOTATION.exec(source);
  return found ? (found[1] ?? found[2] ?? source) : undefined;
}

/** How sure a source makes what it says. */
export function markOf(source: Source): Mark {
  if (source.startsWith('F:')) return 'found';
  if (source.startsWith('F2:')) return 'secondary';
  return source === 'contract' || source === 'policy' ? source : 'memory';
}

const kept = new WeakMap<LawRecord, readonly Source[]>(); // records never change

/** Every source that a record names, each once, its own first. */
export function sourcesOf(record: LawRecord): readonly Source[] {
  const known = kept.get(record) ?? collectSources(record);
  kept.set(record, known);
  return known;
}

function collectSources(record: LawRecord): readonly Source[] {
  const named = [
    record.verified.source,
    ...predicateSources(record.appliesTo),
    ...predicateSources(record.trigger),
    ...record.phases.flatMap(({ limits, when }) => [
      ...(when ? predicateSources(when) : []),
      ...limits.flatMap((limit) => [limit.source, ...(limit.when ? predicateSources(limit.when) : [])]),
    ]),
    ...(record.exemptions ?? []).flatMap(({ source, when }) => [source, ...predicateSources(when)]),
    ...(record.delay ? [record.delay.source] : []),
    ...(record.keep ? [record.keep.source] : []),
  ];
  return [...new Set(named)];
}

function predicateSources(predicate: Predicate): readonly Source[] {
  if ('all' in predicate) return predicate.all.flatMap(predicateSources);
  if ('any' in predicate) return predicate.any.flatMap(predicateSources);
  if ('not' in predicate) return predicateSources(predicate.not);
  const source = 'atLeast' in predicate || 'moreThan' in predicate ? predicate.source : undefined;
  return source === undefined ? [] : [source];
}

/** The worst mark of a record's trigger, limits and exemptions: what it may be trusted with. */
export function markOfRecord(record: LawRecord): Mark {
  const marks = sourcesOf(record).map(markOf);
  return WORST.find((mark) => marks.includes(mark)) ?? 'memory';
}

/**
 * Whether a named person reviewed a record that was read in its source: only then may it say that nothing is due. A review
 * that is older than the record's own last check does not count.
 */
export function isReviewed(record: LawRecord): boolean {
  const { by, on, asOf } = record.verified;
  const mark = markOfRecord(record);
  return by !== null && on !== null && on >= asOf && (mark === 'found' || mark === 'contract' || mark === 'policy');
}
