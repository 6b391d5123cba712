import { factCatalogue, type FactKey } from '../../contracts/facts.ts';
import { isJsonObject, type Json, type JsonObject } from '../../contracts/json.ts';
import { timeWords } from './time-words.ts';

/**
 * One secret as its reader is told of it. Exactly one of `dead`, `alive`, `unknown` and `yours` is true. What does not hold
 * is null here and below: texts ask for presence only.
 */
export interface NoticeSecret {
  /** Name its owner gave it. */
  readonly name: string | null;
  /** Prefix and last four. */
  readonly hint: string;
  readonly kind: string;
  /** Name of the issuer, where it is not ours. */
  readonly issuer: string | null;
  /** Seen dead by an independent look. */
  readonly dead: true | null;
  /** It still works, as far as we know. */
  readonly alive: true | null;
  /** Revocation was asked for, and nobody has seen the end of it. */
  readonly unknown: true | null;
  /** Of another issuer, and not seen dead: its owner can end it there. */
  readonly yours: true | null;
  /** A replacement was issued. */
  readonly rotated: true | null;
}

/** All that a notice may read of one reader's case; lint knows the same paths (`playbooks/texts/variables.ts`). */
export interface NoticeView {
  readonly incident: { readonly id: string };
  readonly site: {
    /** As a reader types it. */
    readonly name: string;
    /** Page on it with the same text. */
    readonly page: string;
    readonly contact: string;
  };
  readonly item: {
    readonly name: string | null;
    /** The reader was told in an earlier round; `secrets` holds only what is new. */
    readonly followUp: true | null;
    /** The reader administers the exposed store. */
    readonly admin: true | null;
    /** The reader is the contact of a customer whose data we process. */
    readonly controller: true | null;
    readonly secrets: readonly NoticeSecret[];
    /** How many there are beyond those in `secrets`. */
    readonly more: number | null;
    /** How many in all. */
    readonly total: number;
    /** For a customer: how many of its people are affected. */
    readonly people: number | null;
    readonly anyDead: true | null;
    readonly anyAlive: true | null;
    readonly anyUnknown: true | null;
    /** Any that only its owner can end. */
    readonly anyForeign: true | null;
    /** Any of ours. */
    readonly anyOwn: true | null;
  };
  readonly facts: JsonObject;
}

/**
 * Facts as a text sees them: every declared key is there, null where nobody knows or the answer is no. An enumerated fact
 * is an object with one member a word: `facts.misuseFound.notFound`. A time is words that follow a verb ({@link timeWords}).
 *
 * @param facts - newest value by key.
 * @returns the view in a text's language; each is made once.
 */
export function factsView(facts: JsonObject): (locale: string) => JsonObject {
  const views = new Map<string, JsonObject>();
  return (locale) => {
    const known = views.get(locale);
    if (known) return known;
    const keys = Object.keys(factCatalogue) as FactKey[];
    const view = Object.fromEntries(keys.map((key) => [key, factView(key, facts[key], locale)]));
    views.set(locale, view);
    return view;
  };
}

function factView(key: FactKey, value: Json | undefined, locale: string): Json {
  const { enum: words }: JsonObject = factCatalogue[key].schema;
  if (Array.isArray(words)) {
    return Object.fromEntries(
      words.map(String).map((word) => [camelCase(word), word === value ? true : null] as const),
    );
  }
  if (value === undefined || value === false) return null;
  return isJsonObject(value) ? timeWords(value, locale) : value;
}

function camelCase(word: string): string {
  return word.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
