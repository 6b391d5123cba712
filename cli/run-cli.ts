import { CommanderError } from 'commander';
import { exitCodeOf, exitCodes } from './exit-code.ts';
import { createProgram } from './program.ts';
import { shownError } from './refusal.ts';
import type { Terminal } from './terminal.ts';

/**
 * Runs one command line.
 *
 * @param args - without `node` and script.
 * @returns the exit code ({@link exitCodes}); errors are printed as `[CODE] what. What to do.`, or as JSON with `--json`.
 */
export async function runCli(args: readonly string[], terminal: Terminal, version: string): Promise<number> {
  let code: number = exitCodes.ok;
  const program = createProgram(terminal, version, (ended) => (code = ended));
  if (args.length === 0) {
    terminal.write(program.helpInformation());
    return exitCodes.usage;
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    const shown = shownError(error);
    terminal.warn(
      args.includes('--json')
        ? `${JSON.stringify({ error: shown })}\n`
        : `[${shown.code}] ${shown.what}. ${shown.remedy}\n`,
    );
    return exitCodeOf(shown.code);
  }
}
