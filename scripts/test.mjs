// npm test: install, then build and every check of the text on two cores, then the tests, which have the machine for themselves.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { assertNode, install, root, run } from './workspace.mjs';

assertNode();
const started = performance.now();
await install();

const bin = (name) => join(root, 'node_modules', '.bin', name);
const lanes = [
  [
    ['build', bin('tsc'), ['--build']],
    ['types of the tests', bin('tsc'), ['-p', 'tsconfig.lint.json']],
    ['types that must not compile', bin('tsc'), ['-p', 'test/types']],
    ['layers', bin('depcruise'), ['packages', 'agents', '--config', '.dependency-cruiser.mjs', '--output-type', 'err']],
  ],
  [
    ['format', bin('prettier'), ['--check', '--log-level=warn', '.']],
    ['lint', bin('eslint'), ['.', '--max-warnings', '0']],
    ['dead code and stray dependencies', bin('knip'), ['--no-progress', '--no-config-hints']],
  ],
];
// What a test file allocates dies with it: a larger nursery saves a tenth of the time in collecting it.
const jest = [
  '--max-semi-space-size=64',
  '--experimental-vm-modules',
  '--no-warnings',
  join(root, 'node_modules', 'jest', 'bin', 'jest.js'),
];

const codes = await Promise.all(lanes.map(check));
if (codes.some((code) => code !== 0)) process.exit(1);
console.log('\n== tests');
const code = await run(process.execPath, [...jest, ...process.argv.slice(2)]);
console.log(
  `\n${code === 0 ? 'All checks passed' : `tests: ended with ${code}`} in ${Math.round((performance.now() - started) / 1000)} s.`,
);
process.exitCode = code === 0 ? 0 : 1;

/** One step after the other until one fails; what a step says is told in one piece when it ends. */
async function check(steps) {
  for (const [name, command, args] of steps) {
    const { code, said } = await runQuietly(command, args);
    console.log(`\n== ${name}${code === 0 ? '' : `: ended with ${code}`}`);
    if (said !== '') console.log(said.trimEnd());
    if (code !== 0) return code;
  }
  return 0;
}

function runQuietly(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, said }));
  });
}
