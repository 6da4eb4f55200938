import { readFileSync, readdirSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const places = ['packages', 'agents'].flatMap((kind) =>
  readdirSync(join(root, kind)).map((name) => ({ kind, name, path: `${kind}/${name}` })),
);

function sources(path: string): readonly string[] {
  return readdirSync(join(root, path), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.includes('__tests__'))
    .map((file) => `${path}/${file}`);
}

const importsOf = (file: string): readonly string[] =>
  [...read(file).matchAll(/from '(@gridpass\/[a-z-]+)'/g)].map(([, name]) => name ?? '');

interface Manifest {
  readonly name: string;
  readonly license: string;
  readonly type: string;
  readonly dependencies?: Record<string, string>;
}

interface Project {
  readonly references: readonly { readonly path: string }[];
}

describe('the house', () => {
  it.each(places)('$path declares each package it imports, as a dependency and as a reference', ({ path }) => {
    const manifest = JSON.parse(read(`${path}/package.json`)) as Manifest;
    const { references } = JSON.parse(read(`${path}/tsconfig.json`)) as Project;
    const referenced = references.map((r) => `@gridpass/${r.path.split('/').at(-1) ?? ''}`);
    for (const name of new Set(sources(`${path}/src`).flatMap(importsOf))) {
      expect(Object.keys(manifest.dependencies ?? {})).toContain(name);
      expect(referenced).toContain(name);
    }
    expect(manifest).toMatchObject({ license: 'Apache-2.0', type: 'module' });
  });

  it('is built whole: the root project references every package and program', () => {
    const { references } = JSON.parse(read('tsconfig.json')) as Project;
    expect(references.map((r) => r.path).sort()).toEqual(places.map((p) => p.path).sort());
  });

  it.each(places)('$path has a README and a DESIGN', ({ path }) => {
    expect(existsSync(join(root, path, 'README.md'))).toBe(true);
    expect(existsSync(join(root, path, 'DESIGN.md'))).toBe(true);
  });

  it.each(places)('$path has no file over 500 lines and no switched-off check', ({ path }) => {
    for (const file of sources(`${path}/src`).filter((f) => !f.includes('/generated/'))) {
      const text = read(file);
      expect({ file, lines: text.split('\n').length > 500 }).toEqual({ file, lines: false });
      expect({ file, off: /@ts-ignore|@ts-nocheck|eslint-disable/.test(text) }).toEqual({ file, off: false });
    }
  });

  it('keeps the layer table and the packages in step', () => {
    const table = read('.dependency-cruiser.mjs');
    for (const { kind, name } of places) {
      if (kind === 'packages' && name !== 'testkit') expect(table).toContain(`'${name}'`);
    }
  });
});
