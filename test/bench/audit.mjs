// The audit log: records written down durably before anything follows from them. Peer: the same rows inserted by unnest, in the
// same batches, without hashing, chaining or receipts.
import { createAuditLog, createForgetfulCheckpoints } from '@gridpass/audit';
import { instant, tenantId } from '@gridpass/core';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';
import { createAuditRepository } from '@gridpass/store';
import { openTestStore } from '@gridpass/testkit';
import { sql } from 'kysely';
// Not by the front door: only the store's own repositories spell arrays, and the peer is given them in the same form.
import { bytesArray } from '../../packages/store/dist/dialect/binary-array.js';

const record = (i) => ({
  kind: 'decision',
  requestId: `request-${i}`,
  at: instant(1_790_000_000),
  action: 'behind_the_meter:use',
  effect: 'permit',
  reasons: ['behind-the-meter'],
  actor: 'salted:abc',
  evidence: { grant: `grant-${i}`, admission: 7 },
});

export default async function bench({ rate, table }) {
  const store = await openTestStore();
  const audit = createAuditLog({
    repository: createAuditRepository(store),
    signer: createSigner(generatePrivateJwk('EdDSA')),
    origin: 'bench',
    checkpoints: createForgetfulCheckpoints(),
  });
  await sql`create table plain (tenant text, index bigint, leaf bytea, entry text, primary key (tenant, index))`.execute(store.db);
  const tenant = tenantId('bench');
  const text = JSON.stringify(record(1));
  const leaf = new Uint8Array(32);
  let i = 0;
  const rows = [];
  for (const width of [1, 32, 256]) {
    const appends = width * (await rate(() => Promise.all(Array.from({ length: width }, () => audit.appendRecord(tenant, record(i++))))));
    const inserts =
      width *
      (await rate(() => {
        const indexes = Array.from({ length: width }, () => i++);
        return sql`insert into plain select 'bench', * from unnest(${indexes}::bigint[], ${bytesArray(indexes.map(() => leaf))}::bytea[], ${indexes.map(() => text)}::text[])`.execute(
          store.db,
        );
      }));
    rows.push([width, appends.toFixed(0), inserts.toFixed(0), `${(appends / inserts).toFixed(2)}x`]);
  }
  table(['at once', 'appends per s', 'plain inserts per s', 'ratio'], rows);
  await store.close();
}
