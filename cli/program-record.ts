import type { Command } from 'commander';
import { acting, type Runner } from './command-parts.ts';
import type { RecordOptions } from './commands/record.ts';
import type { CommonOptions } from './session.ts';

/** `record`: what was done by hand. */
export function addRecordCommand(program: Command, run: Runner): void {
  acting(program.command('record [incident] [what]'))
    .description('puts on record what was done by hand; into a file while nothing answers, and from it later')
    .option('--step <step>', 'step of the plan that it stands for')
    .option('--subject <subject>', 'one target, by the pseudonym that `firebreak receipts` shows')
    .option('--count <n>', 'how many targets')
    .option('--at <instant>', 'when it was done: 2026-05-04T10:00:00Z; left out, now')
    .option('--by <person>', 'who did it; left out, you')
    .option('--evidence <file>', 'a file that shows it: it stays where it is, its SHA-256 goes on record')
    .option('--offline <file>', 'no gateway answers: write a line to this file instead')
    .option('--import <file>', 'bring in what such a file holds; each line once, however often it is brought in')
    .addHelpText(
      'after',
      `
The words are sealed, the journal holds their hash. It changes nothing in the run: where a step waits or has failed, say so
with \`firebreak resolve\`. Each line of an offline file holds the hash of the line before: one that was changed, left out or
moved is found, and nothing of the file is brought in.

  $ firebreak record INC-2026-0042 "revoked in the console of the issuer" --step round/contain --count 12 --evidence export.csv
  $ firebreak record INC-2026-0042 "called the duty desk" --by priya --at 2026-05-04T10:20:00Z --offline hand.jsonl
  $ firebreak record --import hand.jsonl`,
    )
    .action((incident: string | undefined, what: string | undefined, options: RecordOptions & CommonOptions) =>
      run(options, async (session) => (await import('./commands/record.ts')).record(session, incident, what, options)),
    );
}
