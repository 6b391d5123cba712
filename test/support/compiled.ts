import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';

const ROOT = resolve(import.meta.dirname, '../..');
const CACHE = join(ROOT, '.firebreak', 'compiled');
const OPTIONS: ts.CompilerOptions = {
  module: ts.ModuleKind.ESNext,
  target: ts.ScriptTarget.ES2022,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
  inlineSourceMap: true,
};

/** Sources that a program reaches by relative imports, itself included. */
function sourcesOf(entry: string): ReadonlyMap<string, string> {
  const sources = new Map<string, string>();
  const waiting = [entry];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (sources.has(file)) continue;
    const text = readFileSync(file, 'utf8');
    sources.set(file, text);
    for (const { fileName } of ts.preProcessFile(text).importedFiles)
      if (fileName.startsWith('.')) waiting.push(resolve(dirname(file), fileName));
  }
  return sources;
}

/** JavaScript of a source; it still finds its neighbours' files where the source lies. */
function compile(file: string, text: string): string {
  const { outputText } = ts.transpileModule(text, { fileName: file, compilerOptions: OPTIONS });
  return outputText
    .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(file).href))
    .replaceAll('import.meta.dirname', JSON.stringify(dirname(file)))
    .replaceAll('import.meta.filename', JSON.stringify(file));
}

/**
 * A TypeScript program as plain JavaScript, compiled once for each content: it starts in half the time that a loader needs,
 * which counts where a hundred processes are killed.
 *
 * @returns path of the entry.
 */
export function compiledProgram(program: URL): string {
  const entry = fileURLToPath(program);
  const sources = sourcesOf(entry);
  const hash = createHash('sha256');
  for (const file of [...sources.keys()].sort()) hash.update(file).update(sources.get(file)!);
  const folder = join(CACHE, hash.digest('hex').slice(0, 16));
  if (!existsSync(folder)) {
    const draft = `${folder}.${process.pid}`;
    for (const [file, text] of sources) {
      const out = join(draft, relative(ROOT, file)).replace(/\.ts$/, '.js');
      mkdirSync(dirname(out), { recursive: true });
      writeFileSync(out, compile(file, text));
    }
    if (existsSync(folder)) rmSync(draft, { recursive: true });
    else renameSync(draft, folder);
  }
  return join(folder, relative(ROOT, entry)).replace(/\.ts$/, '.js');
}
