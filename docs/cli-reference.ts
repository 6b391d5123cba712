import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { createProgram } from '../cli/program.ts';
import type { Terminal } from '../cli/terminal.ts';

const MARK =
  '<!-- From here on generated from cli/program*.ts by docs/generate.ts. Do not edit: run `npm run generate`. -->';
const WIDTH = 110; // of a line of help, whatever the terminal of who generates

/** A terminal that nobody sits at: the commands are only described. */
function nobody(): Terminal {
  const nothing = (): Promise<never> => Promise.reject(new Error('only described'));
  return {
    ...{ write: () => undefined, warn: () => undefined, ask: nothing, askSecret: nothing, isTerminal: false },
    ...{ readInput: nothing, environment: {}, folder: '/', fetch: nothing, pause: nothing },
  };
}

/** The help of a command as it is printed, with examples. */
function helpOf(command: Command): string {
  const parts: string[] = [];
  const out = { writeOut: (text: string) => void parts.push(text), getOutHelpWidth: () => WIDTH };
  command.configureOutput(out).outputHelp();
  return parts.join('').trim();
}

function sections(command: Command, path: readonly string[]): readonly string[] {
  const below = command.commands.flatMap((one) => sections(one, [...path, one.name()]));
  if (path.length === 0 || command.commands.length > 0) return below;
  const help = helpOf(command);
  return help.includes('Usage:') ? [`### firebreak ${path.join(' ')}\n\n\`\`\`text\n${help}\n\`\`\``] : [];
}

/** `docs/cli.md`: its head as it was written, then the help of every command. */
export function cliReference(): string {
  const written = readFileSync(new URL('cli.md', import.meta.url), 'utf8')
    .split(MARK, 1)[0]!
    .trimEnd();
  const program = createProgram(nobody(), '0.0.0', () => undefined);
  const commands = sections(program, []).toSorted((left, right) => left.localeCompare(right, 'en'));
  return `${[written, MARK, '## Every command', ...commands].join('\n\n')}\n`;
}
