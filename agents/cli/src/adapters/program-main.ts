import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CommandError } from '../io.js';

export const PROGRAMS = ['issuer', 'wallet', 'device', 'marketplace', 'ledger-gate'] as const;

/** What a program's main said, and its exit code. */
export interface Said {
  readonly code: number;
  readonly text: string;
}

/** Runs the main of a program, which knows its own configuration: asking it keeps one truth. CommandError CONFIG_INVALID for one that is not there. */
export async function askProgram(name: string, args: readonly string[]): Promise<Said> {
  if (!PROGRAMS.some((known) => known === name))
    throw new CommandError('CONFIG_INVALID', `<program>: ${name} is not one of ${PROGRAMS.join(', ')}`);
  const main = fileURLToPath(new URL(`../../../${name}/dist/main.js`, import.meta.url));
  if (!existsSync(main)) throw new CommandError('CONFIG_INVALID', `${name} is not built; run npm run build`);
  return run(main, args);
}

function run(main: string, args: readonly string[]): Promise<Said> {
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
