import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';

describe('the artefacts', () => {
  it('are what the sources compile to, byte for byte', async () => {
    const script = new URL('../../scripts/compile.mjs', import.meta.url).href;
    const { compile, OUTPUT } = (await import(script)) as { compile: () => string; OUTPUT: string };
    expect(compile()).toBe(await readFile(OUTPUT, 'utf8'));
  });
});
