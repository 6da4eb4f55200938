import { Argument } from 'commander';
import type { Command } from 'commander';
import { completionFor, SHELLS } from '../completion.js';
import type { Shell } from '../completion.js';
import { withExamples } from '../help.js';
import type { Io } from '../io.js';
import { addOutputOptions, show } from '../output.js';
import type { OutputOptions } from '../output.js';

/** `gridpass completion`: what a shell needs to complete commands, options and their values. */
export function addCompletionCommand(program: Command, io: Io): void {
  const command = program
    .command('completion')
    .description('print the completion of commands, options and values for a shell')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .action((shell: Shell, options: OutputOptions) => {
      const script = completionFor(shell, program);
      show(io, options, { document: { shell, script }, names: [shell], people: () => io.out(script) });
    });
  withExamples(
    addOutputOptions(command),
    'source <(gridpass completion bash)',
    'gridpass completion fish > ~/.config/fish/completions/gridpass.fish',
  );
}
