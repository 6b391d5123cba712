import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { CodedError } from '../../contracts/errors.ts';
import type { LawFiles, ParsedFile } from '../../obligations/law/load.ts';

const FOLDER = fileURLToPath(new URL('../../obligations/', import.meta.url));
const ALIASES_MAX = 0; // a file of a few kilobytes must not unfold to gigabytes

/** The parsed files of the law that lies beside this command line; the room itself reads none. @throws LAW_RECORD_INVALID */
export function readLawFiles(folder = FOLDER): LawFiles {
  return {
    facts: parseFile(join(folder, 'facts.yaml')),
    contradictions: parseFile(join(folder, 'contradictions.yaml')),
    sources: parseFile(join(folder, 'sources.yaml')),
    catalogue: parseFolder(join(folder, 'catalogue'), '.yaml'),
    calendars: parseFolder(join(folder, 'calendars'), '.json'),
  };
}

function parseFolder(folder: string, ending: string): readonly ParsedFile[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((file) => ({ file, value: parseFile(join(folder, file)) }));
}

/** Parses a YAML or JSON file. @throws LAW_RECORD_INVALID naming it */
function parseFile(path: string): unknown {
  try {
    return parseText(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new CodedError('LAW_RECORD_INVALID', `${path} cannot be read as YAML`, { cause });
  }
}

/** Parses YAML (or JSON) without aliases; instants stay texts. */
export function parseText(text: string): unknown {
  return parse(text, { maxAliasCount: ALIASES_MAX });
}
