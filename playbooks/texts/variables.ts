import { factCatalogue } from '../../contracts/facts.ts';
import type { JsonObject } from '../../contracts/json.ts';

const SECRET = ['name', 'hint', 'kind', 'issuer', 'dead', 'alive', 'unknown', 'yours', 'rotated'];
const READER = [
  ...['name', 'followUp', 'admin', 'controller', 'secrets', 'more', 'total', 'people'],
  ...['anyDead', 'anyAlive', 'anyUnknown', 'anyForeign', 'anyOwn'],
];

/** Every path that a notice or post may read; `[]` stands for each entry of a list. */
export const textVariables: ReadonlySet<string> = new Set([
  'incident.id',
  ...['name', 'page', 'contact'].map((key) => `site.${key}`),
  ...READER.map((key) => `item.${key}`),
  ...SECRET.map((key) => `item.secrets[].${key}`),
  ...factPaths(),
]);

/** Paths of facts: a word of an enumeration is asked for by name, `facts.misuseFound.notFound`. */
function factPaths(): readonly string[] {
  return Object.entries(factCatalogue).flatMap(([key, declaration]) => {
    const { enum: words }: JsonObject = declaration.schema;
    const named = Array.isArray(words) ? words.map((word) => `facts.${key}.${camelCase(String(word))}`) : [];
    return [`facts.${key}`, ...named];
  });
}

function camelCase(word: string): string {
  return word.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
