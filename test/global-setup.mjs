// Runs once, before the workers of jest.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

export default async function setup() {
  const args = ['--no-warnings', '--import', at('../packages/testkit/loader/register.mjs'), at('prepare.ts')];
  const child = spawn(process.execPath, args, { stdio: 'inherit', env: { ...process.env, NODE_OPTIONS: '' } });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  if (code !== 0) throw new Error(`what the tests begin from could not be made: ended with ${String(code)}`);
}
