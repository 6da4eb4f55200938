// What the commands share: a fresh clone needs nothing but Node and npm. Only built-in modules here.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, installOnce, root } from './node.mjs';
import { toldRun } from './progress.mjs';

export { fail, onSupportedNode, root, run } from './node.mjs';

/** Installs exactly what the lock file names, once for each lock file. */
export async function install() {
  await installOnce(root, 'Installing dependencies (once for each lock file, usually 1 to 2 minutes)');
}

/** Brings dist/ up to date; does nothing but look where it is already. */
export async function build() {
  const projects = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')).references.length;
  let begun = 0;
  const watch = (line) => {
    const [, project] = /Building project '(.+)[\\/]tsconfig\.json'/.exec(line) ?? [];
    if (/Building project|is up to date/.test(line)) begun += 1;
    return project === undefined ? undefined : `${project.replace(root, '').replace(/^[\\/]/, '')} (${begun} of ${projects})`;
  };
  const what = 'Compiling (usually 45 s the first time, then 3 s)';
  const { code, said } = await toldRun(what, process.execPath, [tool('tsc'), '--build', '--verbose'], { cwd: root, watch });
  if (code === 0) return;
  // What the compiler tells of its own work begins with the time of day.
  const errors = said.split('\n').filter((line) => line.trim() !== '' && !/^\[?\d{1,2}:\d{2}:\d{2}/.test(line));
  fail(`${errors.join('\n')}\nthe build ended with ${code}`);
}

const PACKAGES = { tsc: 'typescript', depcruise: 'dependency-cruiser' };

/** The script of a tool that is installed here; to be run with this process's own Node, never by what the path finds. */
export function tool(name) {
  const folder = join(root, 'node_modules', PACKAGES[name] ?? name);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : bin[name]);
}

// What a test file allocates dies with it: a larger nursery saves a tenth of the time in collecting it.
const JEST_FLAGS = ['--max-semi-space-size=64', '--experimental-vm-modules', '--no-warnings'];

/** The arguments of Node that run jest. Any number of words may follow `--selectProjects`, so what names no project is put before it. */
export function jestCommand(words) {
  const args = words.flatMap((word) => (word.startsWith('--selectProjects=') ? word.split('=') : [word]));
  const at = args.indexOf('--selectProjects');
  if (at === -1) return [...JEST_FLAGS, tool('jest'), ...args];
  const [before, after] = [args.slice(0, at), args.slice(at + 1)];
  const count = after.findIndex((word) => word !== 'unit' && word !== 'parts');
  const projects = count === -1 ? after : after.slice(0, count);
  const others = count === -1 ? [] : after.slice(count);
  return [...JEST_FLAGS, tool('jest'), ...before, ...others, '--selectProjects', ...projects];
}
