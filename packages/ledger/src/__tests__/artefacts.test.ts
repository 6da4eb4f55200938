import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';

describe('the artefacts', () => {
  it('are what the sources compile to, byte for byte', async () => {
    const { compile, OUTPUT } = (await import('../../scripts/compile.mjs')) as { compile: () => string; OUTPUT: string };
    expect(compile()).toBe(await readFile(OUTPUT, 'utf8'));
  });
});
