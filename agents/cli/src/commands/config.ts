import { resolve } from 'node:path';
import type { Command } from 'commander';
import { askProgram, PROGRAMS } from '../adapters/program-main.js';
import { AnswerIsNo } from '../io.js';
import type { Io } from '../io.js';
import { printJson } from '../print.js';

/** `gridpass config`: configuration files of the programs. */
export function addConfigCommands(program: Command, io: Io): void {
  const config = program.command('config').description('configuration files of the programs');
  config
    .command('check')
    .description('let a program read its configuration and say what is wrong with it, without starting')
    .argument('<program>', PROGRAMS.join(', '))
    .argument('<file>', 'the configuration as JSON')
    .option('--json', 'print JSON')
    .action(async (name: string, file: string, options: { readonly json?: boolean }) => {
      const { code, text } = await askProgram(name, ['--check-config', '--config', resolve(io.directory, file)]);
      if (options.json === true) printJson(io, { ok: code === 0, program: name, says: text.trim() });
      else if (code === 0) io.out(text);
      else io.err(text);
      if (code !== 0) throw new AnswerIsNo();
    });
}
