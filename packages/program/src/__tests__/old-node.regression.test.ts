import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const register = fileURLToPath(new URL('../../../testkit/loader/register.mjs', import.meta.url));
const PRETEND = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })`;
const SENTENCE = 'Gridpass needs Node 22.12 or newer, and this is 20.20.2';

/** Runs a program of somebody's own in a process that takes itself for Node 20. */
function runOnOldNode(program: string): { readonly status: number | null; readonly stderr: string } {
  const preload = ['--import', register, '--import', `data:text/javascript,${encodeURIComponent(PRETEND)}`];
  const args = ['--no-warnings', ...preload, '--input-type=module', '--eval', program];
  const { status, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    cwd: import.meta.dirname,
    env: { PATH: '/usr/bin:/bin' },
  });
  return { status, stderr };
}

describe('on a Node that is older than the packages declare', () => {
  it.each([
    ['the policy engine', `import { parsePolicySet } from '@gridpass/policy'; parsePolicySet({ channel: 'test', cedar: '' });`],
    ['the embedded store', `import { openStore } from '@gridpass/store'; await openStore({ kind: 'pglite' });`],
  ])('%s is not loaded, which a program of somebody else is told in one sentence', (_what, program) => {
    const { status, stderr } = runOnOldNode(program);
    expect(status).toBe(1);
    expect(stderr).toContain(SENTENCE);
  });

  it('a program of the house says so before it starts anything', () => {
    const { status, stderr } = runOnOldNode(
      `import { runMain } from '@gridpass/program'; await runMain(async () => void process.stderr.write('started'));`,
    );
    expect({ status, stderr }).toEqual({ status: 1, stderr: `CONFIG_INVALID: ${SENTENCE}\n` });
  });
});
