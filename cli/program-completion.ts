import type { Command } from 'commander';
import type { Runner } from './command-parts.ts';

/** `completion`: a script for a shell, made from the commands themselves. */
export function addCompletionCommand(program: Command, run: Runner): void {
  program
    .command('completion <shell>')
    .description('prints a script that completes commands and options in bash or zsh')
    .addHelpText(
      'after',
      `
  $ firebreak completion bash > ~/.local/share/bash-completion/completions/firebreak
  $ echo 'source <(firebreak completion zsh)' >> ~/.zshrc`,
    )
    .action((shell: string) =>
      run({}, async (session) => {
        session.terminal.write((await import('./completion.ts')).completionScript(program, shell));
      }),
    );
}
