import { describe, expect, it } from '@jest/globals';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from '@gridpass/codec';
import { accountFromPrivateKey } from '@gridpass/ledger';
import { createCliRig } from './cli-rig.js';

describe('gridpass secret create', () => {
  const rig = createCliRig();
  const create = (...words: readonly string[]) => rig.run('secret', 'create', ...words);
  const contentOf = (file: string): string => readFileSync(join(rig.directory, file), 'utf8');

  it('writes a token that its owner alone can read, and prints the digest alone', async () => {
    const { code, out, err } = await create('token', 'ops.token');
    expect([code, err]).toEqual([0, '']);
    const token = contentOf('ops.token').trim();
    expect(token).toMatch(/^gp_[\w-]{43}$/);
    expect(out).toBe(`${digestOf(token)}  ops.token\n`);
    expect(statSync(join(rig.directory, 'ops.token')).mode & 0o777).toBe(0o600);
  });

  it('writes a key-encryption key in the form that programs read, and prints nothing', async () => {
    expect(await create('key-encryption-key', 'kek')).toMatchObject({ code: 0, out: '' });
    expect(contentOf('kek')).toMatch(/^[0-9a-f]{64}\n$/);
  });

  it('writes the key of an account, and prints its address', async () => {
    const { out } = await create('account', 'account', '--json');
    expect(JSON.parse(out)).toEqual({
      secrets: [{ file: 'account', account: accountFromPrivateKey(contentOf('account').trim()).account }],
    });
  });

  it('writes several at once, each another, and those before one that cannot be written stay', async () => {
    const { code, out } = await create('token', 'a', 'b', 'a', 'c');
    expect(code).not.toBe(0);
    expect(out).toBe(`${digestOf(contentOf('a').trim())}  a\n${digestOf(contentOf('b').trim())}  b\n`);
    expect(contentOf('a')).not.toBe(contentOf('b'));
    expect(() => contentOf('c')).toThrow('ENOENT');
  });

  it.each(['token', 'key-encryption-key', 'account'])('never writes over a %s', async (kind) => {
    await create(kind, 'twice');
    const before = contentOf('twice');
    expect(await create(kind, 'twice')).toMatchObject({
      code: expect.any(Number),
      out: '',
      err: expect.stringMatching(/twice is there already/),
    });
    expect((await create(kind, 'twice')).code).not.toBe(0);
    expect(contentOf('twice')).toBe(before);
  });
});
