import type { JsonObject } from '../../contracts/json.ts';

/** How one language says when something was. */
interface Language {
  /** `28 May 2024`, or `28 May` where the year is said later. */
  date(at: Date, withYear: boolean): string;
  on(date: string): string;
  atTime(date: string, time: string): string;
  between(from: string, to: string): string;
  atTheEarliest(when: string): string;
}

const MONTHS: Readonly<Record<'en' | 'de', readonly string[]>> = {
  en: 'January February March April May June July August September October November December'.split(' '),
  de: 'Januar Februar März April Mai Juni Juli August September Oktober November Dezember'.split(' '),
};

const LANGUAGES: Readonly<Record<string, Language>> = {
  en: {
    date: (at, withYear) => `${at.getUTCDate()} ${MONTHS.en[at.getUTCMonth()]}${year(at, withYear)}`,
    on: (date) => `on ${date} (UTC)`,
    atTime: (date, time) => `${date} at ${time}`,
    between: (from, to) => `between ${from} and ${to} (UTC)`,
    atTheEarliest: (when) => `${when} at the earliest`,
  },
  de: {
    date: (at, withYear) => `${at.getUTCDate()}. ${MONTHS.de[at.getUTCMonth()]}${year(at, withYear)}`,
    on: (date) => `am ${date} (UTC)`,
    atTime: (date, time) => `${date} um ${time} Uhr`,
    between: (from, to) => `zwischen dem ${from} und dem ${to} (UTC)`,
    atTheEarliest: (when) => `frühestens ${when}`,
  },
};

/** Where the language of a text is not known: the same in every language. */
const NEUTRAL: Language = {
  date: (at) => at.toISOString().slice(0, 10),
  on: (date) => `${date} UTC`,
  atTime: (date, time) => `${date} ${time}`,
  between: (from, to) => `${from} - ${to} UTC`,
  atTheEarliest: (when) => `>= ${when}`,
};

function year(at: Date, withYear: boolean): string {
  return withYear ? ` ${at.getUTCFullYear()}` : '';
}

/**
 * When something was, in words that follow a verb: `on 28 May 2024 at 14:20 (UTC)`, `between 28 and 29 May 2024 (UTC)`.
 *
 * @param when - a fact of schema `firebreak:when`; midnight in a range stands for the day.
 * @param locale - of the text, e.g. `de` or `de-AT`.
 * @returns `null` where it is unknown.
 */
export function timeWords({ at, from, to }: JsonObject, locale: string): string | null {
  const language = LANGUAGES[locale.split('-')[0]!.toLowerCase()] ?? NEUTRAL;
  const exact = instantOf(at);
  if (exact) return language.on(timed(exact, language, true));
  const [first, last] = [instantOf(from), instantOf(to)];
  if (!first) return null;
  const isDays = isMidnight(first) && (!last || isMidnight(last));
  const say = (one: Date, withYear = true): string =>
    isDays ? language.date(one, withYear) : timed(one, language, withYear);
  if (!last) return language.atTheEarliest(language.on(say(first)));
  if (isDays && first.getTime() === last.getTime()) return language.on(say(first));
  const isSameYear = first.getUTCFullYear() === last.getUTCFullYear();
  const isSameMonth = isDays && isSameYear && first.getUTCMonth() === last.getUTCMonth();
  return language.between(isSameMonth ? dayOf(first, language) : say(first, !isSameYear), say(last));
}

/** The day alone where its month is said once for both. */
function dayOf(at: Date, language: Language): string {
  if (language === NEUTRAL) return language.date(at, true);
  return language.date(at, false).split(' ')[0]!;
}

function timed(at: Date, language: Language, withYear: boolean): string {
  return language.atTime(language.date(at, withYear), at.toISOString().slice(11, 16));
}

function isMidnight(at: Date): boolean {
  return at.toISOString().endsWith('T00:00:00.000Z');
}

function instantOf(value: unknown): Date | undefined {
  if (typeof value !== 'string') return undefined;
  const at = new Date(value);
  return Number.isNaN(at.getTime()) ? undefined : at;
}
