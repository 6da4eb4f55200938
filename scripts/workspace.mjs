// What `npm start` and `npm test` share: a fresh clone needs nothing but Node. Only built-in modules here.
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Runs a program in the project's root and resolves with its exit code; its signals are the caller's. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)));
  });
}

export function assertNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(`Gridpass needs Node 20.20 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

const marker = join(root, 'node_modules', '.gridpass-lock');
const lockHash = () =>
  createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');

/** Installs exactly what the lock file names, once per lock file. */
export async function install() {
  if (existsSync(marker) && readFileSync(marker, 'utf8') === lockHash()) return;
  console.log('Installing dependencies from package-lock.json ...');
  const code = await run(npm(), ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  if (code !== 0) fail(`npm ci ended with ${code}. Is the npm registry reachable?`);
  writeFileSync(marker, lockHash());
}

/** Brings dist/ up to date; does nothing but look where it is already. */
export async function build() {
  const code = await run(process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc'), '--build']);
  if (code !== 0) fail(`the build ended with ${code}`);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

function npm() {
  return process.platform === 'win32' ? 'npm.cmd' : 'npm';
}
