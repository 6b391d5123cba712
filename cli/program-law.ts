import type { Command } from 'commander';
import type { Runner } from './command-parts.ts';
import type { AssessOptions, ClockOptions } from './commands/law.ts';
import type { CommonOptions } from './session.ts';

const law = () => import('./commands/law.ts');

function fromFacts(command: Command): Command {
  return command
    .requiredOption('--facts <file>', 'what is known of the incident (YAML or JSON), `-` for standard input')
    .option('--at <time>', 'the instant it is judged at (ISO 8601); now, if not given')
    .option('--reviews <file>', 'which named person reviewed which record (YAML)')
    .option('--json', 'print the answer as JSON');
}

/** `law ...`: the catalogue of the law, without any server. */
export function addLawCommands(program: Command, run: Runner): void {
  const command = program
    .command('law')
    .description('which legal duties the facts trigger, and by when; needs no gateway');
  fromFacts(command.command('assess'))
    .description('assesses every duty of the catalogue for one incident')
    .addHelpText('after', '\n  $ firebreak law assess --facts incident.yaml --at 2026-11-24T09:00:00Z')
    .action((options: AssessOptions) => run(options, async (session) => (await law()).assess(session, options)));
  fromFacts(command.command('ask'))
    .description('lists the open questions, the most valuable first, with the role that can answer')
    .action((options: AssessOptions) => run(options, async (session) => (await law()).ask(session, options)));
  command
    .command('explain <id>')
    .description('prints a record: whom it binds, what triggers it, its clocks, each with its source')
    .option('--json', 'print the record as JSON')
    .action((id: string, options: CommonOptions) =>
      run(options, async (session) => (await law()).explainRecord(session, id)),
    );
  command
    .command('clock <id>')
    .description('prints when each phase of a duty would be due, counted from one instant')
    .requiredOption('--from <time>', 'the instant that starts it (ISO 8601 with offset)')
    .option('--facts <file>', 'facts that decide which limit holds, such as roles and entityZone')
    .option('--json', 'print the clocks as JSON')
    .addHelpText('after', '\n  $ firebreak law clock eu.gdpr.art33 --from 2026-10-23T14:20:00+02:00')
    .action((id: string, options: ClockOptions & CommonOptions) =>
      run(options, async (session) => (await law()).clock(session, id, options)),
    );
  command
    .command('catalogue')
    .description('lists every record: regime, duty, status, since when, how sure')
    .option('--json', 'print the list as JSON')
    .action((options: CommonOptions) => run(options, async (session) => (await law()).catalogue(session)));
}
