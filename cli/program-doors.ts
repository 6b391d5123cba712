import type { Command } from 'commander';
import { acting, speaking, type Runner } from './command-parts.ts';
import type { LoginOptions } from './commands/login.ts';
import type { CommonOptions } from './session.ts';

const logins = () => import('./commands/login.ts');
const doors = () => import('./commands/alerts.ts');

/** Who speaks to which gateway. */
function addLogin(program: Command, run: Runner): void {
  program
    .command('login')
    .description('tries address and key of a gateway with one question, and stores them for you alone')
    .option('--profile <name>', 'name to store them under', 'default')
    .option('--url <url>', 'address of the gateway; left out, you are asked')
    .option('--key-file <file>', 'file that holds the key, `-` for standard input; left out, you are asked')
    .option('--allow-http', 'send the key over http to another machine')
    .option('--show', 'list what is stored; never the keys')
    .option('--json', 'print the answer as JSON')
    .addHelpText(
      'after',
      `
A key is never an argument: those are seen by everyone on the machine and kept in the shell's history. Profiles lie in
firebreak/profiles.json of XDG_CONFIG_HOME, else of ~/.config, readable by you alone; a file that others may read is refused.

  $ firebreak login --url https://firebreak.example.org
  $ firebreak login --profile staging --url https://staging.example.org --key-file - < key.txt
  $ firebreak login --show`,
    )
    .action((options: LoginOptions & CommonOptions) =>
      run({ ...(options.json ? { json: true } : {}) }, async (session) => (await logins()).login(session, options)),
    );
  program
    .command('logout')
    .description('forgets a stored gateway and key; the key itself stays good')
    .option('--profile <name>', 'which one', 'default')
    .option('--all', 'all of them')
    .option('--json', 'print the answer as JSON')
    .addHelpText('after', '\n  $ firebreak logout --profile staging')
    .action((options: { profile: string; all?: boolean; json?: boolean }) =>
      run({ ...(options.json ? { json: true } : {}) }, async (session) => {
        (await logins()).logout(session, options);
      }),
    );
  speaking(program.command('whoami'))
    .description('tells whom your key speaks for, at which gateway, and what that may do')
    .addHelpText('after', '\n  $ firebreak whoami --profile staging')
    .action((options: CommonOptions) => run(options, async (session) => (await logins()).whoami(session)));
  speaking(program.command('people [incident]'))
    .description('lists who holds which role, is on call, and how they are asked; of an incident, who was bound to it')
    .addHelpText(
      'after',
      '\nAddresses and accounts are never shown.\n\n  $ firebreak people\n  $ firebreak people INC-2026-0042',
    )
    .action((incident: string | undefined, options: CommonOptions) =>
      run(options, async (session) => (await import('./commands/people.ts')).people(session, incident)),
    );
}

/** What detectors said, and what people decide of it. */
function addDetectors(program: Command, run: Runner): void {
  speaking(program.command('alerts'))
    .description('lists what detectors said and what became of it, newest first')
    .option('--outcome <outcome>', 'started, joined, held, unmapped, ignored, after-close, dismissed or refused')
    .option('--limit <n>', 'how many', '50')
    .option('--after <place>', 'go on behind the page that told this place')
    .addHelpText('after', '\n  $ firebreak alerts --outcome held')
    .action((options: CommonOptions & { outcome?: string; limit: string; after?: string }) =>
      run(options, async (session) => (await doors()).alerts(session, options)),
    );
  speaking(program.command('detectors'))
    .description('lists detectors, what each may start, and what was refused within a day')
    .addHelpText('after', '\n  $ firebreak detectors')
    .action((options: CommonOptions) => run(options, async (session) => (await doors()).detectors(session)));
  acting(program.command('dismiss <incident>'))
    .description('ends an incident that a detector opened beyond its key: it was nothing, and nothing of it runs')
    .requiredOption('--reason <text>', 'kept in the journal')
    .addHelpText('after', '\n  $ firebreak dismiss INC-2026-0042 --reason "a test of the vendor"')
    .action((incident: string, options: CommonOptions & { reason: string }) =>
      run(options, async (session) => (await doors()).dismiss(session, incident, options)),
    );
  acting(program.command('release <incident>'))
    .description('lets an incident run that a detector opened beyond its key')
    .requiredOption('--reason <text>', 'kept in the journal')
    .addHelpText('after', '\n  $ firebreak release INC-2026-0042 --reason "it is as grave as it says"')
    .action((incident: string, options: CommonOptions & { reason: string }) =>
      run(options, async (session) => (await doors()).release(session, incident, options)),
    );
}

/** What was refused. */
function addAudit(program: Command, run: Runner): void {
  speaking(program.command('audit'))
    .description('lists requests that were refused, to whom and why, newest first')
    .option('--who <who>', 'a person, key:NAME, detector:NAME or address:ADDRESS')
    .option('--code <code>', 'only refusals with this code')
    .option('--limit <n>', 'how many', '100')
    .option('--after <place>', 'go on behind the page that told this place')
    .addHelpText('after', '\n  $ firebreak audit --code GATEWAY_FORBIDDEN\n  $ firebreak audit --who dana')
    .action((options: CommonOptions & { who?: string; code?: string; limit: string; after?: string }) =>
      run(options, async (session) => (await doors()).audit(session, options)),
    );
}

/** Who speaks, who is listed, and what detectors brought. */
export function addDoorCommands(program: Command, run: Runner): void {
  addLogin(program, run);
  addDetectors(program, run);
  addAudit(program, run);
}
