import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { linesOf, seedStoreDirectory, spawnTypeScript, startPostgres } from '@gridpass/testkit';
import type { TestPostgres } from '@gridpass/testkit';
import { sql } from 'kysely';
import { isUniqueViolation, openStore } from '../index.js';
import { keysNotBeginningWithTenant } from './primary-keys.js';

describe('openStore with a PostgreSQL server', () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());

  it('lets many starting programs migrate at once', async () => {
    const url = await server.createDatabase();
    const stores = await Promise.all([1, 2, 3, 4].map(() => openStore({ kind: 'postgres', url, maxConnections: 2 })));
    const ran = await Promise.all(stores.map((store) => store.migrate()));
    expect(ran.filter((names) => names.length > 0)).toHaveLength(1);
    const [store] = stores;
    expect(await keysNotBeginningWithTenant(store!.db)).toEqual([]);
    expect((await store!.migrateDown(1000)).length).toBeGreaterThanOrEqual(2);
    expect((await store!.migrate()).length).toBeGreaterThanOrEqual(2);
    await Promise.all(stores.map((each) => each.close()));
  });

  it('speaks the same types as PGlite', async () => {
    const store = await openStore({ kind: 'postgres', url: server.url });
    const { rows } = await sql`select ${2 ** 40}::bigint as big, ${new Uint8Array([1, 0, 255])}::bytea as bytes`.execute(store.db);
    expect(rows).toEqual([{ big: 2 ** 40, bytes: new Uint8Array([1, 0, 255]) }]);
    await store.close();
  });

  it('knows a duplicate key from a lost connection', async () => {
    const store = await openStore({ kind: 'postgres', url: await server.createDatabase(), maxConnections: 2 });
    await store.migrate();
    const insert = (): Promise<unknown> => sql`insert into audit_salt values ('t', 's', ${new Uint8Array(1)})`.execute(store.db);
    await insert();
    expect(isUniqueViolation(await insert().catch((error: unknown) => error))).toBe(true);
    // The server ends our own session in the middle of a query.
    await expect(sql`select pg_terminate_backend(pg_backend_pid())`.execute(store.db)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    // The pool replaces it.
    await expect(sql`select 1 as one`.execute(store.db)).resolves.toMatchObject({ rows: [{ one: 1 }] });
    await store.close();
  });

  it('says STORE_UNAVAILABLE when the server is gone or was never there', async () => {
    const own = await startPostgres();
    const store = await openStore({ kind: 'postgres', url: own.url });
    await sql`select 1`.execute(store.db);
    await own.stop();
    await expect(sql`select 1`.execute(store.db)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(store.transaction(async () => 1)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await store.close();
  });
});

describe('openStore with PGlite in a directory', () => {
  let parent: string;
  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'gridpass-store-'));
  });
  afterAll(() => rm(parent, { recursive: true, force: true }));

  it('keeps every acknowledged row when its process is killed, and refuses a second process before that', async () => {
    const directory = join(parent, 'data');
    await seedStoreDirectory(directory);
    const writer = spawnTypeScript(join(import.meta.dirname, 'writer.ts'), [directory]);
    // Its output ends a moment before the system has done with it.
    const ended = new Promise((resolve) => writer.once('exit', resolve));
    let last = -1;
    for await (const line of linesOf(writer)) {
      last = Number(line);
      if (last === 20)
        await expect(openStore({ kind: 'pglite', directory })).rejects.toMatchObject({
          code: 'CONFLICT',
          message: expect.stringContaining(`process ${writer.pid}`),
        });
      if (last === 200) writer.kill('SIGKILL');
    }
    await ended;
    expect(last).toBeGreaterThanOrEqual(200);
    const store = await openStore({ kind: 'pglite', directory });
    const { rows } = await sql<{
      n: number;
    }>`select count(*) as n from audit_salt where tenant = 't' and subject_ref::bigint <= ${last}`.execute(store.db);
    expect(rows).toEqual([{ n: last + 1 }]);
    await store.close();
  });
});
