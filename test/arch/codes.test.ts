import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { FAULTS, REFUSALS } from '@gridpass/core';

const root = join(import.meta.dirname, '../..');

/** The text of every test of the house, this one left out. */
function allTests(): string {
  const files = ['packages', 'agents', 'test'].flatMap((place) =>
    readdirSync(join(root, place), { recursive: true, encoding: 'utf8' })
      .filter((file) => !/node_modules|[\\/]dist[\\/]|codes\.test/.test(file))
      .filter((file) => /\.test\.ts$/.test(file) || /refusals.*\.json$/.test(file))
      .map((file) => join(root, place, file)),
  );
  return files.map((file) => readFileSync(file, 'utf8')).join('\n');
}

describe('the catalogue of codes', () => {
  const tests = allTests();

  it.each(Object.keys(REFUSALS))('%s is produced by a test', (code) => {
    expect(tests).toContain(`'${code}'`.replaceAll("'", tests.includes(`"${code}"`) ? '"' : "'"));
  });

  it.each(Object.entries({ ...REFUSALS, ...FAULTS }))('%s maps to an HTTP class and says something', (_code, entry) => {
    expect(entry.status).toBeGreaterThanOrEqual(400);
    expect(entry.status).toBeLessThan(600);
    expect(entry.says.length).toBeGreaterThan(10);
  });

  it('has no code that is refusal and fault at once', () => {
    expect(Object.keys(REFUSALS).filter((code) => code in FAULTS)).toEqual([]);
  });
});
