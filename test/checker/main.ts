/**
 * The checker: judges one incident by what the outside world recorded and by its evidence bundle, and by nothing else.
 *
 *   node --import tsx test/checker/main.ts --bundle DIR_OR_FILE [--record DIR] [--issuer FILE] [--mail FILE]
 *     [--tickets FILE] [--chat FILE] [--anchor FILE] [--json]
 *
 * Ends 0 when nothing is broken, 1 when something is, 2 when what it is given cannot be read.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { brokenOf, check } from './check.ts';
import { readOutside, recordsIn } from './records.ts';
import { invariants, type Verdict } from './verdict.ts';

const SHOWN = 10; // findings of one invariant that a person reads

/** The bundle, or the one bundle in a folder. */
function bundleIn(path: string): string {
  if (!statSync(path).isDirectory()) return path;
  const [name, ...more] = readdirSync(path).filter((entry) => entry.endsWith('.fbb'));
  if (name === undefined || more.length > 0) throw new Error(`${path} does not hold one bundle`);
  return join(path, name);
}

function sentence(verdict: Verdict): string {
  const head = `${verdict.invariant.padEnd(3)} ${verdict.verdict.padEnd(10)} ${invariants[verdict.invariant]}`;
  if (verdict.verdict === 'holds') return `${head} (${verdict.judged})`;
  if (verdict.verdict === 'not judged') return `${head}: ${verdict.reason}`;
  const { findings } = verdict;
  const lines = findings.slice(0, SHOWN).map(({ subject, why }) => `      ${subject} ${why}`);
  const rest = findings.length > SHOWN ? [`      and ${findings.length - SHOWN} more`] : [];
  return [head, ...lines, ...rest].join('\n');
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      issuer: { type: 'string' },
      mail: { type: 'string' },
      tickets: { type: 'string' },
      chat: { type: 'string' },
      record: { type: 'string' },
      bundle: { type: 'string' },
      anchor: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const { bundle, anchor, json, record, ...given } = values;
  if (bundle === undefined) throw new Error('--bundle is missing');
  const paths = { ...(record === undefined ? {} : recordsIn(record)), ...given };
  const verdicts = await check({ outside: readOutside(paths), bundle: bundleIn(bundle), anchor });
  process.stdout.write(`${json ? JSON.stringify(verdicts) : verdicts.map(sentence).join('\n')}\n`);
  return brokenOf(verdicts).length > 0 ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
