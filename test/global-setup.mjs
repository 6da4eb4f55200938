// Runs once, before the workers of jest.
import { fileURLToPath } from 'node:url';
import { runNode } from './child.mjs';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

export default async function setup() {
  const args = ['--no-warnings', '--import', at('../packages/testkit/loader/register.mjs'), at('prepare.ts')];
  const { code, signal } = await runNode(args, { stdio: 'inherit', env: { ...process.env, NODE_OPTIONS: '' } });
  if (code !== 0) throw new Error(`what the tests begin from could not be made: ended with ${String(code ?? signal)}`);
}
