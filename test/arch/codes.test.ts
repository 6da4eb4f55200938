import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { FAULTS, REFUSALS } from '@gridpass/core';
import { expectedTexts } from './expected-codes.js';

const root = join(import.meta.dirname, '../..');

/** Every test of the house, this one left out. */
function allTests(): readonly string[] {
  return ['packages', 'agents', 'test'].flatMap((place) =>
    readdirSync(join(root, place), { recursive: true, encoding: 'utf8' })
      .filter((file) => !/node_modules|[\\/]dist[\\/]|codes\.test/.test(file))
      .filter((file) => /\.test\.ts$/.test(file) || /refusals.*\.json$/.test(file))
      .map((file) => join(root, place, file)),
  );
}

/** What some case states as the outcome it expects. */
function allExpected(): ReadonlySet<string> {
  return new Set(
    allTests().flatMap((file) => {
      const text = readFileSync(file, 'utf8');
      if (file.endsWith('.json')) {
        const { cases = [] } = JSON.parse(text) as { readonly cases?: readonly { readonly expectCode: string | null }[] };
        return cases.flatMap(({ expectCode }) => expectCode ?? []);
      }
      return [...expectedTexts(file, text)];
    }),
  );
}

describe('the catalogue of codes', () => {
  const expected = allExpected();

  it.each(Object.keys(REFUSALS))('%s is what at least one case expects', (code) => {
    expect(expected.has(code)).toBe(true);
  });

  it.each(Object.keys(FAULTS))('the fault %s is what at least one case expects', (code) => {
    expect(expected.has(code)).toBe(true);
  });

  it.each(Object.entries({ ...REFUSALS, ...FAULTS }))('%s maps to an HTTP class and says something', (_code, entry) => {
    expect(entry.status).toBeGreaterThanOrEqual(400);
    expect(entry.status).toBeLessThan(600);
    expect(entry.says.length).toBeGreaterThan(10);
  });

  it('has no code that is refusal and fault at once', () => {
    expect(Object.keys(REFUSALS).filter((code) => code in FAULTS)).toEqual([]);
  });

  it('counts what a matcher is given or a table it reads holds, and nothing else', () => {
    const source = `
      // 'COMMENT'
      const ROWS = [['a', 'IN_TABLE']];
      const fixture = { code: 'IN_FIXTURE' };
      it.each(ROWS)('x', (name, code) => expect(read(name)).toBe(code));
      it.each([['IN_UNREAD_TABLE']])('x', (name) => expect(read(name)).toBe('IN_MATCHER'));
      it('y', async () => {
        await expect(go()).rejects.toMatchObject({ code: 'IN_OBJECT' });
        expect(go()).not.toBe('IN_NEGATION');
      });`;
    expect([...expectedTexts('x.ts', source)].filter((text) => /^[A-Z_]+$/.test(text))).toEqual(['IN_TABLE', 'IN_MATCHER', 'IN_OBJECT']);
  });
});
