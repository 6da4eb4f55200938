// The table of faults names rules and tests; neither may be gone while its row stands.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { isFile, isThere, namedTests } from '../refusals/named-tests.js';

const table = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');
const rows = [...table.matchAll(/^\| ([A-H]\d\S*.*?) +\| (.*?) +\| (.*?) +\| (.*?) +\|$/gm)].map(
  ([, row = '', , rule = '', tests = '']) => ({ row, rule, tests }),
);

describe('the table of faults', () => {
  it('has a row for each kind', () => {
    expect(rows.length).toBeGreaterThan(30);
  });

  it.each(rows)('names tests for row $row, and rules that are there', ({ rule, tests }) => {
    const named = namedTests(tests);
    expect(named).not.toEqual([]);
    expect(named.filter((one) => !isThere(one))).toEqual([]);
    const files = [...rule.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path);
    expect(files.filter((path) => !isFile(path))).toEqual([]);
  });
});
