import { describe, expect, it } from '@jest/globals';
import { assertOk, instant, ok, refuse } from '@gridpass/core';
import type { Did, DidResolverPort, DidUrl, Instant, Outcome, ResolvedDid, ResolvedKey } from '@gridpass/core';
import { generatePrivateJwk, toPublicJwk } from '@gridpass/keys';
import { issueVcJwt } from '@gridpass/suite';
import { NOON, createPaperSociety } from '@gridpass/testkit';
import { createKeyRing, type KeyRing } from '../key-ring.js';
import { ROLE_NEEDS, expecting, verifierFor } from './fixtures.js';

const did = 'did:ethr:0x7a69:0x0000000000000000000000000000000000000001' as Did;
const other = 'did:ethr:0x7a69:0x0000000000000000000000000000000000000002' as Did;
const kid = `${did}#key-1` as DidUrl;
const publicJwk = toPublicJwk(generatePrivateJwk('ES256'));
const key = (more: Partial<ResolvedKey> = {}): ResolvedKey => ({
  id: kid,
  alg: 'ES256',
  publicJwk,
  relationships: ['assertionMethod'],
  ...more,
});
const documentOf = (keys: readonly ResolvedKey[], more: Partial<ResolvedDid> = {}): ResolvedDid => ({
  did,
  keys,
  services: [],
  fetchedAt: instant(NOON - 10),
  documentDigest: '',
  ...more,
});
const query = { did, kid, use: 'assertionMethod' } as const;

function ringOf(
  answer: (options: { readonly at?: Instant; readonly fresh?: boolean }) => Outcome<ResolvedDid>,
): KeyRing & { asked: number } {
  const counted = { asked: 0 };
  const resolver: DidResolverPort = {
    resolveDid: (_did, options = {}) => {
      counted.asked += 1;
      return Promise.resolve(answer(options));
    },
  };
  const ring = createKeyRing({ resolver, methods: ['ethr'], algorithms: ['ES256'], at: NOON });
  return Object.assign(counted, ring);
}

describe('a document of another DID', () => {
  it('is the fault of the resolver, and no evidence: for a key of today, a fresh one, and one of the past', async () => {
    const wrong = ringOf(() => ok(documentOf([key()], { did: other })));
    await expect(wrong.findKey(query)).rejects.toMatchObject({ code: 'RESOLVER_UNAVAILABLE' });
    await expect(wrong.refreshKey(query)).rejects.toMatchObject({ code: 'RESOLVER_UNAVAILABLE' });
    await expect(wrong.findKeyAt(query, instant(NOON - 100))).rejects.toMatchObject({ code: 'RESOLVER_UNAVAILABLE' });
    expect([...wrong.documents(), ...wrong.pastDocuments()]).toEqual([]);
  });
});

describe('two methods of one id', () => {
  it('are no key: for a key of today, a fresh one, and one of the past', async () => {
    const twins = ringOf(() => ok(documentOf([key(), key({ relationships: ['authentication'] })])));
    expect((await twins.findKey(query)).refusal?.code).toBe('KEY_NOT_AUTHORIZED');
    expect((await twins.refreshKey(query))?.refusal?.code).toBe('KEY_NOT_AUTHORIZED');
    expect((await twins.findKeyAt(query, instant(NOON - 100))).refusal?.code).toBe('KEY_NOT_AUTHORIZED');
  });
});

describe('a key ring', () => {
  it('asks no resolver about a method that is not on the list', async () => {
    const ring = ringOf(() => ok(documentOf([key()])));
    expect((await ring.findKey({ ...query, did: 'did:web:x.example' as Did })).refusal?.code).toBe('DID_METHOD_UNSUPPORTED');
    expect(ring.asked).toBe(0);
  });

  it('refuses a key for another use, of an algorithm that is not on the list, and of a DID that is gone', async () => {
    const found = async (more: Partial<ResolvedKey>) => (await ringOf(() => ok(documentOf([key(more)]))).findKey(query)).refusal?.code;
    expect(await found({ relationships: ['authentication'] })).toBe('KEY_NOT_AUTHORIZED');
    expect(await found({ alg: 'EdDSA' })).toBe('ALGORITHM_NOT_ALLOWED');
    const gone = ringOf(() => refuse('DID_DEACTIVATED', 'resolve', 'did'));
    expect((await gone.findKey(query)).refusal?.code).toBe('DID_DEACTIVATED');
    expect((await gone.findKeyAt(query, instant(NOON - 1))).refusal?.code).toBe('DID_DEACTIVATED');
  });

  it('looks once more where a cached document lacks the key, and only once', async () => {
    const ring = ringOf(({ fresh }) =>
      ok(documentOf(fresh === true ? [key()] : [], { fetchedAt: fresh === true ? NOON : instant(NOON - 10) })),
    );
    expect((await ring.findKey(query)).ok).toBe(true);
    expect((await ring.findKey(query)).ok).toBe(true);
    expect(ring.asked).toBe(2);
  });

  it('does not look again where the document is of this very second, and does where it is a second old', async () => {
    const now = ringOf(() => ok(documentOf([], { fetchedAt: NOON })));
    expect((await now.findKey(query)).refusal?.code).toBe('KEY_NOT_AUTHORIZED');
    expect(now.asked).toBe(1);
    const before = ringOf(() => ok(documentOf([], { fetchedAt: instant(NOON - 1) })));
    await before.findKey(query);
    expect(before.asked).toBe(2);
  });

  it('keeps the past of each moment apart, and today apart from both', async () => {
    const ring = ringOf(({ at }) => ok(documentOf(at === NOON - 5 ? [key()] : [])));
    expect((await ring.findKeyAt(query, instant(NOON - 5))).ok).toBe(true);
    expect((await ring.findKeyAt(query, instant(NOON - 6))).refusal?.code).toBe('KEY_NOT_AUTHORIZED');
    expect((await ring.findKeyAt(query, instant(NOON - 5))).ok).toBe(true);
    expect((await ring.findKey(query)).refusal?.code).toBe('KEY_NOT_AUTHORIZED');
    expect(ring.pastDocuments()).toHaveLength(2);
    expect(ring.documents()).toHaveLength(1);
  });
});

describe('a key that its document ends', () => {
  const ended = (endsAt: number) => ringOf(() => ok(documentOf([key({ endsAt: endsAt as Instant })])));

  it('counts for the second before, and not at its end', async () => {
    expect((await ended(NOON + 1).findKey(query)).ok).toBe(true);
    expect((await ended(NOON).findKey(query)).refusal?.code).toBe('KEY_NOT_AUTHORIZED');
  });

  it('is judged at the time of the verification, also in a document of the past', async () => {
    expect((await ended(NOON + 1).findKeyAt(query, instant(NOON - 100))).ok).toBe(true);
    expect((await ended(NOON).findKeyAt(query, instant(NOON - 100))).refusal?.code).toBe('KEY_NOT_AUTHORIZED');
  });

  it('is judged so whatever the credential says of itself, for issuers, links and holders', async () => {
    const society = await createPaperSociety();
    const early = instant(NOON - 40 * 86_400);
    const role = await issueVcJwt(
      society.input('SystemOperatorRole', society.regulator, society.dso.did, {
        issuedAt: early,
        validFrom: early,
        authority: society.authority.publish(society.accreditation.compact),
      }),
    );
    const endKeyOf =
      (ends: Did, endsAt: number): DidResolverPort['resolveDid'] =>
      async (wanted, options) => {
        const document = await society.resolver.resolveDid(wanted, options);
        if (!document.ok || wanted !== ends) return document;
        return ok({ ...document.value, keys: document.value.keys.map((found) => ({ ...found, endsAt: endsAt as Instant })) });
      };
    const codeOf = async (ends: Did, endsAt: number): Promise<string | undefined> => {
      const verifier = verifierFor(society, { resolver: { resolveDid: endKeyOf(ends, endsAt) } });
      await society.challenge();
      return (await verifier.verify(await society.present(society.dso, [role.compact]), expecting(ROLE_NEEDS))).refusal?.code;
    };
    expect(await codeOf(society.regulator.did, NOON + 1)).toBeUndefined();
    expect(await codeOf(society.dso.did, NOON + 1)).toBeUndefined();
    expect(await codeOf(society.dso.did, NOON)).toBe('KEY_NOT_AUTHORIZED');
    expect(await codeOf(society.regulator.did, NOON)).toBe('KEY_NOT_AUTHORIZED');
    expect(await codeOf(society.regulator.did, early)).toBe('KEY_NOT_AUTHORIZED');
    const leaf = verifierFor(society, { resolver: { resolveDid: endKeyOf(society.regulator.did, NOON) } });
    expect((await leaf.verifyCredential(society.entitlement.compact, NOON)).refusal).toMatchObject({
      code: 'ISSUER_NOT_ACCREDITED',
      detail: expect.stringContaining('KEY_NOT_AUTHORIZED'),
    });
    expect(assertOk(await verifierFor(society).verifyCredential(society.entitlement.compact, NOON)).anchor).toBe(society.regulator.did);
  });
});
