import { PGlite } from '@electric-sql/pglite';
import { Kysely } from 'kysely';
import { prepareWasmHost } from '@gridpass/codec';
import type { Database } from './database.js';
import { pgliteDialect } from './dialect/pglite.js';
import { migrateUp } from './migrate.js';

/**
 * Makes an empty, migrated PGlite data directory, uncompressed, for `createEngine` to begin from: building a
 * database costs seconds, copying one a fraction of that. It fits this version of PGlite and of the migrations only.
 */
export async function createStoreImage(): Promise<Uint8Array> {
  prepareWasmHost();
  const engine = await PGlite.create();
  try {
    const db = new Kysely<Database>({ dialect: pgliteDialect(engine) });
    await migrateUp(db);
    await db.destroy();
    const image = await engine.dumpDataDir('none');
    return new Uint8Array(await image.arrayBuffer());
  } finally {
    await engine.close();
  }
}
