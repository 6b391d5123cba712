import { CodedError } from '../../contracts/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../contracts/json.ts';
import { scrubTokens } from '../../contracts/token-shapes.ts';
import { shown } from '../shown.ts';

const DEPTH_MAX = 16; // no message of ours is deeper than six
const TEXT_MAX_CHARS = 4_000;
/** As JSON.stringify writes NUL and lone surrogates: PostgreSQL takes neither. */
const UNSTORABLE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][0-9a-f]{2})/;

function isDeeper(value: Json, limit: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return limit === 0 || Object.values(value).some((member: Json) => isDeeper(member, limit - 1));
}

function invalid(what: string): CodedError {
  return new CodedError('GATEWAY_BODY_INVALID', what);
}

/**
 * A body, read member by member, each by its type. What is not declared is refused, and so is anything shaped like a
 * credential: what is said to an incident goes into its journal, for good.
 */
export class Body {
  readonly #value: JsonObject;

  /**
   * @param value - as parsed.
   * @param members - the declared ones.
   * @param sealed - members that may hold credentials: they are sealed, not kept.
   * @throws GATEWAY_BODY_INVALID, GATEWAY_SECRET_IN_TEXT; the members below too.
   */
  constructor(value: unknown, members: readonly string[], sealed: readonly string[] = []) {
    if (!isJsonObject(value)) throw invalid('the body is not a JSON object');
    if (isDeeper(value, DEPTH_MAX)) throw invalid(`the body is nested deeper than ${DEPTH_MAX}`);
    const strange = Object.keys(value).find((key) => !members.includes(key));
    if (strange !== undefined)
      throw invalid(`it has no member ${shown(strange, 'of that name')}; known: ${members.join(', ')}`);
    for (const [name, member] of Object.entries(value)) {
      const written = JSON.stringify(member);
      if (UNSTORABLE.test(written))
        throw invalid(`\`${name}\` holds a character that no text may hold: NUL, or half of one`);
      if (!sealed.includes(name) && scrubTokens(written) !== written)
        throw new CodedError('GATEWAY_SECRET_IN_TEXT', `\`${name}\` holds what is shaped like a credential`);
    }
    this.#value = value;
  }

  has(name: string): boolean {
    return this.#value[name] !== undefined;
  }

  /** A text that has to be there. @param shape - what it has to match. */
  text(name: string, shape?: RegExp): string {
    const value = this.optionalText(name, shape);
    if (value === undefined) throw invalid(`\`${name}\` is missing`);
    return value;
  }

  optionalText(name: string, shape?: RegExp): string | undefined {
    const value = this.#value[name];
    if (value === undefined) return undefined;
    if (typeof value !== 'string' || value === '' || value.length > TEXT_MAX_CHARS)
      throw invalid(`\`${name}\` is not a text of 1 to ${TEXT_MAX_CHARS} characters`);
    if (shape?.test(value) === false) throw invalid(`\`${name}\` does not have the shape ${shape.source}`);
    return value;
  }

  /** One of some words. */
  word<Word extends string>(name: string, words: readonly Word[], otherwise?: Word): Word {
    const value = this.#value[name] ?? otherwise;
    const word = words.find((one) => one === value);
    if (word === undefined) throw invalid(`\`${name}\` is none of ${words.join(', ')}`);
    return word;
  }

  /** An object; empty where it is left out. */
  object(name: string): JsonObject {
    const value = this.#value[name] ?? {};
    if (!isJsonObject(value)) throw invalid(`\`${name}\` is not an object`);
    return value;
  }

  /** A list of objects with declared members; empty where it is left out. */
  list(name: string, members: readonly string[], max: number): readonly Body[] {
    const value = this.#value[name] ?? [];
    if (!Array.isArray(value) || value.length > max) throw invalid(`\`${name}\` is not a list of at most ${max}`);
    return value.map((entry: unknown) => new Body(entry, members, members));
  }

  value(name: string): Json {
    const value = this.#value[name];
    if (value === undefined) throw invalid(`\`${name}\` is missing`);
    return value;
  }

  flag(name: string): boolean {
    const value = this.#value[name] ?? false;
    if (typeof value !== 'boolean') throw invalid(`\`${name}\` is not true or false`);
    return value;
  }

  /** A list of texts; empty where it is left out. */
  texts(name: string, max: number): readonly string[] {
    const value = this.#value[name] ?? [];
    if (!Array.isArray(value) || value.length > max || !value.every((text) => typeof text === 'string'))
      throw invalid(`\`${name}\` is not a list of at most ${max} texts`);
    return value;
  }

  /** Role to person ids. */
  roles(name: string): Readonly<Record<string, readonly string[]>> {
    const given = this.object(name);
    for (const people of Object.values(given)) {
      if (!Array.isArray(people) || !people.every((id) => typeof id === 'string'))
        throw invalid(`\`${name}\` does not give each role a list of people`);
    }
    return given as Readonly<Record<string, readonly string[]>>;
  }
}
