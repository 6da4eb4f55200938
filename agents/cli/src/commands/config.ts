import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { withExamples } from '../help.js';
import { AnswerIsNo, CommandError } from '../io.js';
import type { Io } from '../io.js';
import { addOutputOptions, show } from '../output.js';
import type { OutputOptions } from '../output.js';

const PROGRAMS = ['issuer', 'wallet', 'device', 'marketplace', 'ledger-gate'] as const;

/** `gridpass config`: configuration files of the programs. */
export function addConfigCommands(program: Command, io: Io): void {
  const config = program.command('config').description('configuration files of the programs');
  const command = config
    .command('check')
    .description('let a program read its configuration and say what is wrong with it, without starting')
    .argument('<program>', PROGRAMS.join(', '))
    .argument('<file>', 'the configuration as JSON')
    .action(async (name: string, file: string, options: OutputOptions) => {
      if (!PROGRAMS.some((known) => known === name))
        throw new CommandError('CONFIG_INVALID', `<program>: ${name} is not one of ${PROGRAMS.join(', ')}`);
      const main = fileURLToPath(new URL(`../../../${name}/dist/main.js`, import.meta.url));
      if (!existsSync(main)) throw new CommandError('CONFIG_INVALID', `${name} is not built; run npm run build`);
      // Each program knows its own schema; asking it keeps one truth.
      const { code, text } = await run(main, ['--check-config', '--config', resolve(io.directory, file)]);
      show(io, options, {
        document: { ok: code === 0, program: name, says: text.trim() },
        names: code === 0 ? [file] : [],
        people: () => (code === 0 ? io.out : io.err)(text),
      });
      if (code !== 0) throw new AnswerIsNo();
    });
  withExamples(addOutputOptions(command), 'gridpass config check issuer issuer.json');
}

function run(main: string, args: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
  return new Promise((resolveRun, reject) => {
    const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
    }
    child.once('error', reject);
    child.once('close', (code) => resolveRun({ code: code ?? 1, text }));
  });
}
