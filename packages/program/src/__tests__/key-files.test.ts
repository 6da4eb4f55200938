import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readAccountFile } from '../account-file.js';
import { ensureKeyFile, readKeyFiles } from '../key-files.js';
import { readTextFile } from '../text-file.js';

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

  it('are regular files of UTF-8 up to a megabyte, as all that a configuration names', async () => {
    const [latin, most] = ['latin', 'most'].map((name) => join(directory, name)) as [string, string];
    expect(() => readTextFile('policies.one', '/dev/null')).toThrow('policies.one: /dev/null cannot be read: it is no regular file');
    await writeFile(latin, Buffer.from([0x61, 0xe4]));
    expect(() => readTextFile('policies.one', latin)).toThrow('it is not UTF-8');
    await writeFile(most, 'a'.repeat(1_048_576));
    expect(readTextFile('policies.one', most)).toHaveLength(1_048_576);
    await writeFile(most, 'a'.repeat(1_048_577));
    expect(() => readTextFile('policies.one', most)).toThrow('it has more than 1048576 bytes');
  });

  it('are refused with their name and without their content when they hold something else', async () => {
    const file = join(directory, 'short');
    await writeFile(file, 'c0ffee');
    expect(() => readKeyFiles([{ id: 'k', file }])).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(file) }),
    );
    expect(() => readKeyFiles([{ id: 'k', file }])).not.toThrow(/c0ffee/);
  });

  it.each([
    ['a key', (file: string) => readKeyFiles([{ id: 'k', file }]), 'the key file '],
    ['an account', (file: string) => readAccountFile('accountKeyFile', file), 'accountKeyFile: '],
    ['a policy', (file: string) => readTextFile('policies.telemetry', file), 'policies.telemetry: '],
  ])('that cannot be read are told by the path that was tried and the reason, of %s', (_what, read, says) => {
    const told = (file: string, why: string) => [() => read(file), `${says}${resolve(file)} cannot be read: ${why}`] as const;
    for (const [run, message] of [
      told(join(directory, 'none'), 'there is no such file'),
      // From the working directory, which is seldom where the configuration lies.
      told('no-such-directory/none', 'there is no such file'),
      told(directory, 'it is a directory'),
      told(join(directory, 'short', 'none'), 'what should be a directory on the way is a file'),
    ])
      expect(run).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(message) }));
  });
});
