import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '../..');
const run = (args: readonly string[]) =>
  spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', env: { PATH: process.env['PATH'] } });

/** The files that `npm run jest -- WORDS` would run, below the root. */
function listTests(words: readonly string[]): readonly string[] {
  const program = `import { jestCommand, run } from './scripts/workspace.mjs';
    process.exitCode = await run(process.execPath, jestCommand(${JSON.stringify([...words, '--listTests'])}));`;
  const { status, stdout, stderr } = run(['--input-type=module', '--eval', program]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout
    .split('\n')
    .filter((line) => line.endsWith('.ts'))
    .map((line) => line.replace(`${root}/`, ''));
}

describe('the commands that CONTRIBUTING.md and README.md name', () => {
  const [, one = ''] = /npm run jest -- (.+?) +# one package/.exec(readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')) ?? [];

  it.each([
    ['as CONTRIBUTING.md says it', one.split(' ')],
    ['with the folder first', ['packages/verify', '--selectProjects', 'unit']],
    ['with the project after an equals sign', ['--selectProjects=unit', 'packages/verify']],
  ])('run the tests of one package alone, %s', (_how, words) => {
    const files = listTests(words);
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((file) => !file.startsWith('packages/verify/') || file.endsWith('.parts.test.ts'))).toEqual([]);
  });

  it('run both projects of a package where both are asked for, and where none is', () => {
    const files = listTests(['--selectProjects', 'unit', 'parts', 'packages/store/']);
    expect(files.some((file) => file.endsWith('.parts.test.ts'))).toBe(true);
    expect(files.every((file) => file.startsWith('packages/store/'))).toBe(true);
    expect([...listTests(['packages/store/'])].sort()).toEqual([...files].sort());
  });

  it('tell what npm start takes, with every option that the society reads and before anything is installed', () => {
    const { status, stdout } = run(['scripts/start.mjs', '--help']);
    const source = readFileSync(join(root, 'agents/society/src/config.ts'), 'utf8');
    const [, options = ''] = /const OPTIONS = \{\n([\s\S]*?)\} as const/.exec(source) ?? [];
    const names = [...options.matchAll(/^ {2}'?([a-z-]+)'?:/gm)].map(([, name = '']) => `--${name}`);
    expect(status).toBe(0);
    expect(names).toHaveLength(5);
    expect([...stdout.matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, name]) => name).sort()).toEqual([...names, '--help'].sort());
  });

  it('take an install for whole only where each package of its lock is there, but for optional ones', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gridpass-install-'));
    const lock = JSON.stringify({
      packages: {
        '': {},
        'packages/own': {},
        'node_modules/koa': {},
        'node_modules/koa/node_modules/inner': {},
        'node_modules/other-platform': { optional: true },
      },
    });
    const isWhole = (): string => {
      const program = `import { isInstalled, missingOf } from './scripts/node.mjs'; const folder = ${JSON.stringify(folder)};
        console.log(isInstalled(folder), missingOf(folder));`;
      return run(['--input-type=module', '--eval', program]).stdout.trim();
    };
    try {
      writeFileSync(join(folder, 'package-lock.json'), lock);
      for (const place of ['node_modules/koa', 'node_modules/koa/node_modules/inner']) {
        mkdirSync(join(folder, place), { recursive: true });
        writeFileSync(join(folder, place, 'package.json'), '{}');
      }
      expect(isWhole()).toBe('false undefined');
      writeFileSync(join(folder, 'node_modules/.gridpass-lock'), createHash('sha256').update(lock).digest('hex'));
      expect(isWhole()).toBe('true undefined');
      rmSync(join(folder, 'node_modules/koa/node_modules/inner/package.json'));
      expect(isWhole()).toBe('false node_modules/koa/node_modules/inner');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
