// The table of attacks names tests. A test that is renamed or dropped must not leave a row that only looks answered.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '../..');
const table = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');
const named = [...table.matchAll(/`([a-z-]+\/[\w.-]+)` “([^”]+)”/g)].map(([, file = '', title = '']) => ({ file, title }));

/** `verify/prove` is a test of a package or program; `refusals/verify.json` is a table under test/. */
function pathOf(file: string): string {
  const [place = '', name = ''] = file.split('/');
  const candidates = name.endsWith('.json')
    ? [join('test', file)]
    : [
        `packages/${place}/src/__tests__/${name}.test.ts`,
        `agents/${place}/src/__tests__/${name}.test.ts`,
        `agents/${place}/src/mqtt/__tests__/${name}.test.ts`,
        `test/${place}/${name}.test.ts`,
      ];
  return candidates.find((candidate) => existsSync(join(root, candidate))) ?? '';
}

describe('the table of attacks', () => {
  it.each(named)('names a test there is: $file “$title”', ({ file, title }) => {
    const path = pathOf(file);
    expect({ file, found: path !== '' }).toEqual({ file, found: true });
    const text = readFileSync(join(root, path), 'utf8');
    // In a table of cases the beginning of an id stands for all that begin so.
    expect(text.includes(path.endsWith('.json') ? `"id": "${title}` : title)).toBe(true);
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
