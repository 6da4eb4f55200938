import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { assertOk, tenantId } from '@gridpass/core';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';
import { createAuditRepository, openStore } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { startPostgres } from '@gridpass/testkit';
import type { TestPostgres } from '@gridpass/testkit';
import { checkLogExport, createAuditLog, createForgetfulCheckpoints } from '../index.js';
import { linesOf, recordOf } from './records.js';

const checkpoints = createForgetfulCheckpoints();
const signer = createSigner(generatePrivateJwk('EdDSA'));

describe('the audit log of several replicas on one PostgreSQL', () => {
  let server: TestPostgres;
  let stores: Store[];
  beforeAll(async () => {
    server = await startPostgres();
    const url = await server.createDatabase();
    stores = await Promise.all([1, 2, 3, 4].map(() => openStore({ kind: 'postgres', url, maxConnections: 3 })));
    await stores[0]!.migrate();
  });
  afterAll(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await server.stop();
  });

  it('never forks', async () => {
    const tenant = tenantId('dso');
    const logs = stores.map((store) => createAuditLog({ checkpoints, repository: createAuditRepository(store), signer, origin: 'o' }));
    for (const log of logs) await log.openLog(tenant);
    const receipts = (
      await Promise.all(
        logs.map(async (log, replica) => {
          const mine = [];
          for (let round = 0; round < 15; round += 1) {
            mine.push(...(await Promise.all([0, 1, 2].map((n) => log.appendRecord(tenant, recordOf(replica * 1_000 + round * 10 + n))))));
            if (round % 5 === 0) await log.checkpoint(tenant);
          }
          return mine;
        }),
      )
    ).flat();
    expect(new Set(receipts.map(({ index }) => index)).size).toBe(180);
    const lines = await linesOf(logs[1]!.exportLog(tenant));
    expect(assertOk(await checkLogExport(lines, { publicJwk: signer.publicJwk, receipts }))).toMatchObject({ size: 180 });
    expect(assertOk(await logs[2]!.checkDatabase(tenant))).toMatchObject({ size: 180 });
  });

  it('says AUDIT_UNAVAILABLE when the server is gone', async () => {
    const own = await startPostgres();
    const store = await openStore({ kind: 'postgres', url: own.url });
    await store.migrate();
    const log = createAuditLog({ checkpoints, repository: createAuditRepository(store), signer, origin: 'o' });
    await log.appendRecord(tenantId('t'), recordOf(1));
    await own.stop();
    await expect(log.appendRecord(tenantId('t'), recordOf(2))).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
    await store.close();
  });
});
