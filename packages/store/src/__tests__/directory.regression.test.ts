// The embedded store holds credentials and applications in the clear. Its directory used to be made with the umask's
// rights, so that every user of the machine could read them; a program alone has no private directory around it.
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openStore } from '../index.js';

describe('the directory of an embedded store', () => {
  it('is readable by its owner alone', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'gridpass-rights-'));
    const directory = join(parent, 'a', 'data');
    const store = await openStore({ kind: 'pglite', directory });
    await store.close();
    expect(((await stat(directory)).mode & 0o077).toString(8)).toBe('0');
    await rm(parent, { recursive: true, force: true });
  });
});
