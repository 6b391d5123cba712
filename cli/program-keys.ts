import type { Command } from 'commander';
import type { KeyOptions } from './commands/keys.ts';
import type { Runner } from './command-parts.ts';
import type { CommonOptions } from './session.ts';

/** The key that signs a person's decisions where a gate asks for it. */
export function addKeyCommands(program: Command, run: Runner): void {
  const keys = program.command('keys').description('the key that signs your decisions; works without a gateway');
  const add = (name: string, description: string): Command =>
    keys
      .command(name)
      .description(description)
      .option('--file <file>', 'default FIREBREAK_SIGNING_KEY, else firebreak/signing.pem in your configuration folder')
      .option('--json', 'print the answer as JSON');
  add('new', 'makes one, readable by you only, and prints its public part for the file of people')
    .addHelpText('after', '\n  $ firebreak keys new')
    .action((options: KeyOptions & CommonOptions) =>
      run(options, async (session) => (await import('./commands/keys.ts')).newKey(session, options)),
    );
  add('show', 'prints the public part of a key')
    .addHelpText('after', '\n  $ firebreak keys show --file /run/doors/decisions.pem')
    .action((options: KeyOptions & CommonOptions) =>
      run(options, async (session) => (await import('./commands/keys.ts')).showKey(session, options)),
    );
}
