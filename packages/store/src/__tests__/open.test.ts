import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestEngine, seedStoreDirectory } from '@gridpass/testkit';
import { sql } from 'kysely';
import { openStore } from '../index.js';
import type { Store } from '../index.js';
import { keysNotBeginningWithTenant } from './primary-keys.js';

// A database that is begun from nothing is proven before any test runs: test/prepare.ts builds one in memory and one in a directory.
describe('openStore with PGlite in memory', () => {
  let store: Store;
  beforeAll(async () => {
    store = await openStore({ kind: 'pglite', engine: await createTestEngine('close') });
  });
  afterAll(() => store.close());

  it('begins every primary key with the tenant', async () => {
    expect(await keysNotBeginningWithTenant(store.db)).toEqual([]);
  });

  it('has nothing left to migrate the second time', async () => {
    expect(await store.migrate()).toEqual([]);
  });

  it('never runs a statement of another asker between begin and commit', async () => {
    await sql`create table turns (tenant text, n bigint)`.execute(store.db);
    const count = async (): Promise<number> =>
      (await sql<{ n: number }>`select count(*) as n from turns`.execute(store.db)).rows[0]?.n ?? -1;
    const seen: number[] = [];
    await Promise.all([
      store.transaction(async (tx) => {
        await sql`insert into turns values ('t', 1)`.execute(tx);
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
        await sql`insert into turns values ('t', 2)`.execute(tx);
      }),
      count().then((n) => seen.push(n)),
      count().then((n) => seen.push(n)),
    ]);
    expect(seen.every((n) => n === 0 || n === 2)).toBe(true);
    await expect(
      store.transaction(async (tx) => {
        await sql`insert into turns values ('t', 3)`.execute(tx);
        throw new RangeError('no');
      }),
    ).rejects.toThrow(RangeError);
    expect(await count()).toBe(2);
    await sql`drop table turns`.execute(store.db);
  });

  it('refuses the pool inside a transaction instead of waiting for itself', async () => {
    await expect(store.transaction(() => sql`select 1`.execute(store.db))).rejects.toMatchObject({ code: 'INTERNAL' });
    await expect(sql`select 1 as one`.execute(store.db)).resolves.toMatchObject({ rows: [{ one: 1 }] });
  });

  it('gives bigint as number and bytea as bytes, and takes them', async () => {
    const { rows } = await sql`select ${2 ** 40}::bigint as big, ${new Uint8Array([1, 0, 255])}::bytea as bytes`.execute(store.db);
    expect(rows).toEqual([{ big: 2 ** 40, bytes: new Uint8Array([1, 0, 255]) }]);
  });

  it('goes down and up again', async () => {
    const down = await store.migrateDown(1000);
    expect(down.length).toBeGreaterThanOrEqual(2);
    const { rows } =
      await sql`select table_name from information_schema.tables where table_schema = 'public' and table_name not like 'kysely%'`.execute(
        store.db,
      );
    expect(rows).toEqual([]);
    expect(await store.migrate()).toHaveLength(down.length);
  });
});

describe('openStore with PGlite in a directory', () => {
  let parent: string;
  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'gridpass-store-'));
  });
  afterAll(() => rm(parent, { recursive: true, force: true }));

  it('refuses a directory in use, says by whom, and takes it after a close or a crash', async () => {
    const directory = join(parent, 'data');
    await seedStoreDirectory(directory);
    const first = await openStore({ kind: 'pglite', directory });
    await expect(openStore({ kind: 'pglite', directory })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining(`process ${process.pid}`),
    });
    await first.close();
    // What a killed process leaves behind: a lock whose process is gone, or whose number now belongs to another.
    await writeFile(join(directory, 'lock'), `${process.pid} another-start x\n`);
    const second = await openStore({ kind: 'pglite', directory });
    await second.close();
  });
});
