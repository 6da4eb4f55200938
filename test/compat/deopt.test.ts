import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

describe('the load of npm run compat -- --deopt', () => {
  it('decides and writes as the packages are today', async () => {
    const loader = join(import.meta.dirname, '../../packages/testkit/loader/register.mjs');
    const args = ['--no-warnings', '--import', loader, join(import.meta.dirname, 'deopt.mjs'), '0'];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    expect(JSON.parse(stdout)).toEqual({ decisions: 20, transactions: 1 });
  });
});
