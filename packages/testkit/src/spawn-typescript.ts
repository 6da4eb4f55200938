import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Runs a TypeScript source file of this repository in a process of its own (to be killed, say); needs no build. */
export function spawnTypeScript(file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  const register = fileURLToPath(new URL('../loader/register.mjs', import.meta.url));
  return spawn(process.execPath, ['--no-warnings', '--import', register, file, ...args], {
    env: { PATH: '/usr/bin:/bin', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** The lines a child prints, one at a time; ends with the child. */
export async function* linesOf(child: ChildProcess): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of child.stdout ?? []) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
