// The table of attacks names tests. A test that is renamed or dropped must not leave a row that only looks answered.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { isThere, namedTests } from './named-tests.js';

const table = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');

describe('the table of attacks', () => {
  it.each(namedTests(table))('names a test there is: $file “$title”', (named) => {
    expect({ ...named, there: isThere(named) }).toEqual({ ...named, there: true });
  });

  it('answers every item, or says why not', () => {
    const items = [
      ...Array.from({ length: 13 }, (_, n) => `X${n + 1}`),
      ...Array.from({ length: 5 }, (_, n) => `C${n + 1}`),
      ...Array.from({ length: 4 }, (_, n) => `E${n + 1}`),
      ...['V7a', 'V7b', 'V7c', 'V7d'],
      ...Array.from({ length: 30 }, (_, n) => `2.${n + 1}`),
      ...Array.from({ length: 10 }, (_, n) => `3.${n + 1}`),
    ];
    const rows = new Map([...table.matchAll(/^\| (\S+) +\| (.*) \|$/gm)].map(([, id = '', rest = '']) => [id, rest]));
    expect(items.filter((id) => !/`[a-z-]+\/[\w.-]+` “|not built yet: /.test(rows.get(id) ?? ''))).toEqual([]);
  });
});
