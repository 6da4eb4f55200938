import { describe, expect, it } from '@jest/globals';
import { assertOk } from '@gridpass/core';
import { thumbprintOf } from '@gridpass/keys';
import { NOON } from '@gridpass/testkit';
import { HOUSE_NEEDS, ROLE_NEEDS, createPaperSociety, expecting, houseAnswer, verifierFor } from './fixtures.js';

describe('a holder whose DID was given up', () => {
  it.each(['DID_DEACTIVATED', 'DID_NOT_FOUND'] as const)('presents nothing by a key of its credentials: %s', async (code) => {
    const society = await createPaperSociety();
    await society.challenge();
    const verifier = verifierFor(society);
    society.resolver.refuseDid(society.house.did, code);
    expect((await verifier.verify(await houseAnswer(society), expecting(HOUSE_NEEDS))).refusal?.code).toBe(code);
    expect(await society.challenges.readChallenge({ tenant: expecting(HOUSE_NEEDS).tenant, state: 'state-1', at: NOON })).toMatchObject({
      ok: true,
    });
  });

  it('presents nothing by a key of its document', async () => {
    const society = await createPaperSociety();
    await society.challenge();
    society.resolver.refuseDid(society.dso.did, 'DID_DEACTIVATED');
    const outcome = await verifierFor(society).verify(await society.present(society.dso, [society.dsoRole.compact]), expecting(ROLE_NEEDS));
    expect(outcome.refusal?.code).toBe('DID_DEACTIVATED');
  });

  it('is not told from one that stands while the resolver is down: a fault', async () => {
    const society = await createPaperSociety();
    const verifier = verifierFor(society);
    const holder = { did: society.house.did, boundBy: 'key', thumbprint: thumbprintOf(society.house.publicJwk) } as const;
    expect(assertOk(await verifier.checkHolder(holder, NOON))).toBe(true);
    society.resolver.fail(true);
    await expect(verifier.checkHolder(holder, NOON)).rejects.toMatchObject({ code: 'RESOLVER_UNAVAILABLE' });
  });
});

describe('whether a holder still stands', () => {
  it('asks a DID for its key where the DID named it, for authentication, and not where a credential did', async () => {
    const society = await createPaperSociety();
    const { did, kid, publicJwk } = society.dso;
    const thumbprint = thumbprintOf(publicJwk);
    const codesOf = async (): Promise<readonly (string | undefined)[]> =>
      Promise.all(
        (['did', 'key'] as const).map(
          async (boundBy) => (await verifierFor(society).checkHolder({ did, thumbprint, boundBy }, NOON)).refusal?.code,
        ),
      );
    expect(await codesOf()).toEqual([undefined, undefined]);
    await society.resolver.resolveDid(did, { fresh: true });
    society.resolver.publishKey(did, kid, publicJwk, ['assertionMethod']);
    await society.resolver.resolveDid(did, { fresh: true });
    expect(await codesOf()).toEqual(['KEY_NOT_AUTHORIZED', undefined]);
    society.resolver.withdrawKey(did, kid);
    await society.resolver.resolveDid(did, { fresh: true });
    expect(await codesOf()).toEqual(['KEY_NOT_AUTHORIZED', undefined]);
  });

  it('asks nobody about a DID that is its key, and refuses a method that is not read here', async () => {
    const society = await createPaperSociety();
    const verifier = verifierFor(society);
    const thumbprint = thumbprintOf(society.house.publicJwk);
    society.resolver.fail(true);
    for (const did of ['did:jwk:abc', 'did:key:zDn', 'did:peer:0zDn'] as const)
      expect(assertOk(await verifier.checkHolder({ did, boundBy: 'did', thumbprint }, NOON))).toBe(true);
    expect((await verifier.checkHolder({ did: 'did:ethr:0x01', boundBy: 'key', thumbprint }, NOON)).refusal?.code).toBe(
      'DID_METHOD_UNSUPPORTED',
    );
  });
});
