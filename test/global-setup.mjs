// Runs once, before the workers of jest.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

export default async function setup() {
  const args = ['--no-warnings', '--import', at('../packages/testkit/loader/register.mjs'), at('prepare.ts')];
  let ended = await endOf(args);
  // V8 itself now and then ends a process as it frees WebAssembly (nodejs/node 64500): a signal, and no code of ours. Once more, then.
  if (ended.signal !== null) ended = await endOf(args);
  if (ended.code !== 0) throw new Error(`what the tests begin from could not be made: ended with ${String(ended.code ?? ended.signal)}`);
}

function endOf(args) {
  const child = spawn(process.execPath, args, { stdio: 'inherit', env: { ...process.env, NODE_OPTIONS: '' } });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}
