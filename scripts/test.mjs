// npm test: install, build, then every check in the order in which it is cheapest to fail.
import { join } from 'node:path';
import { assertNode, build, install, root, run } from './workspace.mjs';

assertNode();
const started = performance.now();
await install();
await build();

const bin = (name) => join(root, 'node_modules', '.bin', name);
const jest = [
  process.execPath,
  ['--experimental-vm-modules', '--no-warnings', join(root, 'node_modules', 'jest', 'bin', 'jest.js'), ...process.argv.slice(2)],
];
const steps = [
  ['format', bin('prettier'), ['--check', '--log-level=warn', '.']],
  ['lint', bin('eslint'), ['.', '--max-warnings', '0']],
  ['layers', bin('depcruise'), ['packages', 'agents', '--config', '.dependency-cruiser.mjs', '--output-type', 'err']],
  ['dead code and stray dependencies', bin('knip'), ['--no-progress', '--no-config-hints']],
  ['types of the tests', bin('tsc'), ['-p', 'tsconfig.lint.json']],
  ['types that must not compile', bin('tsc'), ['-p', 'test/types']],
  ['tests', ...jest],
];
for (const [name, command, args] of steps) {
  console.log(`\n== ${name}`);
  const code = await run(command, args);
  if (code !== 0) {
    console.error(`\n${name}: ended with ${code}`);
    process.exit(1);
  }
}
console.log(`\nAll checks passed in ${Math.round((performance.now() - started) / 1000)} s.`);
