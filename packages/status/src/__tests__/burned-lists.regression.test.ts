import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { assertOk, tenantId } from '@gridpass/core';
import type { StatusReference } from '@gridpass/core';
import { createStatusRepository } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { createFakeClock, openTestStore } from '@gridpass/testkit';
import { MIN_LIST_SIZE, burnBits, createStatusIssuer, readLsbFirst, readMsbFirst } from '../index.js';

const TENANT = tenantId('dso');
const listUri = (tenant: string, listId: string): string => `https://dso.example/${tenant}/status/${listId}`;
const settings = { listSize: MIN_LIST_SIZE, listLifeSeconds: 3_600, ttlSeconds: 10, resignSeconds: 120 };

let store: Store;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

describe('a list of a database that was put back to an older day', () => {
  it('says revoked of each entry that was given out since, and of no entry that the database knows', async () => {
    const repository = createStatusRepository(store);
    const issuer = createStatusIssuer({ repository, clock: createFakeClock(), settings, listUri });
    const both = async (): Promise<readonly StatusReference[]> => [
      ...(await issuer.allocateStatus(TENANT, 'dc+sd-jwt')),
      ...(await issuer.allocateStatus(TENANT, 'vc+jwt')),
    ];
    const [valid, suspended, revoked] = [await both(), await both(), await both()];
    assertOk(await issuer.setStatus(TENANT, suspended, 'suspended'));
    assertOk(await issuer.setStatus(TENANT, revoked, 'revoked'));
    const backup = await store.db.selectFrom('status_list').selectAll().where('tenant', '=', TENANT).execute();

    const since = await both();
    assertOk(await issuer.setStatus(TENANT, since, 'revoked'));
    for (const { list_id: listId, bits, used, version } of backup)
      await store.db.updateTable('status_list').set({ bits, used, version }).where('list_id', '=', listId).execute();
    for (const { uri, index } of since)
      await store.db
        .deleteFrom('status_entry')
        .where('list_id', '=', uri.split('/').at(-1) ?? '')
        .where('idx', '=', index)
        .execute();

    const read = async (references: readonly StatusReference[]): Promise<readonly number[]> =>
      Promise.all(
        references.map(async ({ uri, index }) => {
          const { list } = (await repository.readList(TENANT, uri.split('/').at(-1) ?? ''))!;
          return list.kind === 'token' ? readLsbFirst(list.bits, index, 2) : readMsbFirst(list.bits, index);
        }),
      );
    expect(await read(since)).toEqual([0, 0, 0]);
    const before = [await read(valid), await read(suspended), await read(revoked)];
    expect(before).toEqual([
      [0, 0, 0],
      [2, 0, 1],
      [1, 1, 0],
    ]);

    await repository.burnLists(TENANT, burnBits);
    // Token list, revocation list; the suspension list is left, as the revocation list decides.
    expect(await read(since)).toEqual([1, 1, 0]);
    expect([await read(valid), await read(suspended), await read(revoked)]).toEqual(before);
    // Burned twice, as after a crash, it says the same; and what is known can be changed still.
    await repository.burnLists(TENANT, burnBits);
    expect(await read(since)).toEqual([1, 1, 0]);
    assertOk(await issuer.setStatus(TENANT, valid, 'revoked'));
    expect(await read(valid)).toEqual([1, 1, 0]);
    expect(await issuer.setStatus(TENANT, since, 'valid')).toMatchObject({ refusal: { code: 'NOT_FOUND' } });
  });

  it('says revoked of all but what is known, to the last entry', () => {
    const size = 16;
    const known = [0, 3, 15];
    const token = burnBits({ listId: 'a', kind: 'token', size, version: 1, bits: new Uint8Array(4) }, known);
    const bits = burnBits({ listId: 'b', kind: 'revocation', size, version: 1, bits: new Uint8Array(2) }, known);
    for (let index = 0; index < size; index += 1) {
      expect(readLsbFirst(token, index, 2)).toBe(known.includes(index) ? 0 : 1);
      expect(readMsbFirst(bits, index)).toBe(known.includes(index) ? 0 : 1);
    }
  });
});
