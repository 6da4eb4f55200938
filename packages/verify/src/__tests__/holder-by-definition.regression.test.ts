import { describe, expect, it } from '@jest/globals';
import { assertOk } from '@gridpass/core';
import type { CredentialContent, DidSigner, DisclosureNeeds, Outcome } from '@gridpass/core';
import { toDidJwk, toDidKey, toDidPeer } from '@gridpass/did';
import { generatePrivateJwk, thumbprintOf, toPublicJwk } from '@gridpass/keys';
import { issueSdJwtVc, issueVcJwt } from '@gridpass/suite';
import { NOON, type PaperSociety } from '@gridpass/testkit';
import { bindByKey } from '../holder.js';
import { checkPresenter } from '../holder-standing.js';
import { checkNeeds } from '../needs.js';
import type { Trusted } from '../index.js';
import { ROLE_NEEDS, createPaperSociety, expecting, verifierFor } from './fixtures.js';

const COMMISSIONING = { type: 'DeviceCommissioning', claims: ['deviceDid'] } as const;
const CUSTOMER = { type: 'CustomerStatus', claims: ['active'] } as const;

/** A customer status about `subject`, and a commissioning of the meter, both bound to the key of `holder`. */
async function present(society: PaperSociety, holder: DidSigner, needs: DisclosureNeeds, withCustomer = true): Promise<Outcome<Trusted>> {
  await society.challenge();
  const customer = await issueSdJwtVc(
    society.input('CustomerStatus', society.supplier, society.meter.did, {
      holderKey: holder.publicJwk,
      authority: society.authority.publish(society.supplierRole.compact),
    }),
  );
  const commissioning = await issueSdJwtVc(
    society.input('DeviceCommissioning', society.dso, society.meter.did, {
      holderKey: holder.publicJwk,
      authority: society.authority.publish(society.dsoRole.compact),
    }),
  );
  const answer = await society.answer(
    [
      { compact: commissioning.compact, disclose: ['deviceDid'] },
      ...(withCustomer ? [{ compact: customer.compact, disclose: ['active'] }] : []),
    ],
    { holder },
  );
  return verifierFor(society).verify(answer, expecting(needs));
}

describe('who the holder is comes from the types that were asked for, each by its definition', () => {
  it('a credential that was not asked for says nothing: it refuses the presentation', async () => {
    const society = await createPaperSociety();
    const outcome = await present(society, society.house, [[COMMISSIONING]]);
    expect(outcome.refusal).toMatchObject({ code: 'QUERY_NOT_MET', detail: 'vp_token: an id that is none of the query' });
    const alone = await present(await createPaperSociety(), society.house, [[COMMISSIONING]], false);
    expect(assertOk(alone).holderDid).toBe(toDidJwk(society.house.publicJwk));
  });

  it('a device is nobody but the holder of a key of its own, also where a credential of another type names it as the subject', async () => {
    const society = await createPaperSociety();
    const needs = [[COMMISSIONING, CUSTOMER]];
    expect((await present(society, society.house, needs)).refusal?.code).toBe('KEY_NOT_AUTHORIZED');
    const own = assertOk(await present(society, society.meter, needs));
    expect([own.holderDid, own.holderBoundBy]).toEqual([society.meter.did, 'did']);
  });

  it('a key that the device lists for assertion alone does not speak for it', async () => {
    const society = await createPaperSociety();
    const { did, kid, publicJwk } = society.meter;
    society.resolver.publishKey(did, kid, publicJwk, ['assertionMethod']);
    expect((await present(society, society.meter, [[COMMISSIONING, CUSTOMER]])).refusal?.code).toBe('KEY_NOT_AUTHORIZED');
  });

  it('also for an organisation with a vp+jwt: a role that was not asked for refuses', async () => {
    const society = await createPaperSociety();
    await society.challenge();
    const other = await issueVcJwt(
      society.input('MarketPartyRole', society.regulator, society.dso.did, {
        authority: society.authority.publish(society.accreditation.compact),
      }),
    );
    const shown = await society.present(society.dso, [society.dsoRole.compact, other.compact]);
    const verifier = verifierFor(society);
    expect((await verifier.verify(shown, expecting(ROLE_NEEDS))).refusal?.code).toBe('QUERY_NOT_MET');
    const asked = ROLE_NEEDS.map((needs) => [...needs, { type: 'MarketPartyRole', claims: [] } as const]);
    expect((await verifier.verify(shown, expecting(asked))).ok).toBe(true);
  });
});

describe('what was asked for', () => {
  const content = (type: CredentialContent['type']): CredentialContent => ({ type, claims: { active: true, deviceDid: 'd' } }) as never;
  const [customer, device, entitlement] = [content('CustomerStatus'), content('DeviceCommissioning'), content('MeteringPointEntitlement')];
  const of = (contents: readonly CredentialContent[], needs: DisclosureNeeds): string =>
    checkNeeds(contents, needs, 'named-by-type').refusal?.detail ?? 'met';

  it('is one alternative, whole and alone', () => {
    expect(of([device], [[COMMISSIONING], [COMMISSIONING, CUSTOMER]])).toBe('met');
    expect(of([device, customer], [[COMMISSIONING], [COMMISSIONING, CUSTOMER]])).toBe('met');
    expect(of([device, customer], [[COMMISSIONING], [CUSTOMER]])).toBe('a credential that was not asked for');
    expect(of([device, customer, entitlement], [[COMMISSIONING, CUSTOMER]])).toBe('a credential that was not asked for');
    expect(of([customer], [[COMMISSIONING, CUSTOMER]])).toBe('a credential or claim that was asked for is missing');
  });

  it('is not counted: a type named twice in an alternative makes no room for another', () => {
    expect(of([device, customer], [[COMMISSIONING, COMMISSIONING]])).toBe('a credential that was not asked for');
  });
});

describe('a DID that credentials name as a device', () => {
  const [own, foreign] = [generatePrivateJwk('ES256'), generatePrivateJwk('ES256')].map(toPublicJwk) as [never, never];
  const content = (type: CredentialContent['type'], subject: string, claims: object = {}): CredentialContent =>
    ({ type, subject, claims, holderKey: own }) as never;
  const bound = (...contents: readonly CredentialContent[]): string => {
    const { did, boundBy } = assertOk(bindByKey(contents));
    return `${did} ${boundBy}`;
  };

  it.each([toDidJwk, toDidKey, toDidPeer])('speaks by the key that it is, with nobody to ask: %p', (toDid) => {
    expect(bound(content('DeviceIdentity', toDid(own)))).toBe(`${toDid(own)} key`);
    expect(bound(content('DeviceIdentity', toDid(foreign)))).toBe(`${toDid(foreign)} did`);
  });

  it('is told by the subject of a device’s credential and by deviceDid, whatever else the DID is the subject of', () => {
    const did = 'did:web:meter.example';
    expect(bound(content('DeviceIdentity', did))).toBe(`${did} did`);
    expect(bound(content('DeviceOwnership', did, { deviceDid: did }))).toBe(`${did} did`);
    expect(bound(content('MarketChannelAdmission', did), content('DeviceCommissioning', did))).toBe(`${did} did`);
    expect(bound(content('MeteringPointEntitlement', did), content('DeviceCommissioning', toDidJwk(own), { deviceDid: did }))).toBe(
      `${did} did`,
    );
  });

  it('leaves owner, household and firm to the key that the credential names, be it in no document', () => {
    const owner = 'did:web:owner.example';
    expect(bound(content('DeviceOwnership', owner, { deviceDid: 'did:web:meter.example' }))).toBe(`${owner} key`);
    expect(bound(content('CustomerStatus', owner), content('DeviceCommissioning', 'did:web:meter.example'))).toBe(`${owner} key`);
    expect(bound(content('MarketPartyRole', owner))).toBe(`${owner} key`);
  });

  it('is asked for its key when it presents, also where it is a key itself', async () => {
    const society = await createPaperSociety();
    const ring = { findDocument: (did: DidSigner['did']) => society.resolver.resolveDid(did, { fresh: false }) };
    const { did, publicJwk } = society.meter;
    const holder = (thumbprint = thumbprintOf(publicJwk)) => ({ did, boundBy: 'did', thumbprint }) as const;
    expect((await checkPresenter(ring, holder(), NOON)).ok).toBe(true);
    expect((await checkPresenter(ring, holder(thumbprintOf(own)), NOON)).refusal?.code).toBe('KEY_NOT_AUTHORIZED');
    const jwk = toDidJwk(foreign);
    society.resolver.publishKey(jwk, `${jwk}#0` as DidSigner['kid'], foreign);
    const presenter = (key: typeof own) => checkPresenter(ring, { did: jwk, boundBy: 'did', thumbprint: thumbprintOf(key) }, NOON);
    expect((await presenter(own)).refusal?.code).toBe('KEY_NOT_AUTHORIZED');
    expect((await presenter(foreign)).ok).toBe(true);
  });
});
