import { expect, it } from '@jest/globals';
import { tenantId } from '@gridpass/core';
import { createStatusRepository } from '../index.js';
import { openTwoConnections } from './two-connections.js';

const TENANT = tenantId('t');

const replicas = openTwoConnections();

it('burns what is owed once: a second burn finds none, and a replica that comes late with the same export owes none', async () => {
  const status = createStatusRepository(replicas.store);
  await status.allocateEntry({ tenant: TENANT, kind: 'token', size: 131_072, bytes: 32_768, pick: () => 3, newListId: () => 'list' });
  const burnt: (readonly number[])[] = [];
  const burn: Parameters<typeof status.burnOwed>[1] = ({ bits }, known) => {
    burnt.push(known);
    return bits;
  };
  const said: boolean[] = [];
  const hear = async (isOwed: boolean): Promise<void> => void said.push(isOwed);
  expect(await status.burnOwed(TENANT, burn)).toBe(false);
  const unsaid = status.oweBurn(TENANT, 1, () => Promise.reject(new RangeError('not written down')));
  await expect(unsaid).rejects.toThrow('not written down');
  expect(await status.burnOwed(TENANT, burn)).toBe(false);
  await status.oweBurn(TENANT, 1, hear);
  await status.oweBurn(tenantId('another'), 1, hear);

  let done = 0;
  const counted = async <T>(work: Promise<T>): Promise<T> => {
    const result = await work;
    done += 1;
    return result;
  };
  const acts = await replicas.other.transaction(async (tx) => {
    // The list is held, so that the burn stops between what is owed and what it burns.
    await tx.selectFrom('status_list').select('list_id').where('tenant', '=', TENANT).forUpdate().execute();
    const first = counted(status.burnOwed(TENANT, burn));
    await replicas.untilWaiting(1, () => done > 0);
    const [owe, second] = [counted(status.oweBurn(TENANT, 1, hear)), counted(status.burnOwed(TENANT, burn))];
    await replicas.untilWaiting(3, () => done > 0);
    expect(done).toBe(0);
    // Nothing is said to the late one before the burn is done.
    expect(said).toEqual([true, true]);
    // The log is whole by the time that the late one looks at it.
    const hash = new Uint8Array(32);
    await replicas.store.db.insertInto('audit_head').values({ tenant: TENANT, size: 1, root: hash, range: hash }).execute();
    return [first, owe, second] as const;
  });
  expect(await acts[0]).toBe(true);
  await acts[1];
  expect(await acts[2]).toBe(false);
  expect(await status.burnOwed(TENANT, burn)).toBe(false);
  expect(burnt).toEqual([[3]]);
  expect(said).toEqual([true, true, false]);

  // One entry more than the log has is owed again; a burn that fails leaves it owed, and one that is done for another reason takes it away.
  await status.oweBurn(TENANT, 2, hear);
  const failing = status.burnOwed(TENANT, () => {
    throw new RangeError('no bits');
  });
  await expect(failing).rejects.toThrow('no bits');
  expect(await replicas.store.db.selectFrom('status_burn_owed').select('tenant').orderBy('tenant').execute()).toEqual([
    { tenant: 'another' },
    { tenant: 't' },
  ]);
  await status.burnLists(TENANT, burn);
  expect(await status.burnOwed(TENANT, burn)).toBe(false);
  expect(burnt).toHaveLength(2);
});
