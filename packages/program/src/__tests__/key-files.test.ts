import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ensureKeyFile, readKeyFiles } from '../key-files.js';

describe('key files', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gridpass-keys-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('are made once, for their owner alone, and hold a key', async () => {
    const file = join(directory, 'once', 'kek');
    await ensureKeyFile(file);
    const text = await readFile(file, 'utf8');
    await ensureKeyFile(file);
    expect(await readFile(file, 'utf8')).toBe(text);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(readKeyFiles([{ id: 'k', file }])).toEqual([{ id: 'k', bytes: new Uint8Array(Buffer.from(text.trim(), 'hex')) }]);
  });

  it('are the same for everybody who starts at once, and leave no drafts', async () => {
    const file = join(directory, 'race', 'kek');
    const read = await Promise.all(
      Array.from({ length: 8 }, async () => {
        await ensureKeyFile(file);
        return readFile(file, 'utf8');
      }),
    );
    expect(new Set(read).size).toBe(1);
    expect(await readdir(join(directory, 'race'))).toEqual(['kek']);
  });

  it('are refused with their name and without their content when they hold something else', async () => {
    const file = join(directory, 'short');
    await writeFile(file, 'c0ffee');
    expect(() => readKeyFiles([{ id: 'k', file }])).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(file) }),
    );
    expect(() => readKeyFiles([{ id: 'k', file }])).not.toThrow(/c0ffee/);
    expect(() => readKeyFiles([{ id: 'k', file: join(directory, 'none') }])).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
