// What somebody with an account on the machine, or a restart at the right moment, could do: read key files, swap them for
// links, open a store twice, and use a nonce again that was used before the program went down.
import { chmod, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Instant, Nonce } from '@gridpass/core';
import { tenantId } from '@gridpass/core';
import { ensureKeyFile, readKeyFiles } from '@gridpass/program';
import { createChallengeRepository, openStore } from '@gridpass/store';
import { NOON, seedStoreDirectory } from '@gridpass/testkit';

describe('the machine under a program', () => {
  let place = '';
  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), 'gridpass-machine-'));
  });
  afterAll(() => rm(place, { recursive: true, force: true }));

  describe('a key file', () => {
    it('is made for its owner alone, in a directory for its owner alone', async () => {
      const file = join(place, 'keys', 'kek');
      await ensureKeyFile(file);
      expect([(await stat(file)).mode & 0o777, (await stat(join(place, 'keys'))).mode & 0o777]).toEqual([0o600, 0o700]);
    });

    it('is never written through a link, nor over a key in use', async () => {
      const target = join(place, 'target');
      await writeFile(target, 'somebody else\n');
      await symlink(target, join(place, 'planted'));
      await ensureKeyFile(join(place, 'planted'));
      expect(await readFile(target, 'utf8')).toBe('somebody else\n');
      const before = await readFile(join(place, 'keys', 'kek'), 'utf8');
      await ensureKeyFile(join(place, 'keys', 'kek'));
      expect(await readFile(join(place, 'keys', 'kek'), 'utf8')).toBe(before);
    });

    it.each(['', 'zz', 'a'.repeat(63), `${'a'.repeat(64)}\n${'b'.repeat(64)}`])(
      'that holds no key is refused by name, without its content: %j',
      async (text) => {
        const file = join(place, 'bad');
        await writeFile(file, text);
        await chmod(file, 0o600);
        const read = (): unknown => readKeyFiles([{ id: 'k', file }]);
        expect(read).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(file) }));
        if (text.length > 8) expect(read).not.toThrow(expect.objectContaining({ message: expect.stringContaining(text.slice(0, 8)) }));
      },
    );
  });

  describe('attack 10: a restart', () => {
    it('gives no used nonce back, keeps an unused one, and nobody opens the store meanwhile', async () => {
      const directory = join(place, 'store');
      const tenant = tenantId('market');
      const challenge = (name: string) => ({
        tenant,
        state: `state-${name}`,
        nonce: `nonce-${name}` as Nonce,
        audience: 'market',
        channel: 'behind_the_meter',
        sessionThumbprint: '' as const,
        expiresAt: (NOON + 300) as Instant,
      });
      const use = (name: string) => ({ tenant, state: `state-${name}`, nonce: `nonce-${name}` as Nonce, at: NOON });
      await seedStoreDirectory(directory);
      const first = await openStore({ kind: 'pglite', directory });
      const before = createChallengeRepository(first);
      await before.issueChallenge(challenge('used'));
      await before.issueChallenge(challenge('open'));
      expect((await before.consumeChallenge(use('used'))).ok).toBe(true);
      await expect(openStore({ kind: 'pglite', directory })).rejects.toMatchObject({ code: 'CONFLICT' });
      await first.close();
      const second = await openStore({ kind: 'pglite', directory });
      const after = createChallengeRepository(second);
      expect((await after.consumeChallenge(use('used'))).refusal?.code).toBe('CHALLENGE_UNKNOWN');
      expect((await after.consumeChallenge(use('open'))).ok).toBe(true);
      await second.close();
    });
  });
});
