import { InputError } from '@gridpass/core';
import { migrateTo } from '../migrate.js';
import { MIGRATIONS } from '../migrations/index.js';
import type { Executor } from '../database.js';
import type { Store } from '../open.js';
import { tablesWithRows } from './catalog.js';
import { beginRestoreMark, readRestoreMark, type RestoreMark } from './restore-mark.js';

/** InputError CONFLICT for a backup of a database that this version does not know: a newer one, or one of another line of versions. */
export function assertMigrationsKnown(migrations: readonly string[]): void {
  const known = Object.keys(MIGRATIONS).sort();
  const strange = migrations.find((name, at) => known[at] !== name);
  if (strange === undefined && migrations.length > 0) return;
  throw new InputError(
    'CONFLICT',
    `the backup has the migration ${strange ?? '(none)'}, which this version has not there; restore it with the version that made it, or a newer one`,
  );
}

/** InputError CONFLICT with the tables that hold something, and what to do. */
export async function assertEmpty(db: Executor): Promise<void> {
  const filled = await tablesWithRows(db);
  if (filled.length > 0)
    throw new InputError(
      'CONFLICT',
      `the database is not empty: rows in ${filled.join(', ')}; stop every process that has it open, and restore into an empty one`,
    );
}

/**
 * Makes an empty database ready for {@link loadSnapshot}: marks it, and gives it the migrations of the backup. One that a restore of the same
 * backup left is gone on with: its mark says where. InputError CONFLICT, with what is there, for any other that is not empty.
 */
export async function prepareRestore(store: Store, backup: string, migrations: readonly string[]): Promise<RestoreMark['state']> {
  assertMigrationsKnown(migrations);
  const mark = await readRestoreMark(store);
  if (mark !== undefined && mark.backup !== backup)
    throw new InputError(
      'CONFLICT',
      'another backup is half restored into the database; go on with that one, or begin with an empty database',
    );
  if (mark?.state === 'logs') return 'logs';
  await assertEmpty(store.db);
  if (mark === undefined) await beginRestoreMark(store, backup);
  await migrateTo(store.db, migrations.at(-1) ?? '');
  return 'loading';
}
