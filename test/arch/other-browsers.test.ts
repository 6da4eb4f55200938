import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '../..');
const sources = ['packages', 'agents'].flatMap((place) =>
  readdirSync(join(root, place), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/node_modules|[\\/]dist[\\/]|__tests__/.test(file))
    .map((file) => ({ file: `${place}/${file}`, text: readFileSync(join(root, place, file), 'utf8') })),
);
const holding = (pattern: RegExp): readonly string[] =>
  sources
    .filter(({ text }) => pattern.test(text))
    .map(({ file }) => file)
    .sort();

// What each of these declares is asked of the running routes: issuer/other-browsers and gate/other-browsers.
describe('what pages of other origins may read', () => {
  it('is said in one place', () => {
    expect(holding(/Access-Control-/i)).toEqual(['packages/gate/src/other-browsers.ts']);
  });
  it('is declared by the endpoints of a gate and by the public routes of an issuer, and by no other program', () => {
    expect(holding(/\bopenToBrowsers\(/)).toEqual([
      'agents/issuer/src/http/browser-routes.ts',
      'packages/gate/src/other-browsers.ts',
      'packages/gate/src/routes.ts',
    ]);
    expect(holding(/\bbrowserRoutes\(/)).toEqual([
      'agents/issuer/src/http/application-routes.ts',
      'agents/issuer/src/http/browser-routes.ts',
      'agents/issuer/src/http/openid-routes.ts',
      'agents/issuer/src/http/public-routes.ts',
    ]);
  });
});
