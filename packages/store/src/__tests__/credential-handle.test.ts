import { describe, expect, it } from '@jest/globals';
import { digestOf, handleOf } from '@gridpass/codec';
import { tenantId } from '@gridpass/core';
import { openTestStore } from '@gridpass/testkit';
import { sql } from 'kysely';
import { createIssuanceRepository, createWalletRepository } from '../index.js';

const HERE = tenantId('here');
const status = (index: number): string => JSON.stringify([{ index, kind: 'token', uri: 'https://x.example/t/here/status/t' }]);

describe('handles of credentials that were issued before', () => {
  it('are completed where the text is kept; what stood on a twin is found by status and hears of it again', async () => {
    const store = await openTestStore();
    while ((await store.migrateDown(1))[0] !== '018-credential-handle');
    const { db } = store;
    const document = 'head.body.signature';
    const [role, parent, child, twin] = [digestOf(document), digestOf('p.p.s'), digestOf('c.c.s'), digestOf('p.p.twin')];
    const evidence = JSON.stringify([{ digest: twin, status: JSON.parse(status(2)) }]);
    for (const [id, shown] of [
      ['a', '[]'],
      ['b', evidence],
    ]) {
      await sql`insert into issue_application (tenant, application_id, applicant, type, claims, claims_digest, evidence, valid_until, state, reason, decided_by, submitted_at)
        values ('here', ${id}, ${id}, 'T', '{}', ${id}, ${shown}, 9, 'issued', '', '', 1)`.execute(db);
    }
    for (const [digest, application, index, state, text] of [
      [role, 'a', 1, 'active', document],
      [parent, 'a', 2, 'revoked', null],
      [child, 'b', 3, 'active', null],
    ] as const) {
      await sql`insert into issued_credential (tenant, digest, application_id, offer_id, type, format, issuer, subject, holder_thumbprint, issued_at,
        valid_from, valid_until, status, state, state_at, reason, causes, document) values ('here', ${digest}, ${application}, 'o', 'T', 'dc+sd-jwt', 'i', 's',
        'k', 1, 1, 9, ${status(index)}, ${state}, 1, '', '[]', ${text})`.execute(db);
    }
    await sql`insert into issued_dependency (tenant, depends_on, digest, kind) values ('here', ${twin}, ${child}, 'prerequisite')`.execute(
      db,
    );
    for (const compact of ['w.w.s~d~', 'w.w.twin~d~']) {
      await sql`insert into wallet_relation (tenant, relation_id, key_id, did, thumbprint, audience, created_at)
        values ('here', ${compact}, ${compact}, ${`did:x:${compact.length}`}, ${compact}, null, 1)`.execute(db);
      const name = digestOf(compact.split('~')[0] ?? '');
      await sql`insert into wallet_credential (tenant, credential_id, relation_id, type, format, issuer, digest, compact, valid_from, valid_until,
        received_at, state, state_at) values ('here', ${name}, ${compact}, 'T', 'dc+sd-jwt', 'i', ${name}, ${compact}, 1, 9, 1, 'valid', 1)`.execute(
        db,
      );
    }

    await store.migrate();
    const repository = createIssuanceRepository(store);
    for (const digest of [role, handleOf(document)])
      expect(await repository.findIssued(HERE, { kind: 'digest', digest })).toMatchObject([{ digest: role, document }]);
    expect(await repository.findIssued(HERE, { kind: 'digest', digest: handleOf('p.p.s') })).toEqual([]);
    const dependants = await store.transaction((tx) => repository.lockDependants(HERE, parent, tx));
    expect(dependants).toMatchObject([{ record: { digest: child }, kind: 'prerequisite' }]);
    const news = await repository.listDueEntries(HERE, 'news', 1 as never, 10);
    expect(news.map(({ body }) => body)).toEqual([{ what: 'revoked', digest: parent, kind: 'prerequisite' }]);
    expect(await createWalletRepository(store).credentials(HERE)).toMatchObject([
      { credentialId: handleOf('w.w.s'), digest: handleOf('w.w.s') },
    ]);
    await store.close();
  });
});

describe('approvals of before from which something was revoked', () => {
  it('are closed, with those for the same; others, and what was only replaced, stay open', async () => {
    const store = await openTestStore();
    while ((await store.migrateDown(1))[0] !== '019-closed-approvals');
    const { db } = store;
    const apply = (id: string, wish: string, applicant = 'a', at = 1) =>
      sql`insert into issue_application (tenant, application_id, applicant, type, claims, claims_digest, evidence, valid_until, state, reason, decided_by,
        submitted_at, decided_at) values ('here', ${id}, ${applicant}, 'T', '{}', ${wish}, '[]', 9, 'issued', '', '', ${at}, ${at})`.execute(
        db,
      );
    const revoke = (id: string, reason: string) =>
      sql`insert into issued_credential (tenant, digest, application_id, offer_id, type, format, issuer, subject, holder_thumbprint, issued_at,
        valid_from, valid_until, status, state, state_at, reason, causes) values ('here', ${`d-${id}`}, ${id}, 'o', 'T', 'dc+sd-jwt', 'i', 's', 'k', 1, 1, 9,
        ${status(id.length)}, 'revoked', 5, ${reason}, '[]')`.execute(db);
    await apply('revoked', 'w1');
    await apply('same', 'w1');
    await apply('later', 'w1', 'a', 6);
    await apply('of-another', 'w1', 'b');
    await apply('replaced', 'w2');
    await apply('handed-over', 'w3');
    await revoke('revoked', 'fraud');
    await revoke('replaced', 'superseded');
    await revoke('handed-over', 'transfer:1');
    await store.migrate();
    const page = await createIssuanceRepository(store).listApplications(HERE, 'closed', { limit: 9 });
    expect(page.rows.map(({ applicationId }) => applicationId).sort()).toEqual(['revoked', 'same']);
    await store.migrateDown(1);
    await store.migrate();
    await store.close();
  });
});
