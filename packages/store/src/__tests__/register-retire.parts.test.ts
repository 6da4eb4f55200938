import { expect, it } from '@jest/globals';
import { instant, tenantId } from '@gridpass/core';
import { createRegisterRepository } from '../index.js';
import { entryOf } from './register-entry.js';
import { openTwoConnections } from './two-connections.js';

const TENANT = tenantId('t');
const AT = instant(1_790_000_000);

const replicas = openTwoConnections();

it('retires what it counted: another import waits until that is done', async () => {
  const register = createRegisterRepository(replicas.store);
  await register.saveEntries(TENANT, ['one', 'two'].map(entryOf), { begun: await register.beginImport(), at: AT });
  const begun = await register.beginImport();
  const later = await register.beginImport();
  let done = 0;
  const counted = async <T>(work: Promise<T>): Promise<T> => {
    const result = await work;
    done += 1;
    return result;
  };
  const acts = await replicas.other.transaction(async (tx) => {
    // One row is held, so that the retirement stops between its count and its change.
    await tx.selectFrom('register_entry').select('code').where('code', '=', 'one').forUpdate().execute();
    const retire = counted(register.retireUnseen(TENANT, { kinds: ['party'], begun, at: AT, mostPpm: 0, confirmed: 2 }));
    await replicas.untilWaiting(1, () => done > 0);
    const save = counted(register.saveEntries(TENANT, [entryOf('two')], { begun: later, at: AT }));
    await replicas.untilWaiting(2, () => done > 0);
    expect(done).toBe(0);
    return [retire, save] as const;
  });
  expect(await acts[0]).toEqual({ kind: 'retired', vanished: 2 });
  // It comes after the retirement, and so brings back what that took.
  expect(await acts[1]).toMatchObject({ updated: 1 });
});
