// Writes rows to a PGlite directory and prints each number once its row is acknowledged; waits to be killed.
import { sql } from 'kysely';
import { openStore } from '../index.js';

const store = await openStore({ kind: 'pglite', directory: process.argv[2] ?? '' });
await store.migrate();
for (let n = 0; ; n += 1) {
  await sql`insert into audit_salt (tenant, subject_ref, salt) values ('t', ${String(n)}, ${new Uint8Array([n & 255])})`.execute(store.db);
  process.stdout.write(`${n}\n`);
}
