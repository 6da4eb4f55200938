import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startPostgres, type TestPostgres } from '@gridpass/testkit';
import { sql } from 'kysely';
import { openStore, takeTurn, type Store } from '../index.js';

let server: TestPostgres;
let [first, second]: Store[] = [];
beforeAll(async () => {
  server = await startPostgres();
  const url = await server.createDatabase();
  first = await openStore({ kind: 'postgres', url, maxConnections: 2 });
  second = await openStore({ kind: 'postgres', url, maxConnections: 2 });
});
afterAll(async () => {
  await first?.close();
  await second?.close();
  await server.stop();
});

it('who waits for its turn is told after a bound what to do, and has it once the other is done', async () => {
  let done = 0;
  const work = async (): Promise<number> => (done += 1);
  await takeTurn(first!, async () => {
    await expect(takeTurn(second!, work, 50)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringMatching(/for 0.05 seconds another process .* start again/),
    });
  });
  expect(done).toBe(0);
  expect(await takeTurn(second!, work)).toBe(1);
  // The bound is of the turn alone: connections are used by others afterwards.
  const { rows } = await sql<{ bound: string }>`select current_setting('lock_timeout') as bound`.execute(second!.db);
  expect(rows).toEqual([{ bound: '0' }]);
});
