import type { Command } from 'commander';
import { CodedError } from '../contracts/errors.ts';

/** Words that may follow each command: its sub-commands and long options, by the command's words. */
function wordsByCommand(command: Command, path: readonly string[] = []): readonly (readonly [string, string])[] {
  const below = command.commands.map((one) => one.name());
  const options = command.options.flatMap(({ long }) => long ?? []);
  const own = [path.join(' '), [...below, ...options, '--help'].join(' ')] as const;
  return [own, ...command.commands.flatMap((one) => wordsByCommand(one, [...path, one.name()]))];
}

/** A function of bash that completes by the longest command that the line begins with. */
function bashScript(program: Command): string {
  const cases = wordsByCommand(program).map(([path, words]) => `    '${path}') words='${words}' ;;`);
  return `_firebreak() {
  local current=\${COMP_WORDS[COMP_CWORD]} path='' next words='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="\${path:+$path }\${COMP_WORDS[i]}"
    _firebreak_words "$next" && path=$next
  done
  _firebreak_words "$path"
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [[ \${#COMPREPLY[@]} -eq 0 && $current != -* ]]; then COMPREPLY=($(compgen -f -- "$current")); fi
}
_firebreak_words() {
  case $1 in
${cases.join('\n')}
    *) return 1 ;;
  esac
}
complete -o filenames -F _firebreak firebreak
`;
}

/**
 * A script that completes commands and options.
 *
 * @param shell - `bash` or `zsh`.
 * @throws CLI_USAGE for another shell
 */
export function completionScript(program: Command, shell: string): string {
  if (shell === 'bash') return bashScript(program);
  if (shell === 'zsh') return `autoload -U +X bashcompinit && bashcompinit\n${bashScript(program)}`;
  throw new CodedError('CLI_USAGE', 'there are scripts for bash and zsh');
}
