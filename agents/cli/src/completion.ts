import type { Command, Option } from 'commander';
import { pathOf } from './help.js';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** What can follow the words of a command. */
interface Place {
  /** The words after `gridpass`, with a space between. */
  readonly path: string;
  readonly commands: readonly Command[];
  readonly options: readonly Option[];
  /** Values of the first argument, where it has a choice. */
  readonly choices: readonly string[];
}

function placesOf(command: Command): readonly Place[] {
  const own: Place = {
    path: pathOf(command).split(' ').slice(1).join(' '),
    commands: command.commands,
    options: command.options,
    choices: command.registeredArguments[0]?.argChoices ?? [],
  };
  return [own, ...command.commands.flatMap(placesOf)];
}

/** The script that a shell reads to complete `gridpass`: words, options and their choices, and files everywhere else. */
export function completionFor(shell: Shell, program: Command): string {
  const places = placesOf(program);
  if (shell === 'fish') return fish(places);
  return shell === 'bash' ? bash(places) : `#compdef gridpass\nautoload -U +X bashcompinit && bashcompinit\n${bash(places)}`;
}

const longOf = (option: Option): string => option.long ?? option.short ?? '';
const takesValue = (option: Option): boolean => option.required || option.optional;

function bash(places: readonly Place[]): string {
  const words = places.map(({ path, commands, options, choices }) => {
    const all = [...commands.map((one) => one.name()), ...choices, ...options.flatMap((one) => [longOf(one)]), '--help'];
    return `    '${path}') words='${all.join(' ')}' ;;`;
  });
  const values = places.flatMap(({ path, options }) =>
    options
      .filter(takesValue)
      .map((option) => `    '${path} '${flagsOf(option).join(`|'${path} '`)}) values='${(option.argChoices ?? ['@']).join(' ')}' ;;`),
  );
  const known = places.filter(({ path }) => path !== '').map(({ path }) => `'${path}'`);
  return `# Completion of gridpass, made from its table of commands.
_gridpass() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" path='' next word words='' values='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    next="\${path:+$path }$word"
    case "$next" in
    ${known.join('|')}) path="$next" ;;
    *) break ;;
    esac
  done
  case "$path $prev" in
${values.join('\n')}
  esac
  if [ "$values" = '@' ]; then
    COMPREPLY=($(compgen -f -- "$cur"))
    return
  elif [ -n "$values" ]; then
    COMPREPLY=($(compgen -W "$values" -- "$cur"))
    return
  fi
  case "$path" in
${words.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  if [ \${#COMPREPLY[@]} -eq 0 ]; then COMPREPLY=($(compgen -f -- "$cur")); fi
}
complete -o filenames -F _gridpass gridpass
`;
}

const flagsOf = ({ long, short }: Option): readonly string[] => [long, short].filter((flag) => flag !== undefined);

function fish(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, commands, options, choices }) => {
    const when = `-n '__gridpass_at "${path}"'`;
    return [
      ...commands.map((one) => `complete -c gridpass -f ${when} -a ${one.name()} -d ${quote(one.description())}`),
      ...choices.map((one) => `complete -c gridpass -f ${when} -a ${one}`),
      ...options.map((one) =>
        [
          `complete -c gridpass ${when}`,
          ...(one.long === undefined ? [] : [`-l ${one.long.slice(2)}`]),
          ...(one.short === undefined ? [] : [`-s ${one.short.slice(1)}`]),
          ...(one.argChoices === undefined ? (takesValue(one) ? ['-r'] : []) : [`-x -a ${quote(one.argChoices.join(' '))}`]),
          `-d ${quote(one.description)}`,
        ].join(' '),
      ),
    ];
  });
  const paths = places.filter(({ path }) => path !== '').map(({ path }) => quote(path));
  return `# Completion of gridpass, made from its table of commands.
set -g __gridpass_paths ${paths.join(' ')}
function __gridpass_at
    set -l path ''
    for word in (commandline -opc)[2..-1]
        set -l next (string trim -- "$path $word")
        if contains -- $next $__gridpass_paths
            set path $next
        else
            break
        end
    end
    test "$path" = "$argv[1]"
end
${lines.join('\n')}
`;
}

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
