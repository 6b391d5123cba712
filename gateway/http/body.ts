import { CodedError } from '../../contracts/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../contracts/json.ts';

const DEPTH_MAX = 16; // no message of ours is deeper than six

function depthOf(value: Json, depth = 0): number {
  if (depth > DEPTH_MAX || typeof value !== 'object' || value === null) return depth;
  return Math.max(depth, ...Object.values(value).map((member) => depthOf(member as Json, depth + 1)));
}

/** Reads the members of a body, each by its type; what is not declared is refused. */
export class Body {
  readonly #value: JsonObject;

  /** @throws GATEWAY_BODY_INVALID for anything but a shallow object of the declared members. */
  constructor(value: unknown, members: readonly string[]) {
    if (!isJsonObject(value)) throw new CodedError('GATEWAY_BODY_INVALID', 'the body is not a JSON object');
    if (depthOf(value) > DEPTH_MAX)
      throw new CodedError('GATEWAY_BODY_INVALID', `the body is nested deeper than ${DEPTH_MAX}`);
    const strange = Object.keys(value).find((key) => !members.includes(key));
    if (strange !== undefined)
      throw new CodedError(
        'GATEWAY_BODY_INVALID',
        `there is no member \`${strange.slice(0, 40)}\`; known: ${members.join(', ')}`,
      );
    this.#value = value;
  }

  /** A text that has to be there. */
  text(name: string): string {
    const value = this.optionalText(name);
    if (value === undefined) throw new CodedError('GATEWAY_BODY_INVALID', `\`${name}\` is missing`);
    return value;
  }

  optionalText(name: string): string | undefined {
    const value = this.#value[name];
    if (value === undefined) return undefined;
    if (typeof value !== 'string' || value === '' || value.length > 4_000)
      throw new CodedError('GATEWAY_BODY_INVALID', `\`${name}\` is not a text of 1 to 4000 characters`);
    return value;
  }

  /** One of some words. */
  word<Word extends string>(name: string, words: readonly Word[], otherwise?: Word): Word {
    const value = this.#value[name] ?? otherwise;
    const word = words.find((one) => one === value);
    if (word === undefined) throw new CodedError('GATEWAY_BODY_INVALID', `\`${name}\` is none of ${words.join(', ')}`);
    return word;
  }

  object(name: string): JsonObject {
    const value = this.#value[name] ?? {};
    if (!isJsonObject(value)) throw new CodedError('GATEWAY_BODY_INVALID', `\`${name}\` is not an object`);
    return value;
  }

  value(name: string): Json {
    const value = this.#value[name];
    if (value === undefined) throw new CodedError('GATEWAY_BODY_INVALID', `\`${name}\` is missing`);
    return value;
  }

  flag(name: string): boolean {
    const value = this.#value[name] ?? false;
    if (typeof value !== 'boolean') throw new CodedError('GATEWAY_BODY_INVALID', `\`${name}\` is not true or false`);
    return value;
  }

  /** Role to person ids. */
  roles(name: string): Readonly<Record<string, readonly string[]>> {
    for (const [role, people] of Object.entries(this.object(name))) {
      if (!Array.isArray(people) || !people.every((id) => typeof id === 'string'))
        throw new CodedError('GATEWAY_BODY_INVALID', `\`${name}.${role}\` is not a list of people`);
    }
    return this.object(name) as Readonly<Record<string, readonly string[]>>;
  }
}
