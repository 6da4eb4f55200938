import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { digestOf, handleOf } from '@gridpass/codec';
import { instant, tenantId } from '@gridpass/core';
import { startPostgres } from '@gridpass/testkit';
import type { TestPostgres } from '@gridpass/testkit';
import { sql } from 'kysely';
import { createIssuanceRepository, createWalletRepository, openStore } from '../index.js';
import type { Store } from '../index.js';

const HERE = tenantId('here');
/** The first of the migrations that are tried here. */
const FIRST = '018-credential-handle';
const status = (index: number): string => JSON.stringify([{ index, kind: 'token', uri: 'https://x.example/t/here/status/t' }]);

interface Wish {
  readonly digest?: string;
  readonly type?: string;
  readonly claims?: string;
  readonly evidence?: string;
}

// The same as the tests beside this one ask of PGlite, of PostgreSQL: a database that the version before filled is brought up to date.
describe('a PostgreSQL database of the version before', () => {
  let server: TestPostgres;
  let store: Store;

  const apply = (id: string, { digest = id, type = 'T', claims = '{}', evidence = '[]' }: Wish = {}) =>
    sql`insert into issue_application (tenant, application_id, applicant, type, claims, claims_digest, evidence, valid_until, state, reason,
      decided_by, submitted_at, decided_at) values ('here', ${id}, 'a', ${type}, ${claims}, ${digest}, ${evidence}, 9, 'issued', '', '', 1, 1)`.execute(
      store.db,
    );
  const issue = (digest: string, application: string, index: number, state = 'active', reason = '', document: string | null = null) =>
    sql`insert into issued_credential (tenant, digest, application_id, offer_id, type, format, issuer, subject, holder_thumbprint, issued_at,
      valid_from, valid_until, status, state, state_at, reason, causes, document) values ('here', ${digest}, ${application}, 'o', 'T', 'dc+sd-jwt',
      'i', 's', 'k', 1, 1, 9, ${status(index)}, ${state}, 5, ${reason}, '[]', ${document})`.execute(store.db);
  const key = (id: string, label = '') =>
    sql`insert into vault_key (tenant, key_id, alg, public_jwk, label, kek_id, wrapped_data_key, sealed_private_key, created_at)
      values ('here', ${id}, 'ES256', '{}', ${label}, 'k', ${new Uint8Array(1)}, ${new Uint8Array(1)}, 1)`.execute(store.db);

  const [parent, child, twin] = [digestOf('p.p.s'), digestOf('c.c.s'), digestOf('p.p.twin')];
  const fill = async () => {
    await apply('role', { digest: 'w0' });
    await issue(digestOf('head.body.signature'), 'role', 1, 'active', '', 'head.body.signature');
    await apply('parent');
    await issue(parent, 'parent', 2, 'revoked', 'fraud');
    await apply('child', { evidence: JSON.stringify([{ digest: twin, status: JSON.parse(status(2)) }]) });
    await issue(child, 'child', 3);
    await sql`insert into issued_dependency (tenant, depends_on, digest, kind) values ('here', ${twin}, ${child}, 'prerequisite')`.execute(
      store.db,
    );
    await apply('same as parent', { digest: 'parent' });
    await apply('replaced');
    await issue('d-replaced', 'replaced', 4, 'revoked', 'superseded');
    const claims = '{"meteringPointHash":"h1","meteringPoint":{"scheme":"gsrn","value":"133700000000000053"}}';
    await apply('point', { type: 'MeteringPointEntitlement', claims });
    await sql`insert into register_entry (tenant, code, kind, display_name, long_name, status, country, responsible_party, functions, role_codes,
      digest, imported_at) values ('here', '10X1001A1001A248', 'party', '', '', 'active', '', '', '[]', '', 'd', 7)`.execute(store.db);
    await sql`insert into exchange_offer (tenant, offer_id, code_digest, configuration_ids, reference, attempts_left, expires_at)
      values ('here', 'open', 'c', '[]', 'role', 3, 9)`.execute(store.db);
    await sql`insert into wallet_relation (tenant, relation_id, key_id, did, thumbprint, audience, created_at)
      values ('here', 'r', 'face', 'did:jwk:face', 'th', null, 1)`.execute(store.db);
    await sql`insert into wallet_credential (tenant, credential_id, relation_id, type, format, issuer, digest, compact, valid_from, valid_until,
      received_at, state, state_at) values ('here', 'old', 'r', 'T', 'dc+sd-jwt', 'i', 'old', 'w.w.s~d~', 1, 9, 1, 'valid', 1)`.execute(
      store.db,
    );
    for (const [id, label] of [['audit-log'], ['issues'], ['face'], ['d2', 'owner of did:ethr:0x05 by transfer t']] as const)
      await key(id, label);
    await sql`insert into managed_did (tenant, did, alias, provider, controller_key_id, key_ids, services, created_at)
      values ('here', 'did:ethr:0x01', 'issuer', 'did:ethr', 'issues', '["issues"]', '[]', 1)`.execute(store.db);
    for (const [id, size] of [
      ['large', 5_000_000],
      ['right', 2_097_152],
    ] as const)
      await sql`insert into status_list (tenant, list_id, kind, size, bits) values ('here', ${id}, ${id === 'large' ? 'token' : 'revocation'}, ${size},
        ${new Uint8Array(1)})`.execute(store.db);
  };

  beforeAll(async () => {
    server = await startPostgres();
    store = await openStore({ kind: 'postgres', url: await server.createDatabase(), maxConnections: 4 });
    await store.migrate();
    for (let down: readonly string[] = []; !down.includes(FIRST);) {
      down = await store.migrateDown(1);
      if (down.length === 0) throw new Error('the migration is not there');
    }
    await fill();
    await store.migrate();
  });
  afterAll(async () => {
    await store.close();
    await server.stop();
  });

  it('names credentials by the handle where their text is kept, in the wallet too', async () => {
    const repository = createIssuanceRepository(store);
    for (const digest of [digestOf('head.body.signature'), handleOf('head.body.signature')])
      expect(await repository.findIssued(HERE, { kind: 'digest', digest })).toMatchObject([{ document: 'head.body.signature' }]);
    expect(await createWalletRepository(store).credentials(HERE)).toMatchObject([{ credentialId: handleOf('w.w.s') }]);
  });

  it('knows what stood on a twin, and tells it of what befell its parent', async () => {
    const repository = createIssuanceRepository(store);
    const dependants = await store.transaction((tx) => repository.lockDependants(HERE, parent, tx));
    expect(dependants).toMatchObject([{ record: { digest: child }, kind: 'prerequisite' }]);
    const news = await repository.listDueEntries(HERE, 'news', instant(1), 10);
    expect(news.map(({ body }) => body)).toEqual([{ what: 'revoked', digest: parent, kind: 'prerequisite' }]);
  });

  it('has closed approvals from which something was revoked, and those for the same', async () => {
    const closed = await createIssuanceRepository(store).listApplications(HERE, 'closed', { limit: 9 });
    expect(closed.rows.map(({ applicationId }) => applicationId).sort()).toEqual(['parent', 'same as parent']);
    const offers = await createIssuanceRepository(store).listOffers(HERE, undefined, { limit: 9 });
    expect(offers.rows).toMatchObject([{ offerId: 'open', applicationId: 'role' }]);
    expect(offers.rows[0]?.withdrawn).toBeUndefined();
  });

  it('finds metering points, has set no rule aside, and has all parties in the register still', async () => {
    const point = { hash: 'other', code: 'gsrn:133700000000000053' };
    await issue('d-point', 'point', 5);
    expect(await createIssuanceRepository(store).findIssued(HERE, { kind: 'meteringPoint', point })).toMatchObject([{ digest: 'd-point' }]);
    const { rows } = await sql`select distinct overrules from issue_application`.execute(store.db);
    expect(rows).toEqual([{ overrules: '[]' }]);
    const register = await sql`select vanish_confirmed, vanished_at, imported_at from register_entry`.execute(store.db);
    expect(register.rows).toEqual([{ vanish_confirmed: false, vanished_at: null, imported_at: 7 }]);
  });

  it('has keys in the namespaces of what refers to them', async () => {
    const { rows } = await sql`select key_id, namespace from vault_key order by key_id`.execute(store.db);
    expect(rows).toEqual([
      { key_id: 'audit-log', namespace: 'log' },
      { key_id: 'd2', namespace: 'owning' },
      { key_id: 'face', namespace: 'holding' },
      { key_id: 'issues', namespace: 'issuing' },
    ]);
  });

  it('gives no more entries out of lists that are larger than readers take', async () => {
    const { rows } = await sql`select list_id, open from status_list order by list_id`.execute(store.db);
    expect(rows).toEqual([
      { list_id: 'large', open: false },
      { list_id: 'right', open: true },
    ]);
  });

  it('goes back with its rows and comes up again', async () => {
    for (let down: readonly string[] = []; !down.includes(FIRST);) down = await store.migrateDown(1);
    expect((await store.migrate())[0]).toBe(FIRST);
    const { rows } = await sql`select count(*) as n from issued_credential`.execute(store.db);
    expect(rows).toEqual([{ n: 5 }]);
  });
});
