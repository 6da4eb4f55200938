import { Help } from 'commander';
import type { Command, Option } from 'commander';

const EXAMPLES = new WeakMap<Command, readonly string[]>();

/** Says how a command is used; shown by its help, and tried by a test. */
export function withExamples(command: Command, ...examples: readonly string[]): Command {
  EXAMPLES.set(command, examples);
  return command;
}

/** The examples of a command. */
export const examplesOf = (command: Command): readonly string[] => EXAMPLES.get(command) ?? [];

/** The words that name a command, e.g. `gridpass credential revoke`. */
export function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

/** The help of every command: required options are marked, examples come last. */
export const HELP = {
  optionDescription(option: Option): string {
    const text = new Help().optionDescription(option);
    return option.mandatory ? `(required) ${text}` : text;
  },
  formatHelp(command: Command, helper: Help): string {
    const text = Help.prototype.formatHelp.call(helper, command, helper);
    const examples = examplesOf(command);
    return examples.length === 0 ? text : `${text}\nExamples:\n${examples.map((line) => `  ${line}\n`).join('')}`;
  },
};

/** Every command that does something, by its words, in the order of the table. */
export function leavesOf(command: Command): readonly Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);
}

/** The command that the words name, as far as they name one. */
export function commandOf(program: Command, words: readonly string[]): Command {
  const [word = '', ...rest] = words;
  const child = program.commands.find((one) => one.name() === word || one.aliases().includes(word));
  return child === undefined ? program : commandOf(child, rest);
}

/** All commands with their synopsis and what they do: the reference that the README holds. */
export function referenceOf(program: Command): string {
  return leavesOf(program)
    .map((command) => {
      const required = command.options.filter((option) => option.mandatory).map((option) => ` ${option.flags}`);
      const args = command.registeredArguments.map((one) => {
        const name = `${one.name()}${one.variadic ? '...' : ''}`;
        return one.required ? ` <${name}>` : ` [${name}]`;
      });
      return `${pathOf(command)}${args.join('')}${required.join('')}\n    ${command.description()}\n`;
    })
    .join('');
}
