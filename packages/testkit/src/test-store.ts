import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { createEngine, createStoreImage, openStore, type Store } from '@gridpass/store';

const CACHE = new URL('../../../node_modules/.cache/gridpass/', import.meta.url);
const STORE = new URL('../../store/', import.meta.url);

type Engine = Awaited<ReturnType<typeof createEngine>>;

/** Engines that an earlier store of this test file has left, emptied. */
const idle: Engine[] = [];

/** What the environment of a test file closes at its end (test/environment.cjs); outside of tests there is none. */
const closers = (globalThis as { readonly [key: symbol]: unknown })[Symbol.for('gridpass.test.closers')] as
  (() => Promise<void>)[] | undefined;

/**
 * Opens a store in memory that is migrated and empty. Building a PGlite database takes seconds, so one image of it is made for
 * each version of PGlite and of the migrations, kept on disk and copied from then on; and copying takes one, so a store that
 * was closed leaves its engine to the next of the same test file. Close the store at the end.
 */
export async function openTestStore(): Promise<Store> {
  const engine = idle.pop() ?? (await createTestEngine());
  const store = await openStore({ kind: 'pglite', engine });
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await store.close();
    if (closers === undefined) return engine.close();
    await empty(engine);
    idle.push(engine);
  };
  return { ...store, close: () => (closing ??= close()) };
}

/** INVARIANT: the next store finds what a migrated database begins with: no rows, counters at their start, no open transaction. */
async function empty(engine: Engine): Promise<void> {
  for (const statement of ['rollback', 'discard all']) await engine.exec(statement);
  const { rows } = await engine.query<{ name: string; kind: string }>(
    `select relname as name, relkind as kind from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'S')`,
  );
  const of = (kind: string): string[] => rows.filter((row) => row.kind === kind).map(({ name }) => `"${name}"`);
  const tables = of('r').filter((name) => !name.startsWith('"kysely_'));
  await engine.exec(
    [
      'begin',
      'set local session_replication_role = replica',
      ...tables.map((name) => `delete from ${name}`),
      ...of('S').map((name) => `alter sequence ${name} restart`),
      'commit',
    ].join(';'),
  );
}

/** A migrated engine for whatever opens its store itself. It is closed when the test file ends; outside of tests by the caller. */
export async function createTestEngine(): Promise<Engine> {
  const name = await imageName();
  const known = new URL(name, CACHE);
  const engine = await createEngine(existsSync(known) ? new Uint8Array(await readFile(known)) : await makeImage(name));
  closers?.push(() => engine.close());
  return engine;
}

/** Changes with the pinned version of PGlite, which package.json names, and with the text of any migration. */
async function imageName(): Promise<string> {
  const migrations = new URL('src/migrations/', STORE);
  const files = (await readdir(migrations)).filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts')).sort();
  const hash = createHash('sha256');
  for (const url of [new URL('package.json', STORE), ...files.map((file) => new URL(file, migrations))])
    hash.update(await readFile(url)).update('\0');
  return `store-${hash.digest('hex').slice(0, 32)}.tar`;
}

/** Several test processes may do this at once: each renames a whole file into place, and they are all alike. */
async function makeImage(name: string): Promise<Uint8Array> {
  const image = await createStoreImage();
  await mkdir(CACHE, { recursive: true });
  const old = (await readdir(CACHE)).filter((file) => /^store-[0-9a-f]{32}\.tar$/.test(file) && file !== name);
  const part = new URL(`${name}.${randomUUID()}`, CACHE);
  await writeFile(part, image, { mode: 0o600 });
  await rename(part, new URL(name, CACHE));
  await Promise.all(old.map((file) => rm(new URL(file, CACHE), { force: true })));
  return image;
}
