import { InputError } from '@gridpass/core';
import { readRestoreMark, type Store } from '@gridpass/store';

/** InputError CONFLICT with the command that finishes it, where a restore into the store is not through. */
export async function assertRestored(store: Pick<Store, 'db'>): Promise<void> {
  const mark = await readRestoreMark(store);
  if (mark === undefined) return;
  const missing = mark.state === 'loading' ? 'not all of its rows are there' : 'its logs are not laid out yet';
  throw new InputError(
    'CONFLICT',
    `the database is half restored: ${missing}; run \`gridpass restore PROGRAM CONFIG --from BACKUP\` again, with the same backup and the same --log`,
  );
}
