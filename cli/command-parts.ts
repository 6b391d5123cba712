import type { Command } from 'commander';
import type { CommonOptions, Session } from './session.ts';

/** Runs the work of a command under the options that every command has; a number it returns is the exit code. */
export type Runner = (options: CommonOptions, work: (session: Session) => Promise<unknown>) => Promise<void>;

/** Repeats an option into a list. */
export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/** Adds the options of commands that speak to the gateway. */
export function speaking(command: Command): Command {
  return command
    .option('--json', 'print the answer as JSON')
    .option('--profile <name>', 'gateway and key that `firebreak login` stored under a name')
    .option('--url <url>', 'address of the gateway')
    .option('--as <person>', 'speak as a person of the development stack');
}

/** Adds the options of commands that change something: an act that got no answer is repeated under its key. */
export function acting(command: Command): Command {
  return speaking(command).option(
    '--repeat <key>',
    'repeat an earlier act under the key that it printed; never done twice',
  );
}

/** Options by which a start is described; `playbook preview` has them too. */
export function describingStart(command: Command): Command {
  return command
    .option('--input <key=value>', 'an input of the playbook; repeatable', collect, [])
    .option('--inputs <file>', 'inputs as JSON, `-` for standard input')
    .option('--role <role=person,deputy>', 'who holds a role; repeatable', collect, [])
    .option('--credentials <file>', 'exposed credentials, one a line (value or JSON), `-` for standard input');
}
