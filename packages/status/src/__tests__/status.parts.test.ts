import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeBase64url } from '@gridpass/codec';
import { assertOk, tenantId } from '@gridpass/core';
import { parseCompactJws } from '@gridpass/keys';
import { createStatusRepository, openStore } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { createFakeClock, createParty, startPostgres } from '@gridpass/testkit';
import type { TestPostgres } from '@gridpass/testkit';
import { inflateSync } from 'node:zlib';
import { createStatusIssuer, readLsbFirst } from '../index.js';

const TENANT = tenantId('dso');
const settings = { listSize: 131_072, listLifeSeconds: 3_600, ttlSeconds: 10, resignSeconds: 120 };
const listUri = (tenant: string, listId: string): string => `https://dso.example/${tenant}/status/${listId}`;

describe('status lists of several replicas on one PostgreSQL', () => {
  let server: TestPostgres;
  let stores: Store[];
  beforeAll(async () => {
    server = await startPostgres();
    const url = await server.createDatabase();
    stores = await Promise.all([1, 2, 3].map(() => openStore({ kind: 'postgres', url, maxConnections: 4 })));
    await stores[0]!.migrate();
  });
  afterAll(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await server.stop();
  });

  it('hand out no index twice and lose no revocation, and no older publication follows a newer', async () => {
    const clock = createFakeClock();
    const issuers = stores.map((store) => createStatusIssuer({ repository: createStatusRepository(store), clock, settings, listUri }));
    const signer = createParty('dso');
    const versions: number[][] = [];
    const references = (
      await Promise.all(
        issuers.flatMap((issuer) =>
          [1, 2, 3, 4].map(async () => {
            const mine = [];
            const seen: number[] = [];
            for (let n = 0; n < 12; n += 1) {
              const [reference] = await issuer.allocateStatus(TENANT, 'dc+sd-jwt');
              mine.push(reference!);
              expect(await issuer.setStatus(TENANT, [reference!], 'revoked')).toMatchObject({ ok: true });
              const { body } = assertOk(await issuer.publishList(TENANT, reference!.uri.split('/').at(-1) ?? '', signer));
              seen.push(Number(assertOk(parseCompactJws(body)).payload['list_version']));
            }
            versions.push(seen);
            return mine;
          }),
        ),
      )
    ).flat();
    expect(new Set(references.map(({ uri, index }) => `${uri}#${index}`)).size).toBe(144);
    for (const seen of versions) expect(seen).toEqual([...seen].sort((a, b) => a - b));
    const { uri } = references[0]!;
    const { body } = assertOk(await issuers[0]!.publishList(TENANT, uri.split('/').at(-1) ?? '', signer));
    const list = assertOk(parseCompactJws(body)).payload['status_list'] as { lst: string };
    const bits = new Uint8Array(inflateSync(assertOk(decodeBase64url(list.lst))));
    for (const { index } of references) expect(readLsbFirst(bits, index, 2)).toBe(1);
    expect(bits.reduce((sum, byte) => sum + [...byte.toString(2)].filter((bit) => bit === '1').length, 0)).toBe(144);
  });

  it('open one list when all start at once, and a new one when it is half full', async () => {
    const tenant = tenantId('full');
    const repositories = stores.map(createStatusRepository);
    let next = 0;
    const allocate = (repository: ReturnType<typeof createStatusRepository>) =>
      repository.allocateEntry({
        tenant,
        kind: 'revocation',
        size: 131_072,
        bytes: 16_384,
        pick: () => (next += 1),
        newListId: () => `list-${(next += 1)}`,
      });
    const first = await Promise.all(repositories.flatMap((repository) => [1, 2, 3].map(() => allocate(repository))));
    expect(new Set(first.map(({ listId }) => listId)).size).toBe(1);
    await stores[0]!.db.updateTable('status_list').set({ used: 65_535 }).where('tenant', '=', tenant).execute();
    const last = await allocate(repositories[0]!);
    const after = await Promise.all(repositories.map(allocate));
    expect(last.listId).toBe(first[0]?.listId);
    expect(new Set(after.map(({ listId }) => listId)).size).toBe(1);
    expect(after[0]?.listId).not.toBe(last.listId);
  });

  it('takes an allocation back with the transaction it was made in, and tries another index when one is taken', async () => {
    const tenant = tenantId('undone');
    const [store] = stores;
    const repository = createStatusRepository(store!);
    const query = { tenant, kind: 'token', size: 131_072, bytes: 32_768, newListId: () => 'list' } as const;
    await expect(
      store!.transaction(async (tx) => {
        await repository.allocateEntry({ ...query, pick: () => 7 }, tx);
        throw new RangeError('the issuance failed');
      }),
    ).rejects.toThrow(RangeError);
    expect(await repository.allocateEntry({ ...query, pick: () => 7 })).toEqual({ listId: 'list', index: 7 });
    const picks = [7, 7, 8];
    expect(await repository.allocateEntry({ ...query, pick: () => picks.shift() ?? 0 })).toEqual({ listId: 'list', index: 8 });
  });
});
