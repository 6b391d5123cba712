import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { CodedError } from '../contracts/errors.ts';
import { parseCatalogue } from '../obligations/catalogue.ts';
import type { Catalogue } from '../obligations/record.ts';

/**
 * Reads the catalogue of obligations; the room itself does no I/O.
 *
 * @param folder - folder of `*.yaml` files, read in the order of their names.
 * @throws OBLIGATION_CATALOGUE_INVALID naming the file.
 */
export function loadObligations(folder: string): Catalogue {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort();
  return parseCatalogue(names.map((file) => ({ file, records: parseFile(join(folder, file), file) })));
}

function parseFile(path: string, file: string): unknown {
  try {
    return parse(readFileSync(path, 'utf8'), { maxAliasCount: 0 });
  } catch (cause) {
    throw new CodedError('OBLIGATION_CATALOGUE_INVALID', `${file}: it is not YAML`, { cause });
  }
}
