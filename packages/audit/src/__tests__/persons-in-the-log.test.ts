import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { instant, tenantId } from '@gridpass/core';
import type { AuditRecord, RequestId } from '@gridpass/core';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';
import { createAuditRepository } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { openTestStore } from '@gridpass/testkit';
import { createAuditLog, createForgetfulCheckpoints, createPseudonyms } from '../index.js';

const tenant = tenantId('dso');
const signer = createSigner(generatePrivateJwk('EdDSA'));
const checkpoints = createForgetfulCheckpoints();
const JWK = 'did:jwk:eyJrdHkiOiJFQyJ9';
const PEOPLE = [JWK, 'did:key:zDnaeabc', 'did:peer:2.Vz6Mk.SeyJ0IjoiZG0ifQ=='] as const;
const FIRM = 'did:ethr:0x7a69:0x01';
const act = (more: Partial<AuditRecord>): AuditRecord => ({
  kind: 'act',
  requestId: 'r' as RequestId,
  at: instant(1_800_000_000),
  action: 'did.transfer.offer',
  reasons: [],
  evidence: {},
  ...more,
});

describe('what names a person in an act', () => {
  let store: Store;
  beforeAll(async () => {
    store = await openTestStore();
  });
  afterAll(() => store.close());
  const parts = () => {
    const repository = createAuditRepository(store);
    return {
      repository,
      log: createAuditLog({
        checkpoints,
        repository,
        signer,
        origin: 'dso.example',
      }),
    };
  };
  async function written(record: AuditRecord): Promise<string> {
    const { log } = parts();
    await log.openLog(tenant);
    const { index } = await log.appendRecord(tenant, record);
    return (await log.readEntries(tenant, index, 1))[0]?.entry ?? '';
  }

  it.each(PEOPLE)('stands there under a pseudonym, whoever brings it and in whatever text: %s', async (did) => {
    for (const record of [
      act({ evidence: { did: FIRM, to: did } }),
      act({ actor: did, evidence: { deep: [{ [did]: [`the answer of ${did}, signed`] }] } }),
      act({ actor: `${did}#0`, reasons: [`by ${did}#${did.split(':')[2] ?? ''}`] }),
      act({ kind: 'refusal', evidence: { stage: 'transfer', detail: `to: ${did}` } }),
      act({ kind: 'fault', actor: did }),
    ]) {
      const entry = await written(record);
      expect(entry).not.toMatch(/did:(?:jwk|key|peer):/);
      expect(entry).not.toContain(did.split(':')[2]);
      expect(entry).toContain(await createPseudonyms(parts().repository).pseudonymOf(tenant, did));
    }
  });

  it('is one name for one person in one log, and another in another, until it is erased', async () => {
    const first = await written(act({ evidence: { to: JWK } }));
    expect(await written(act({ evidence: { to: JWK } }))).toBe(first);
    const { log, repository } = parts();
    const { index } = await log.appendRecord(tenantId('tso'), act({ evidence: { to: JWK } }));
    expect((await log.readEntries(tenantId('tso'), index, 1))[0]?.entry).not.toBe(first);
    expect(await createPseudonyms(repository).erase(tenant, JWK)).toBe(true);
    expect(await written(act({ evidence: { to: JWK } }))).not.toBe(first);
  });

  it('leaves organisations by name, and decisions as their gate wrote them', async () => {
    expect(await written(act({ actor: 'anna', evidence: { did: FIRM, to: 'did:web:dso.example' } }))).toContain(
      `"evidence":{"did":"${FIRM}","to":"did:web:dso.example"}`,
    );
    expect(await written(act({ kind: 'decision', evidence: { issuer: JWK } }))).toContain(JWK);
  });

  it('is not written where it cannot be named', async () => {
    const { repository } = parts();
    const broken = { ...repository, keepSalt: () => Promise.reject(new Error('down')) };
    const log = createAuditLog({
      checkpoints,
      repository: broken,
      signer,
      origin: 'dso.example',
    });
    await expect(log.appendRecord(tenant, act({ actor: JWK }))).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
  });
});
