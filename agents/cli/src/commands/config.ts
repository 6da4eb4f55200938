import { resolve } from 'node:path';
import type { Command } from 'commander';
import { askProgram, PROGRAMS } from '../adapters/program-main.js';
import { withExamples } from '../help.js';
import { AnswerIsNo } from '../io.js';
import type { Io } from '../io.js';
import { addOutputOptions, show } from '../output.js';
import type { OutputOptions } from '../output.js';

/** `gridpass config`: configuration files of the programs. */
export function addConfigCommands(program: Command, io: Io): void {
  const config = program.command('config').description('configuration files of the programs');
  const command = config
    .command('check')
    .description('let a program read its configuration and say what is wrong with it, without starting')
    .argument('<program>', PROGRAMS.join(', '))
    .argument('<file>', 'the configuration as JSON')
    .action(async (name: string, file: string, options: OutputOptions) => {
      const { code, text } = await askProgram(name, ['--check-config', '--config', resolve(io.directory, file)]);
      show(io, options, {
        document: { ok: code === 0, program: name, says: text.trim() },
        names: code === 0 ? [file] : [],
        people: () => (code === 0 ? io.out : io.err)(text),
      });
      if (code !== 0) throw new AnswerIsNo();
    });
  withExamples(addOutputOptions(command), 'gridpass config check issuer issuer.json');
}
