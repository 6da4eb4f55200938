// npm run compat [-- --deopt [SECONDS]] [-- --only NAME ...]: the packages on each Node that they declare, pinned in scripts/compat.
// Plays the society's acts on each, in a fresh directory; with --deopt it instead loads the WebAssembly of the policy engine and the
// embedded store while V8 gives up its compiled code on purpose. Prints a table and exits 0 or 1. It is no part of `npm test`.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installOnce } from './node.mjs';
import { toldRun } from './progress.mjs';
import { build, fail, install, onSupportedNode, root } from './workspace.mjs';

/** Often enough that Node 20 dies within seconds, seldom enough that the rest goes on at its usual speed. */
const EVERY = 1_000_000;

const { deopt, only } = readArguments(process.argv.slice(2));
await onSupportedNode();
await install();
await build();
const folder = join(root, 'scripts', 'compat');
await installOnce(folder, 'Fetching the Nodes (750 MB on disk, usually 1 minute)', ['--ignore-scripts']);

const nodes = Object.keys(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).optionalDependencies)
  .filter((name) => existsSync(join(folder, 'node_modules', name)))
  .map((name) => ({ name: name.split('-')[1], binary: join(folder, 'node_modules', name, 'bin', 'node') }))
  .filter(({ name }) => only.length === 0 || only.includes(name));
if (nodes.length === 0) fail(`nothing to play on: ${only.join(', ') || `no Node is pinned for ${process.platform}-${process.arch}`}`);

const rows = [];
for (const { name, binary } of nodes) {
  const { said } = await toldRun(`Node ${name}`, binary, ['--print', '[process.version, process.versions.v8].join(" ")']);
  const [version, v8] = said.trim().split(' ');
  const started = performance.now();
  const { ok, result } = deopt === undefined ? await playActs(version, binary) : await loadEngines(version, binary, deopt);
  rows.push([version, v8, `${Math.round((performance.now() - started) / 1000)} s`, ok ? 'passed' : 'FAILED', result]);
  if (!ok) process.exitCode = 1;
}
const table = [['node', 'v8', 'took', 'result', deopt === undefined ? 'acts' : `under --deopt-every-n-times=${EVERY}`], ...rows];
const widths = table[0].map((_, i) => Math.max(...table.map((row) => row[i].length)));
for (const row of table)
  console.log(
    row
      .map((cell, i) => cell.padEnd(widths[i]))
      .join('  ')
      .trimEnd(),
  );

/** The society once, on ports and in a directory that nothing else uses. */
async function playActs(version, binary) {
  const directory = mkdtempSync(join(tmpdir(), 'gridpass-compat-'));
  const portBase = String(20_000 + ((process.pid * 8) % 30_000));
  const args = [join(root, 'agents/society/dist/main.js'), '--once', '--directory', directory, '--port-base', portBase];
  const { code, said, stdout } = await toldRun(`The society's acts on ${version} (usually 1 minute)`, binary, args, { cwd: root });
  rmSync(directory, { recursive: true, force: true });
  if (code !== 0) console.error(said.trimEnd());
  return { ok: code === 0, result: code === 0 ? `${JSON.parse(stdout).acts.length} played` : `ended with ${code}` };
}

async function loadEngines(version, binary, seconds) {
  const args = [`--deopt-every-n-times=${EVERY}`, join(root, 'test/compat/deopt.mjs'), String(seconds)];
  const what = `Policy engine and embedded store on ${version} (${seconds} s)`;
  const { code, said, stdout } = await toldRun(what, binary, args, { cwd: root });
  if (code !== 0) console.error(said.trimEnd());
  return { ok: code === 0, result: code === 0 ? stdout.trim() : `ended with ${code}` };
}

function readArguments(words) {
  const answer = { deopt: undefined, only: [] };
  for (let i = 0; i < words.length; i += 1) {
    if (words[i] === '--deopt') answer.deopt = /^\d+$/.test(words[i + 1] ?? '') ? Number(words[(i += 1)]) : 300;
    else if (words[i] === '--only' && words[i + 1] !== undefined) answer.only.push(words[(i += 1)]);
    else fail('usage: npm run compat [-- [--deopt [SECONDS]] [--only 24] ...]');
  }
  return answer;
}
