import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** A test that a table names: its file, and a part of a title in it. */
export interface NamedTest {
  readonly file: string;
  readonly title: string;
}

/** The tests that a text names as `place/file` “title”. */
export function namedTests(text: string): readonly NamedTest[] {
  return [...text.matchAll(/`([a-z0-9-]+\/[\w.-]+)` “([^”]+)”/g)].map(([, file = '', title = '']) => ({ file, title }));
}

/** `verify/prove` is a test of a package or program; `refusals/verify.json` is a table under test/. */
function pathOf(file: string): string | undefined {
  const [place = '', name = ''] = file.split('/');
  const candidates = name.endsWith('.json')
    ? [join('test', file)]
    : [
        `packages/${place}/src/__tests__/${name}.test.ts`,
        `agents/${place}/src/__tests__/${name}.test.ts`,
        `agents/${place}/src/market/__tests__/${name}.test.ts`,
        `agents/${place}/src/mqtt/__tests__/${name}.test.ts`,
        `test/${place}/${name}.test.ts`,
      ];
  return candidates.find((candidate) => existsSync(join(root, candidate)));
}

/** Whether a named test is there. In a table of cases the beginning of an id stands for all that begin so. */
export function isThere({ file, title }: NamedTest): boolean {
  const path = pathOf(file);
  return path !== undefined && readFileSync(join(root, path), 'utf8').includes(path.endsWith('.json') ? `"id": "${title}` : title);
}

/** Whether a file of the project is there. */
export const isFile = (path: string): boolean => existsSync(join(root, path));
