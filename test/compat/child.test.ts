import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runNode } from '../child.mjs';

describe('a process of the tests that V8 may end', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'gridpass-child-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  /** A process that ends in each of these ways, one way a run; how often it ran, and what was said. */
  async function run(name: string, ...ends: readonly string[]) {
    const count = join(directory, name);
    writeFileSync(count, '');
    const program = `const { appendFileSync, readFileSync } = require('node:fs');
      const [count, ...ends] = process.argv.slice(1);
      const end = ends[readFileSync(count, 'utf8').length];
      appendFileSync(count, '.');
      process.stdout.write(end);
      if (end.startsWith('SIG')) process.kill(process.pid, end);
      else process.exit(Number(end));
      setInterval(() => {}, 1_000);`;
    const said: string[] = [];
    const { code, signal } = await runNode(['-e', program, count, ...ends], { stdio: ['ignore', 'pipe', 'inherit'] }, (line) =>
      said.push(line),
    );
    return { end: signal ?? code, runs: readFileSync(count, 'utf8').length, said: said.length };
  }

  it.each(['SIGABRT', 'SIGSEGV', 'SIGILL', 'SIGTRAP'])('is begun once more, and that is said, where it ended with %s', async (signal) => {
    expect(await run(signal, signal, '0')).toEqual({ end: 0, runs: 2, said: 1 });
    expect(await run(`${signal}-twice`, signal, signal, '0')).toEqual({ end: signal, runs: 2, said: 1 });
  });

  it.each(['0', '1', '134', 'SIGTERM', 'SIGKILL', 'SIGINT'])('is not begun again where it ended with %s', async (end) => {
    expect(await run(end, end, '0')).toEqual({ end: end.startsWith('SIG') ? end : Number(end), runs: 1, said: 0 });
  });
});
