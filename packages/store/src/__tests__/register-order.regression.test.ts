import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { instant, tenantId } from '@gridpass/core';
import type { Digest } from '@gridpass/core';
import { openTestStore } from '@gridpass/testkit';
import { createRegisterRepository } from '../index.js';
import type { Store } from '../index.js';
import { entryOf } from './register-entry.js';

const AT = instant(1_790_000_000);

let store: Store;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

/** An entry as one of two files has it. */
const of = (file: string, code: string) => {
  const { entry } = entryOf(code);
  return { entry: { ...entry, longName: `${code} of ${file}` }, digest: `${code} of ${file}` as Digest };
};

describe('of two imports at once the one that began later is believed', () => {
  const begin = async (name: string) => {
    const register = createRegisterRepository(store);
    const tenant = tenantId(name);
    const [first, second] = [await register.beginImport(), await register.beginImport()];
    const save = (file: string, begun: number, ...codes: readonly string[]) =>
      register.saveEntries(
        tenant,
        codes.map((code) => of(file, code)),
        { begun, at: AT },
      );
    const retire = (begun: number) => register.retireUnseen(tenant, { kinds: ['party'], begun, at: AT, mostPpm: 0, confirmed: 9 });
    const standing = async () => {
      const rows = await store.db
        .selectFrom('register_entry')
        .select(['long_name', 'vanished_at'])
        .where('tenant', '=', tenant)
        .orderBy('code')
        .execute();
      return rows.filter((row) => row.vanished_at === null).map((row) => row.long_name);
    };
    return { first, second, save, retire, standing, tenant, register };
  };

  it('row by row, in whatever order they write', async () => {
    const { first, second, save, standing } = await begin('rows');
    expect(await save('A', first, 'a', 'b')).toMatchObject({ added: 2 });
    expect(await save('B', second, 'b', 'c')).toMatchObject({ added: 1, updated: 1 });
    expect(await save('A', first, 'b', 'c', 'd')).toEqual({ added: 1, updated: 0, unchanged: 2 });
    expect(await standing()).toEqual(['a of A', 'b of B', 'c of B', 'd of A']);
    // The same import may correct itself.
    expect(await save('B2', second, 'b')).toMatchObject({ updated: 1 });
  });

  it('of a whole register, also where the earlier one goes on after it', async () => {
    const { first, second, save, retire, standing, register, tenant } = await begin('whole');
    await save('A', first, 'a', 'b');
    await save('B', second, 'b', 'c');
    expect(await retire(second)).toEqual({ kind: 'retired', vanished: 1 });
    // What vanished does not come back by it, and what is new in it is not of the later register.
    expect(await save('A', first, 'a', 'c', 'd')).toEqual({ added: 0, updated: 0, unchanged: 3 });
    await retire(first);
    expect(await standing()).toEqual(['b of B', 'c of B']);
    // What begins after it counts again.
    await save('C', await register.beginImport(), 'a');
    expect(await standing()).toEqual(['a of C', 'b of B', 'c of B']);
    expect(await register.countEntries(tenant)).toBe(3);
  });

  it('of a whole register of one kind, and not of the other', async () => {
    const { first, second, save, retire, register, tenant } = await begin('kinds');
    await save('B', second, 'b');
    await retire(second);
    const area = of('A', 'y');
    expect(
      await register.saveEntries(tenant, [{ ...area, entry: { ...area.entry, kind: 'area' } }], { begun: first, at: AT }),
    ).toMatchObject({
      added: 1,
    });
  });

  it('of a register that retired nothing, its rows alone', async () => {
    const { first, second, save, register, tenant, standing } = await begin('refused');
    await save('A', first, 'a', 'b', 'c');
    await save('B', second, 'c');
    expect(await register.retireUnseen(tenant, { kinds: ['party'], begun: second, at: AT, mostPpm: 0 })).toEqual({
      kind: 'too-many',
      missing: 2,
    });
    expect(await save('A', first, 'c', 'd')).toMatchObject({ added: 1, unchanged: 1 });
    expect(await standing()).toEqual(['a of A', 'b of A', 'c of B', 'd of A']);
  });
});
