import type { Client } from '@temporalio/client';
import { searchAttributes } from '../contracts/search-attributes.ts';
import proto from '@temporalio/proto';

const { temporal } = proto; // the package is CommonJS

const { IndexedValueType } = temporal.api.enums.v1;
const VALUE_TYPES = {
  KEYWORD: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  KEYWORD_LIST: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST,
  DATETIME: IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
} as const;

/** Search attributes of the product that a namespace lacks. */
export async function missingSearchAttributes(client: Client): Promise<readonly string[]> {
  const { customAttributes } = await client.connection.operatorService.listSearchAttributes({
    namespace: client.options.namespace,
  });
  return Object.values(searchAttributes)
    .map(({ name }) => name)
    .filter((name) => !customAttributes[name]);
}

/** Registers on the namespace what it lacks; safe to repeat. @returns the names registered now. */
export async function registerSearchAttributes(client: Client): Promise<readonly string[]> {
  const missing = new Set(await missingSearchAttributes(client));
  if (missing.size === 0) return [];
  const wanted = Object.values(searchAttributes).filter(({ name }) => missing.has(name));
  await client.connection.operatorService.addSearchAttributes({
    namespace: client.options.namespace,
    searchAttributes: Object.fromEntries(wanted.map(({ name, type }) => [name, VALUE_TYPES[type]])),
  });
  return [...missing];
}
