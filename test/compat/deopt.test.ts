import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { runNode } from '../child.mjs';

describe('the load of npm run compat -- --deopt', () => {
  it('decides and writes as the packages are today', async () => {
    const loader = join(import.meta.dirname, '../../packages/testkit/loader/register.mjs');
    const args = ['--no-warnings', '--import', loader, join(import.meta.dirname, 'deopt.mjs'), '0'];
    const { code, signal, stdout } = await runNode(args, { stdio: ['ignore', 'pipe', 'inherit'] });
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(JSON.parse(stdout)).toEqual({ decisions: 20, transactions: 1 });
  });
});
