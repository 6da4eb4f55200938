import { describe, expect, it } from '@jest/globals';
import { digestOf, textDigestOf } from '@gridpass/codec';
import { assertOk, instant, type CredentialContent, type DidSigner, type DidUrl, type Digest } from '@gridpass/core';
import { toDidJwk, toDidKey, toDidPeer } from '@gridpass/did';
import { createSigner, generatePrivateJwk, toPublicJwk } from '@gridpass/keys';
import { issueSdJwtVc, issueVcJwt } from '@gridpass/suite';
import { NOON, createFakeAuthority, resignToken, twinOf, type PaperSociety } from '@gridpass/testkit';
import { bindByKey } from '../holder.js';
import { ENTITLEMENT_NEEDS, HOUSE_NEEDS, ROLE_NEEDS, createPaperSociety, expecting, houseAnswer, verifierFor } from './fixtures.js';

const DAY = 86_400;

describe('resolution', () => {
  it('asks for each DID once, however many credentials and links name it', async () => {
    const society = await createPaperSociety();
    await society.challenge();
    assertOk(await verifierFor(society).verify(await houseAnswer(society), expecting(HOUSE_NEEDS)));
    expect([...society.resolver.asked].sort()).toEqual([society.dso.did, society.house.did, society.regulator.did, society.supplier.did].sort());
  });

  it('sees a key that the issuer rotated in after the document was cached', async () => {
    const society = await createPaperSociety();
    const verifier = verifierFor(society);
    await society.challenge();
    assertOk(await verifier.verify(await society.present(society.dso, [society.dsoRole.compact]), expecting(ROLE_NEEDS)));
    const rotated: DidSigner = { ...createSigner(generatePrivateJwk('ES256')), did: society.regulator.did, kid: society.regulator.kid };
    society.publish(rotated);
    const renewed = await issueVcJwt(
      society.input('SystemOperatorRole', rotated, society.dso.did, {
        authority: society.authority.publish(society.accreditation.compact),
      }),
    );
    await society.challenge();
    // The renewed role verifies with the fresh key; the root's own accreditation, signed with the old one, does not any more.
    const outcome = await verifier.verify(await society.present(society.dso, [renewed.compact]), expecting(ROLE_NEEDS));
    expect(outcome.refusal).toMatchObject({ code: 'ISSUER_NOT_ACCREDITED', detail: expect.stringContaining('PROOF_INVALID') });
  });

  it('sees a key that was added under another name', async () => {
    const society = await createPaperSociety();
    const verifier = verifierFor(society);
    await society.challenge();
    assertOk(await verifier.verify(await society.present(society.dso, [society.dsoRole.compact]), expecting(ROLE_NEEDS)));
    const added: DidSigner = {
      ...createSigner(generatePrivateJwk('EdDSA')),
      did: society.regulator.did,
      kid: `${society.regulator.did}#key-2` as DidUrl,
    };
    society.publish(added);
    const renewed = await issueVcJwt(
      society.input('SystemOperatorRole', added, society.dso.did, { authority: society.authority.publish(society.accreditation.compact) }),
    );
    await society.challenge();
    assertOk(await verifier.verify(await society.present(society.dso, [renewed.compact]), expecting(ROLE_NEEDS)));
  });

  it('asks for a fresh document once, then refuses', async () => {
    const society = await createPaperSociety();
    await society.challenge();
    const forged = await resignToken(society.dsoRole.compact, createSigner(generatePrivateJwk('ES256')), {});
    const outcome = await verifierFor(society).verify(await society.present(society.dso, [forged]), expecting(ROLE_NEEDS));
    expect(outcome.refusal?.code).toBe('PROOF_INVALID');
    expect(society.resolver.asked.filter((did) => did === society.regulator.did)).toHaveLength(2);
  });

  it('refuses a credential seen before once its key is withdrawn', async () => {
    const society = await createPaperSociety();
    const verifier = verifierFor(society);
    assertOk(await verifier.verifyCredential(society.dsoRole.compact, NOON));
    society.resolver.withdrawKey(society.regulator.did, society.regulator.kid);
    await society.resolver.resolveDid(society.regulator.did, { fresh: true });
    expect((await verifier.verifyCredential(society.dsoRole.compact, NOON)).refusal?.code).toBe('KEY_NOT_AUTHORIZED');
  });
});

describe('every link of a chain, replaced in turn', () => {
  /** The entitlement with this role above it and this accreditation above that. */
  async function chain(
    society: PaperSociety,
    replace: { readonly role?: 'self' | 'stranger'; readonly accreditation?: 'self' | 'stranger' | 'dso' },
  ): Promise<string | undefined> {
    const { regulator, dso, stranger, house, authority } = society;
    const early = { issuedAt: instant(NOON - 90 * DAY), validFrom: instant(NOON - 90 * DAY) };
    const upperIssuer = { self: regulator, stranger, dso }[replace.accreditation ?? 'self'];
    const upper =
      replace.accreditation === undefined
        ? society.accreditation
        : await issueVcJwt(society.input('RegulatorAccreditation', upperIssuer, regulator.did, early));
    const roleIssuer = { self: dso, stranger, none: regulator }[replace.role ?? 'none'];
    const role = await issueVcJwt(
      society.input('SystemOperatorRole', roleIssuer, dso.did, {
        issuedAt: instant(NOON - 50 * DAY),
        validFrom: instant(NOON - 50 * DAY),
        authority: authority.publish(upper.compact),
      }),
    );
    const leaf = await issueSdJwtVc(
      society.input('MeteringPointEntitlement', dso, house.did, { holderKey: house.publicJwk, authority: authority.publish(role.compact) }),
    );
    await society.challenge();
    const verifier = verifierFor(society, {
      anchors: [{ did: replace.accreditation === 'self' ? stranger.did : regulator.did, mayIssue: ['RegulatorAccreditation'] }],
    });
    return (
      await verifier.verify(
        await society.answer([{ compact: leaf.compact, disclose: ['direction', 'exportLimitW'] }]),
        expecting(ENTITLEMENT_NEEDS),
      )
    ).refusal?.code;
  }

  it('passes untouched', async () => {
    expect(await chain(await createPaperSociety(), {})).toBeUndefined();
  });

  it.each([
    ['a role the operator gave to itself', { role: 'self' }],
    ['a role by a stranger', { role: 'stranger' }],
    ['an accreditation by a stranger', { accreditation: 'stranger' }],
    ['an accreditation by the operator below', { accreditation: 'dso' }],
    ['a self-issued accreditation of somebody who is no root', { accreditation: 'self' }],
  ] as const)('refuses %s', async (_name, replace) => {
    expect(await chain(await createPaperSociety(), replace)).toMatch(/^(ISSUER_NOT_ACCREDITED|CHAIN_CYCLE)$/);
  });

  it('refuses an entitlement a stranger issued under the true role of the operator', async () => {
    const society = await createPaperSociety();
    const leaf = await issueSdJwtVc(
      society.input('MeteringPointEntitlement', society.stranger, society.house.did, {
        holderKey: society.house.publicJwk,
        authority: society.authority.publish(society.dsoRole.compact),
      }),
    );
    expect((await verifierFor(society).verifyCredential(leaf.compact, NOON)).refusal?.code).toBe('ISSUER_NOT_ACCREDITED');
  });

  it('refuses an authority of another text, even when the port does not notice', async () => {
    const society = await createPaperSociety();
    const authority = createFakeAuthority({ blind: true });
    const uri = `https://authority.example/${society.dsoRole.digest}`;
    authority.replace(uri, society.supplierRole.compact);
    expect((await verifierFor(society, { authority }).verifyCredential(society.entitlement.compact, NOON)).refusal?.code).toBe(
      'ISSUER_NOT_ACCREDITED',
    );
  });

  describe('a signature that is spelled otherwise', () => {
    const garbled = (compact: string): string => {
      const [jwt = '', ...rest] = compact.split('~');
      const end = jwt.lastIndexOf('.') + 1;
      return [`${jwt.slice(0, end)}${'A'.repeat(42)}${jwt.slice(end + 42)}`, ...rest].join('~');
    };

    it('is proven by itself: that the credential proved before says nothing', async () => {
      const society = await createPaperSociety();
      const verifier = verifierFor(society);
      expect((await verifier.verifyCredential(society.entitlement.compact, NOON)).ok).toBe(true);
      expect((await verifier.verifyCredential(garbled(society.entitlement.compact), NOON)).refusal?.code).toBe('PROOF_INVALID');
      expect((await verifier.verifyCredential(twinOf(society.entitlement.compact), NOON)).ok).toBe(true);
    });

    it('of an authority counts at the address it lies at and no longer than it lies there', async () => {
      const society = await createPaperSociety();
      const verifier = verifierFor(society);
      const uri = `https://authority.example/${society.dsoRole.digest}`;
      society.authority.replace(uri, garbled(society.dsoRole.compact));
      expect((await verifier.verifyCredential(society.entitlement.compact, NOON)).refusal?.code).toBe('ISSUER_NOT_ACCREDITED');
      society.authority.replace(uri, society.dsoRole.compact);
      expect((await verifier.verifyCredential(society.entitlement.compact, NOON)).ok).toBe(true);
    });

    it('does not matter to a pin of today, and does to a pin by the whole text', async () => {
      const society = await createPaperSociety();
      const leafUnder = async (digest: Digest): Promise<string> => {
        const authority = { uri: `https://authority.example/${society.dsoRole.digest}`, digest };
        const input = society.input('MeteringPointEntitlement', society.dso, society.house.did, {
          holderKey: society.house.publicJwk,
          authority,
        });
        return (await issueSdJwtVc(input)).compact;
      };
      const [former, current] = [await leafUnder(textDigestOf(society.dsoRole.compact)), await leafUnder(society.dsoRole.digest)];
      for (const compact of [former, current]) expect((await verifierFor(society).verifyCredential(compact, NOON)).ok).toBe(true);
      society.authority.replace(`https://authority.example/${society.dsoRole.digest}`, twinOf(society.dsoRole.compact));
      expect((await verifierFor(society).verifyCredential(current, NOON)).ok).toBe(true);
      expect((await verifierFor(society).verifyCredential(former, NOON)).refusal?.code).toBe('ISSUER_NOT_ACCREDITED');
    });
  });

  it('ends with the first end in the chain', async () => {
    const society = await createPaperSociety();
    const short = await issueVcJwt(
      society.input('SystemOperatorRole', society.regulator, society.dso.did, {
        issuedAt: instant(NOON - 50 * DAY),
        validFrom: instant(NOON - 50 * DAY),
        validUntil: instant(NOON + 5),
        authority: society.authority.publish(society.accreditation.compact),
      }),
    );
    const leaf = await issueSdJwtVc(
      society.input('MeteringPointEntitlement', society.dso, society.house.did, {
        holderKey: society.house.publicJwk,
        authority: society.authority.publish(short.compact),
      }),
    );
    const verifier = verifierFor(society);
    expect(assertOk(await verifier.verifyCredential(leaf.compact, NOON)).goodUntil).toBe(NOON + 5);
    expect((await verifier.verifyCredential(leaf.compact, instant(NOON + 5))).refusal?.code).toBe('ISSUER_NOT_ACCREDITED');
  });

  it('reads a kept accreditation anew for its status at every request', async () => {
    const society = await createPaperSociety();
    const verifier = verifierFor(society);
    const verified = assertOk(await verifier.verifyCredential(society.entitlement.compact, NOON));
    const role = verified.statusReferences.at(1);
    society.status.mark(role?.references ?? [], 'revoked');
    expect((await verifier.verifyCredential(society.entitlement.compact, NOON)).refusal).toMatchObject({
      code: 'ISSUER_NOT_ACCREDITED',
      detail: expect.stringContaining('REVOKED'),
    });
    society.status.mark(role?.references ?? [], 'valid');
    expect((await verifier.verifyCredential(society.entitlement.compact, NOON)).ok).toBe(true);
  });
});

describe('evidence', () => {
  it('names documents, lists, credentials and the path, and no claim', async () => {
    const society = await createPaperSociety();
    await society.challenge();
    const { evidence } = assertOk(await verifierFor(society).verify(await houseAnswer(society), expecting(HOUSE_NEEDS)));
    const text = JSON.stringify(evidence);
    expect(evidence).toMatchObject({
      credentials: [
        {
          digest: society.customer.digest,
          path: [society.supplierRole.digest, society.accreditation.digest],
          anchor: society.regulator.did,
        },
        {},
        {},
      ],
    });
    for (const secret of [digestOf('mp'), 'up_to_10800_w', '9000', society.house.did, society.meter.did])
      expect(text).not.toContain(secret);
  });
});

describe('the holder of what others may present too', () => {
  it.each([
    ['did:jwk', toDidJwk],
    ['did:key', toDidKey],
    ['did:peer', toDidPeer],
  ] as const)('is the key itself, as the %s the credentials are about', (_method, toDid) => {
    const [holderKey, other] = [toPublicJwk(generatePrivateJwk('ES256')), toPublicJwk(generatePrivateJwk('ES256'))];
    const content = (did: string) => ({ type: 'DeviceCommissioning', subject: did, holderKey }) as unknown as CredentialContent;
    expect(assertOk(bindByKey([content(toDid(holderKey))]))).toEqual({ did: toDid(holderKey), publicJwk: holderKey, boundBy: 'key' });
    expect(assertOk(bindByKey([content(toDid(other))])).did).toBe(toDidJwk(holderKey));
  });
});
