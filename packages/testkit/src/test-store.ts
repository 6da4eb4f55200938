import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createEngine, createStoreImage, openStore, type Store } from '@gridpass/store';

const CACHE = new URL('../../../node_modules/.cache/gridpass/', import.meta.url);
const STORE = new URL('../../store/', import.meta.url);

type Engine = Awaited<ReturnType<typeof createEngine>>;

/** What the environment of a test file brings (test/environment.cjs); outside of tests there is none of it. */
const environment = globalThis as { readonly [key: symbol]: unknown };
/** What is closed at the end of the test file. */
const closers = environment[Symbol.for('gridpass.test.closers')] as (() => Promise<void>)[] | undefined;
/** Emptied engines that earlier stores of this worker have left, by the name of their image. */
const engines = environment[Symbol.for('gridpass.test.engines')] as Map<string, Engine[]> | undefined;

/** More than this many idle engines of a worker only cost memory, some 250 MB each. */
const MOST_IDLE = 3;

/**
 * Opens a store in memory that is migrated and empty. Building a PGlite database takes seconds, so one image of it is made for
 * each version of PGlite and of the migrations, kept on disk and copied from then on; and copying takes one, so a store that
 * was closed leaves its engine to the next one of the same worker. Close the store at the end.
 */
export async function openTestStore(): Promise<Store> {
  const { engine, leave } = await takeEngine();
  const store = await openStore({ kind: 'pglite', engine });
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await store.close();
    await leave();
  };
  return { ...store, close: () => (closing ??= close()) };
}

/**
 * A migrated engine for whatever opens its store itself. It is taken back when the test file ends, or closed where the test changes the
 * schema and leaves nothing that another could begin with; outside of tests the caller closes it.
 */
export async function createTestEngine(afterwards: 'reuse' | 'close' = 'reuse'): Promise<Engine> {
  const { engine, leave } = await takeEngine();
  if (afterwards === 'reuse') closers?.unshift(leave);
  return engine;
}

async function takeEngine(): Promise<{ readonly engine: Engine; readonly leave: () => Promise<void> }> {
  const name = await imageName();
  const known = new URL(`${name}.tar`, CACHE);
  const engine =
    engines?.get(name)?.pop() ?? (await createEngine(existsSync(known) ? new Uint8Array(await readFile(known)) : await makeImage(name)));
  let left: Promise<void> | undefined;
  // What no one has left by the end of the file may be in the middle of something.
  closers?.push(() => left ?? engine.close());
  return { engine, leave: () => (left ??= leaveEngine(engine, name)) };
}

async function leaveEngine(engine: Engine, name: string): Promise<void> {
  if (engines === undefined || (engines.get(name)?.length ?? 0) >= MOST_IDLE) return engine.close();
  await empty(engine);
  engines.set(name, [...(engines.get(name) ?? []), engine]);
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

/** Fills `directory` with a migrated and empty store, as a program left it that was closed; building one there takes seconds. */
export async function seedStoreDirectory(directory: string): Promise<void> {
  const known = new URL(`${await imageName()}.directory/`, CACHE);
  if (!existsSync(known)) {
    const part = new URL(`${randomUUID()}/`, CACHE);
    const store = await openStore({ kind: 'pglite', directory: fileURLToPath(part) });
    await store.migrate();
    await store.close();
    await rename(part, known).catch(async (cause: unknown) => {
      // Where another process was quicker, its directory is as good.
      if (!existsSync(known)) throw cause;
      await rm(part, { recursive: true });
    });
  }
  await cp(known, directory, { recursive: true });
}

/** Changes with the pinned version of PGlite, which package.json names, and with the text of any migration. */
async function imageName(): Promise<string> {
  const migrations = new URL('src/migrations/', STORE);
  const files = (await readdir(migrations)).filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts')).sort();
  const hash = createHash('sha256');
  for (const url of [new URL('package.json', STORE), ...files.map((file) => new URL(file, migrations))])
    hash.update(await readFile(url)).update('\0');
  return `store-${hash.digest('hex').slice(0, 32)}`;
}

/** Several test processes may do this at once: each renames a whole file into place, and they are all alike. */
async function makeImage(name: string): Promise<Uint8Array> {
  const image = await createStoreImage();
  await mkdir(CACHE, { recursive: true });
  const old = (await readdir(CACHE)).filter((file) => /^store-[0-9a-f]{32}\./.test(file) && !file.startsWith(name));
  const part = new URL(randomUUID(), CACHE);
  await writeFile(part, image, { mode: 0o600 });
  await rename(part, new URL(`${name}.tar`, CACHE));
  await Promise.all(old.map((file) => rm(new URL(file, CACHE), { force: true, recursive: true })));
  return image;
}
