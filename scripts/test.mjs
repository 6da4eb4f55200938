// npm test: install, then build and every check of the text on two cores, then the tests, which have the machine for themselves.
import { runQuietly } from './progress.mjs';
import { install, jestCommand, onSupportedNode, root, run, tool } from './workspace.mjs';

await onSupportedNode();
const started = performance.now();
await install();

const lanes = [
  [
    ['build', 'tsc', ['--build']],
    ['types of the tests', 'tsc', ['-p', 'tsconfig.lint.json']],
    ['types that must not compile', 'tsc', ['-p', 'test/types']],
    ['layers', 'depcruise', ['packages', 'agents', '--config', '.dependency-cruiser.mjs', '--output-type', 'err']],
  ],
  [
    ['format', 'prettier', ['--check', '--log-level=warn', '.']],
    ['lint', 'eslint', ['.', '--max-warnings', '0']],
    ['dead code and stray dependencies', 'knip', ['--no-progress', '--no-config-hints']],
  ],
];
const codes = await Promise.all(lanes.map(check));
if (codes.some((code) => code !== 0)) process.exit(1);
console.log('\n== tests');
const code = await run(process.execPath, jestCommand(process.argv.slice(2)));
console.log(
  `\n${code === 0 ? 'All checks passed' : `tests: ended with ${code}`} in ${Math.round((performance.now() - started) / 1000)} s.`,
);
process.exitCode = code === 0 ? 0 : 1;

/** One step after the other until one fails; what a step says is told in one piece when it ends. */
async function check(steps) {
  for (const [name, command, args] of steps) {
    const { code, said } = await runQuietly(process.execPath, [tool(command), ...args], { cwd: root });
    console.log(`\n== ${name}${code === 0 ? '' : `: ended with ${code}`}`);
    if (said !== '') console.log(said.trimEnd());
    if (code !== 0) return code;
  }
  return 0;
}
