import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { instant, tenantId } from '@gridpass/core';
import { openTestStore } from '@gridpass/testkit';
import { createRegisterRepository } from '../index.js';
import type { Store } from '../index.js';
import { entryOf } from './register-entry.js';

const ROWS = [
  ['point', 'MeteringPointEntitlement', '{"meteringPointHash":"h1","meteringPoint":{"scheme":"gsrn","value":"133700000000000053"}}'],
  ['meter', 'DeviceCommissioning', '{"meteringPointHash":"h2","deviceDid":"did:jwk:x"}'],
  ['role', 'SystemOperatorRole', '{"party":{"scheme":"eic","value":"10X1001A1001A248"}}'],
  ['erased', 'MeteringPointEntitlement', '{}'],
] as const;

describe('a database of the version before', () => {
  let store: Store;
  beforeAll(async () => {
    store = await openTestStore();
    await store.migrate();
    for (let down: readonly string[] = []; !down.includes('021-sole-holders');) {
      down = await store.migrateDown(1);
      if (down.length === 0) throw new Error('the migration is not there');
    }
    for (const [id, type, claims] of ROWS)
      await sql`
        insert into issue_application
          (tenant, application_id, applicant, type, claims, claims_digest, evidence, valid_until, state, reason, decided_by, submitted_at)
        values ('t', ${id}, 'a', ${type}, ${claims}, ${id}, '[]', 1, 'issued', '', '', 1)`.execute(store.db);
    await sql`
      insert into register_entry
        (tenant, code, kind, display_name, long_name, status, country, responsible_party, functions, role_codes, digest, imported_at)
      values ('t', '10X1001A1001A248', 'party', '', '', 'active', '', '', '[]', '', 'd', 7)`.execute(store.db);
    await store.migrate();
    // What vanished before migration 031, and what stood then.
    for (let down: readonly string[] = []; !down.includes('031-register-seen');) {
      down = await store.migrateDown(1);
      if (down.length === 0) throw new Error('the migration is not there');
    }
    for (const [code, vanishedAt] of [...['a', 'b', 'c', 'd'].map((name) => [name, null] as const), ['gone', 5] as const])
      await sql`
        insert into register_entry
          (tenant, code, kind, display_name, long_name, status, country, responsible_party, functions, role_codes, digest, imported_at, vanished_at)
        values ('u', ${code}, 'party', '', '', 'active', '', '', '[]', '', ${code}, 7, ${vanishedAt})`.execute(store.db);
    await store.migrate();
  });
  afterAll(() => store.close());

  it('finds the metering points of what was issued, and has set no rule aside', async () => {
    const { rows } = await sql`
      select application_id, metering_hash, metering_code, overrules from issue_application where tenant = 't' order by application_id`.execute(
      store.db,
    );
    expect(rows).toEqual([
      { application_id: 'erased', metering_hash: null, metering_code: null, overrules: '[]' },
      { application_id: 'meter', metering_hash: 'h2', metering_code: null, overrules: '[]' },
      { application_id: 'point', metering_hash: 'h1', metering_code: 'gsrn:133700000000000053', overrules: '[]' },
      { application_id: 'role', metering_hash: null, metering_code: null, overrules: '[]' },
    ]);
  });

  it('has parties that are in the register still', async () => {
    const { rows } = await sql`select vanish_confirmed, vanished_at, imported_at from register_entry where tenant = 't'`.execute(store.db);
    expect(rows).toEqual([{ vanish_confirmed: false, vanished_at: null, imported_at: 7 }]);
  });

  it('bounds over all imports what vanishes of the register as it stood, and asks no more about what had vanished', async () => {
    const register = createRegisterRepository(store);
    const tenant = tenantId('u');
    const seeAgain = async (...codes: readonly string[]) => {
      const begun = await register.beginImport();
      const counts = await register.saveEntries(tenant, codes.map(entryOf), { begun, at: instant(9) });
      expect(counts).toEqual({ added: 0, updated: 0, unchanged: codes.length });
      return register.retireUnseen(tenant, { kinds: ['party'], begun, at: instant(9), mostPpm: 0 });
    };
    expect(await seeAgain('a', 'b', 'c')).toEqual({ kind: 'retired', vanished: 1 });
    expect(await seeAgain('a', 'b')).toEqual({ kind: 'too-many', missing: 2 });
  });
});
