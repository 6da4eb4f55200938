import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { instant, tenantId } from '@gridpass/core';
import type { Did, Digest, Disclosure, HeldCredential, OfferSession, Outcome, StoredKey, Thumbprint, WalletRelation } from '@gridpass/core';
import { startPostgres, openTestStore } from '@gridpass/testkit';
import type { TestPostgres } from '@gridpass/testkit';
import { createExchangeSessionRepository, createKeyRepository, createWalletRepository, openStore } from '../index.js';
import type { Store } from '../index.js';

const here = tenantId('dso');
const there = tenantId('tso');
const at = instant(1000);
const codeOf = (outcome: Outcome<unknown>): string => (outcome.ok ? 'OK' : outcome.refusal.code);
const token = (id: string) => ({ tokenDigest: `token-${id}` as Digest, expiresAt: instant(1300) });
const offer = (id: string, more: Partial<OfferSession> = {}): OfferSession => ({
  offerId: id,
  codeDigest: `code-${id}` as Digest,
  configurationIds: ['a', 'b'],
  reference: `ref-${id}`,
  attempts: 3,
  expiresAt: instant(2000),
  ...more,
});

describe.each(['pglite', 'postgres'] as const)('on %s', (kind) => {
  let store: Store;
  let postgres: TestPostgres | undefined;
  beforeAll(async () => {
    postgres = kind === 'postgres' ? await startPostgres() : undefined;
    store = postgres === undefined ? await openTestStore() : await openStore({ kind: 'postgres', url: postgres.url, maxConnections: 8 });
    await store.migrate();
  });
  afterAll(async () => {
    await store.close();
    await postgres?.stop();
  });

  describe('issuance sessions', () => {
    it('redeem a code once, whoever comes at the same moment', async () => {
      const sessions = createExchangeSessionRepository(store);
      await sessions.keepOffer(here, offer('race'));
      const uses = await Promise.all(
        Array.from({ length: 12 }, (_, index) =>
          sessions.redeemOffer(here, { codeDigest: 'code-race' as Digest, at, token: token(`race-${index}`) }),
        ),
      );
      expect(uses.filter(({ ok }) => ok)).toHaveLength(1);
      expect(uses.find(({ ok }) => ok)?.value).toEqual({
        offerId: 'race',
        configurationIds: ['a', 'b'],
        reference: 'ref-race',
        expiresAt: 1300,
      });
    });

    it('count every guess of a transaction code, also parallel ones, and close', async () => {
      const sessions = createExchangeSessionRepository(store);
      await sessions.keepOffer(here, offer('tx', { txCodeDigest: 'right' as Digest }));
      const guess = (txCodeDigest: string, id: string) =>
        sessions.redeemOffer(here, { codeDigest: 'code-tx' as Digest, txCodeDigest: txCodeDigest as Digest, at, token: token(id) });
      const guesses = await Promise.all(Array.from({ length: 10 }, (_, index) => guess('wrong', `g-${index}`)));
      expect(guesses.map(codeOf).filter((code) => code === 'TX_CODE_WRONG')).toHaveLength(3);
      expect(codeOf(await guess('right', 'late'))).toBe('OFFER_UNKNOWN');
    });

    it('take a transaction code that was not asked for, and a missing one, as another request than the one due', async () => {
      const sessions = createExchangeSessionRepository(store);
      await sessions.keepOffer(here, offer('plain'));
      expect(
        codeOf(
          await sessions.redeemOffer(here, {
            codeDigest: 'code-plain' as Digest,
            txCodeDigest: 'x' as Digest,
            at,
            token: token('plain-1'),
          }),
        ),
      ).toBe('REQUEST_MALFORMED');
      await sessions.keepOffer(here, offer('secret', { txCodeDigest: 'right' as Digest }));
      expect(codeOf(await sessions.redeemOffer(here, { codeDigest: 'code-secret' as Digest, at, token: token('secret-1') }))).toBe(
        'REQUEST_MALFORMED',
      );
    });

    it("know neither another tenant's codes nor its tokens and nonces", async () => {
      const sessions = createExchangeSessionRepository(store);
      await sessions.keepOffer(here, offer('own'));
      expect(codeOf(await sessions.redeemOffer(there, { codeDigest: 'code-own' as Digest, at, token: token('own-1') }))).toBe(
        'OFFER_UNKNOWN',
      );
      expect(codeOf(await sessions.redeemOffer(here, { codeDigest: 'code-own' as Digest, at, token: token('own-2') }))).toBe('OK');
      expect(codeOf(await sessions.readToken(there, { tokenDigest: 'token-own-2' as Digest, at }))).toBe('TOKEN_INVALID');
      await sessions.keepNonce(here, { digest: 'nonce-own' as Digest, expiresAt: instant(2000) });
      expect(codeOf(await sessions.consumeNonce(there, { digest: 'nonce-own' as Digest, at }))).toBe('NONCE_INVALID');
    });

    it('end tokens at their time', async () => {
      const sessions = createExchangeSessionRepository(store);
      await sessions.keepOffer(here, offer('time'));
      await sessions.redeemOffer(here, {
        codeDigest: 'code-time' as Digest,
        at,
        token: { ...token('time'), thumbprint: 'jkt' as Thumbprint },
      });
      expect(await sessions.readToken(here, { tokenDigest: 'token-time' as Digest, at: instant(1299) })).toMatchObject({
        ok: true,
        value: { thumbprint: 'jkt' },
      });
      expect(codeOf(await sessions.readToken(here, { tokenDigest: 'token-time' as Digest, at: instant(1300) }))).toBe('TOKEN_EXPIRED');
    });

    it('give a nonce, a foreign mark and the right to issue to one of many', async () => {
      const sessions = createExchangeSessionRepository(store);
      await sessions.keepNonce(here, { digest: 'n' as Digest, expiresAt: instant(2000) });
      const nonces = await Promise.all(Array.from({ length: 8 }, () => sessions.consumeNonce(here, { digest: 'n' as Digest, at })));
      expect(nonces.filter(({ ok }) => ok)).toHaveLength(1);
      const marks = await Promise.all(
        Array.from({ length: 8 }, () => sessions.markSeen(here, { digest: 'jti' as Digest, expiresAt: instant(2000) })),
      );
      expect(marks.filter(Boolean)).toHaveLength(1);
      await sessions.keepOffer(here, offer('issue'));
      const claim = { offerId: 'issue', configurationId: 'a', at, staleBefore: instant(0) };
      const claims = await Promise.all(Array.from({ length: 8 }, () => sessions.claimIssuance(here, claim)));
      expect(claims.filter(Boolean)).toHaveLength(1);
      await sessions.releaseIssuance(here, claim);
      expect(await sessions.claimIssuance(here, claim)).toBe(true);
    });

    it('give the right to issue of whoever died over it to one of many, and not a second too early', async () => {
      const sessions = createExchangeSessionRepository(store);
      await sessions.keepOffer(here, offer('died'));
      const claim = { offerId: 'died', configurationId: 'a', at: instant(1000), staleBefore: instant(940) };
      expect(await sessions.claimIssuance(here, claim)).toBe(true);
      const next = { ...claim, at: instant(1060) };
      expect(await sessions.claimIssuance(here, { ...next, staleBefore: instant(1000) })).toBe(false);
      const late = Array.from({ length: 8 }, () => sessions.claimIssuance(here, { ...next, staleBefore: instant(1001) }));
      expect((await Promise.all(late)).filter(Boolean)).toHaveLength(1);
      expect(await sessions.claimIssuance(here, { ...claim, configurationId: 'b' })).toBe(true);
    });

    it('take the right to issue back from whoever gives it back, and not from who took it over', async () => {
      const sessions = createExchangeSessionRepository(store);
      await sessions.keepOffer(here, offer('over'));
      const slow = { offerId: 'over', configurationId: 'a', at: instant(1000), staleBefore: instant(0) };
      const next = { ...slow, at: instant(1061), staleBefore: instant(1001) };
      expect([await sessions.claimIssuance(here, slow), await sessions.claimIssuance(here, next)]).toEqual([true, true]);
      await sessions.releaseIssuance(here, slow);
      expect(await sessions.claimIssuance(here, slow)).toBe(false);
      await sessions.releaseIssuance(here, next);
      expect(await sessions.claimIssuance(here, slow)).toBe(true);
    });

    it('drop what has expired and nothing that a live token still needs', async () => {
      const sessions = createExchangeSessionRepository(store);
      await sessions.keepOffer(there, offer('old', { expiresAt: instant(1010) }));
      await sessions.keepOffer(there, offer('used', { expiresAt: instant(1010) }));
      await sessions.redeemOffer(there, { codeDigest: 'code-used' as Digest, at, token: token('used') });
      await sessions.keepNonce(there, { digest: 'stale' as Digest, expiresAt: instant(1010) });
      expect(await sessions.dropExpired(there, instant(1020))).toBe(2);
      expect(codeOf(await sessions.readToken(there, { tokenDigest: 'token-used' as Digest, at: instant(1020) }))).toBe('OK');
      expect(await sessions.dropExpired(there, instant(1300))).toBe(2);
    });
  });

  describe('wallets', () => {
    const relation = (id: string, audience?: string): WalletRelation => ({
      relationId: id,
      keyId: `key-${id}`,
      did: `did:jwk:${id}` as Did,
      thumbprint: `jkt-${id}` as Thumbprint,
      createdAt: at,
      ...(audience === undefined ? {} : { audience }),
    });
    const credential = (id: string, relationId: string): HeldCredential => ({
      credentialId: id,
      relationId,
      type: 'CustomerStatus',
      format: 'dc+sd-jwt',
      issuer: 'did:web:dso.example' as Did,
      digest: id as Digest,
      compact: 'a~',
      validFrom: at,
      validUntil: instant(9000),
      receivedAt: at,
      state: 'unknown',
      stateAt: at,
    });
    const disclosure: Disclosure = {
      disclosureId: 'd-1',
      at,
      relationId: 'r-1',
      verifier: 'did:web:m.example',
      responseUri: 'https://m.example/r',
      shown: [{ type: 'CustomerStatus', digest: 'c' as Digest, claims: ['active'] }],
      answer: 'sent',
    };

    it('give a waiting face to one audience, and an audience one face', async () => {
      const wallets = createWalletRepository(store);
      for (const id of ['f-1', 'f-2']) await wallets.keepRelation(here, relation(id));
      const claims = await Promise.all(
        ['https://a.example', 'https://b.example', 'https://a.example'].map((audience) =>
          wallets.assignRelation(here, { relationId: 'f-1', audience }),
        ),
      );
      expect(claims.filter(Boolean)).toHaveLength(1);
      const taken = (await wallets.relations(here)).find(({ relationId }) => relationId === 'f-1')?.audience ?? '';
      expect(await wallets.assignRelation(here, { relationId: 'f-2', audience: taken })).toBe(false);
    });

    it('keep, change and remove, each its own', async () => {
      const wallets = createWalletRepository(store);
      for (const tenant of [here, there]) {
        await wallets.keepRelation(tenant, relation('r-1'));
        await wallets.keepCredential(tenant, credential('c-1', 'r-1'));
        await wallets.keepCredential(tenant, credential('c-1', 'r-1'));
        await wallets.keepDisclosure(tenant, disclosure);
      }
      await wallets.setCredentialState(here, { credentialId: 'c-1', state: 'revoked', at: instant(1100) });
      await wallets.setDisclosureAnswer(here, { disclosureId: 'd-1', answer: 'accepted' });
      expect(await wallets.credentials(here)).toEqual([{ ...credential('c-1', 'r-1'), state: 'revoked', stateAt: 1100 }]);
      expect(await wallets.disclosures(here)).toEqual([{ ...disclosure, answer: 'accepted' }]);
      expect(await wallets.removeCredential(here, 'c-1')).toBe(true);
      expect(await wallets.removeCredential(here, 'c-1')).toBe(false);
      expect(await wallets.removeDisclosures(here)).toBe(1);
      await wallets.removeAll(here, []);
      expect(await wallets.relations(here)).toEqual([]);
      expect(await wallets.credentials(there)).toEqual([credential('c-1', 'r-1')]);
      expect(await wallets.disclosures(there)).toEqual([disclosure]);
    });

    it('are filled whole or not at all, with keys of faces alone, and once', async () => {
      const [wallets, keys] = [createWalletRepository(store), createKeyRepository(store)];
      const tenant = tenantId('filled');
      const key = (keyId: string, namespace: StoredKey['namespace'] = 'holding'): StoredKey => ({
        tenant,
        namespace,
        keyId,
        alg: 'ES256',
        publicJwk: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' },
        label: '',
        kekId: 'k',
        wrappedDataKey: new Uint8Array(1),
        sealedPrivateKey: new Uint8Array(1),
        sealVersion: 2,
        createdAt: at,
      });
      const idsOf = async (namespace: StoredKey['namespace']) => (await keys.listKeys(tenant, namespace)).map(({ keyId }) => keyId);
      await keys.insertKey(key('key-waiting'));
      await keys.insertKey(key('audit-log', 'log'));
      await wallets.keepRelation(tenant, relation('waiting'));
      const filling = {
        keys: [key('key-r-1')],
        relations: [relation('r-1', 'https://a.example')],
        credentials: [credential('c-1', 'r-1')],
        disclosures: [disclosure],
      };
      // The last row does not go in: neither does the first, and what was to make way is there.
      for (const broken of [
        { ...filling, relations: [...filling.relations, relation('r-2', 'https://a.example')] },
        { ...filling, credentials: [credential('c-1', 'r-9')] },
        { ...filling, disclosures: [disclosure, disclosure] },
      ]) {
        await expect(wallets.fillWallet(tenant, broken)).rejects.toThrow();
        expect([await wallets.relations(tenant), await idsOf('holding')]).toEqual([[relation('waiting')], ['key-waiting']]);
      }
      for (const foreign of [key('audit-log', 'log'), key('i', 'issuing'), { ...key('h'), tenant: here }])
        await expect(wallets.fillWallet(tenant, { ...filling, keys: [foreign] })).rejects.toMatchObject({ code: 'INTERNAL' });

      const both = await Promise.all([wallets.fillWallet(tenant, filling), wallets.fillWallet(tenant, filling)]);
      expect(both.filter(Boolean)).toHaveLength(1);
      expect([await wallets.relations(tenant), await wallets.credentials(tenant), await idsOf('holding')]).toEqual([
        filling.relations,
        filling.credentials,
        ['key-r-1'],
      ]);
      await wallets.removeAll(tenant, ['key-r-1', 'audit-log']);
      expect([await idsOf('holding'), await idsOf('log')]).toEqual([[], ['audit-log']]);
    });
  });
});
