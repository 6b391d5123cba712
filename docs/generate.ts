import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { actionReference } from './action-reference.ts';
import { authorizationReference } from './authorization-reference.ts';
import { cliReference } from './cli-reference.ts';
import { errorReference } from './error-reference.ts';
import { lawCoverage } from './law-coverage.ts';
import { openApiReference } from './openapi-reference.ts';

/** Documents that are generated from the contracts: file name in `docs/` to content. */
export const generated: Readonly<Record<string, () => string>> = {
  'errors.md': errorReference,
  'openapi.json': openApiReference,
  'actions.md': actionReference,
  'cli.md': cliReference,
  'authorization.md': authorizationReference,
  'law-coverage.md': lawCoverage,
};

function pathOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** Names of generated documents that differ from what is in the folder. */
export function outdated(): readonly string[] {
  return Object.entries(generated).flatMap(([name, content]) => {
    try {
      return readFileSync(pathOf(name), 'utf8') === content() ? [] : [name];
    } catch {
      return [name]; // it is not there yet
    }
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--check')) {
    const names = outdated();
    for (const name of names) console.error(`docs/${name} is not what the contracts say: run \`npm run generate\``);
    process.exitCode = names.length === 0 ? 0 : 1;
  } else {
    for (const [name, content] of Object.entries(generated)) writeFileSync(pathOf(name), content());
  }
}
