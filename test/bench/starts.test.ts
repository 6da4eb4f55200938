import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

const loader = join(import.meta.dirname, '../../packages/testkit/loader/register.mjs');

describe('a benchmark', () => {
  // The two that issue, publish and present by themselves: they end at once where they have not followed a rule of the packages.
  it.each([
    ['gate', 'gate: token, proof, grant, status, policy, log'],
    ['status', 'warm check of one reference'],
  ])('follows the packages as they are today: %s', async (name, row) => {
    const args = ['--no-warnings', '--import', loader, join(import.meta.dirname, '_run.mjs'), join(import.meta.dirname, `${name}.mjs`)];
    const env = { ...process.env, NODE_OPTIONS: '', GRIDPASS_BENCH_MS: '3', GRIDPASS_BENCH_REQUESTS: '4' };
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    expect(stdout).toContain(row);
  });
});
