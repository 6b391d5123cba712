import { Command } from 'commander';
import type { Runner } from './command-parts.ts';
import { addCompletionCommand } from './program-completion.ts';
import { addDoorCommands } from './program-doors.ts';
import { addIncidentCommands } from './program-incidents.ts';
import { addKeyCommands } from './program-keys.ts';
import { addRecordCommand } from './program-record.ts';
import { addRolloutCommands } from './program-rollouts.ts';
import { addLawCommands } from './program-law.ts';
import { addPlaybookCommands } from './program-playbooks.ts';
import { addReturnCommands } from './program-returns.ts';
import { Session } from './session.ts';
import type { Terminal } from './terminal.ts';

const ENDS = `
Exit codes: 0 done, 1 refused or failed, 2 not understood, 69 something does not answer (the same command may work later),
78 no address or key.

Gateway and key, the first of these that is there: --profile NAME (stored by \`firebreak login\`), --as PERSON (a development
stack), FIREBREAK_KEY (a key, or file:PATH), FIREBREAK_PROFILE, the development stack of this folder or one above, the profile
\`default\`, the development stack of this checkout. The address is --url, else FIREBREAK_URL, else what comes with the key.
NO_COLOR takes the colours away.

Examples:
  $ firebreak login --url https://firebreak.example.org
  $ firebreak start exposed-secrets --input store=ci-secrets --watch
  $ firebreak status INC-2026-0042
  $ firebreak watch INC-2026-0042 --until gate
  $ firebreak approve INC-2026-0042
  $ firebreak runbook INC-2026-0042 > runbook.md`;

/** Commands that the launcher hands to other programs; listed here so that \`--help\` shows them all. */
const ELSEWHERE: readonly (readonly [string, string])[] = [
  ['demo', 'plays a company\u2019s worst day on this machine, outside world included'],
  ['up', 'brings up a stack on this machine: PostgreSQL, Temporal, worker, gateway'],
  ['worker', 'runs a worker process'],
  ['gateway', 'runs the HTTP door'],
  ['migrate', 'brings database and Temporal namespace to what this version needs'],
  ['doctor', 'tries everything that an incident would need'],
  ['watchdog', 'alarms people past engine and chat when a time passes or the engine is silent'],
];

/**
 * Builds the command line. Commands import what they need when they run, so that `--help` and `--version` are quick.
 *
 * @param ended - told the exit code of a command that ended well but not with 0.
 */
export function createProgram(terminal: Terminal, version: string, ended: (code: number) => void): Command {
  const program = new Command('firebreak')
    .description('Runs the breach playbook: durable, receipted, every deadline watched.')
    .version(version, '-V, --version')
    .showHelpAfterError('(see --help)')
    .exitOverride()
    .configureOutput({ writeOut: terminal.write, writeErr: terminal.warn })
    .addHelpText('after', ENDS);
  const run: Runner = async (options, work) => {
    const code = await work(new Session(options, terminal));
    if (typeof code === 'number') ended(code);
  };
  addIncidentCommands(program, run);
  addRolloutCommands(program, run);
  addPlaybookCommands(program, run);
  addReturnCommands(program, run);
  addKeyCommands(program, run);
  addLawCommands(program, run);
  addRecordCommand(program, run);
  addDoorCommands(program, run);
  addCompletionCommand(program, run);
  for (const [name, description] of ELSEWHERE)
    program
      .command(name)
      .description(description)
      .allowUnknownOption()
      .allowExcessArguments()
      .action(() => program.error(`start it with ./firebreak ${name}`, { code: 'firebreak.elsewhere', exitCode: 2 }));
  return program;
}
