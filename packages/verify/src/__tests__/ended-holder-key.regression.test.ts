// A key that the holder's document marks as revoked or expired went on to speak for it: its relationship and its thumbprint were compared,
// and its end was not.
import { describe, expect, it } from '@jest/globals';
import type { Did, DidResolverPort, DisclosureNeeds, Instant } from '@gridpass/core';
import { thumbprintOf } from '@gridpass/keys';
import { issueSdJwtVc } from '@gridpass/suite';
import { NOON, type PaperSociety } from '@gridpass/testkit';
import { createPaperSociety, expecting, verifierFor } from './fixtures.js';

const NEEDS: DisclosureNeeds = [
  [
    { type: 'DeviceCommissioning', claims: ['deviceDid'] },
    { type: 'CustomerStatus', claims: ['active'] },
  ],
];

/** The society's resolver, where every key of one DID has an end. */
const endKeysOf = (society: PaperSociety, did: Did, endsAt: number): DidResolverPort => ({
  resolveDid: async (asked, options) => {
    const document = await society.resolver.resolveDid(asked, options);
    if (!document.ok || asked !== did) return document;
    return { ok: true, value: { ...document.value, keys: document.value.keys.map((key) => ({ ...key, endsAt: endsAt as Instant })) } };
  },
});

describe('a key of the holder that its document ended', () => {
  it('lets no device in from the second of its end', async () => {
    const codeOf = async (endsAt: number): Promise<string | undefined> => {
      const society = await createPaperSociety();
      await society.challenge();
      const given = { holderKey: society.meter.publicJwk };
      const customer = await issueSdJwtVc(
        society.input('CustomerStatus', society.supplier, society.meter.did, {
          ...given,
          authority: society.authority.publish(society.supplierRole.compact),
        }),
      );
      const commissioning = await issueSdJwtVc(
        society.input('DeviceCommissioning', society.dso, society.meter.did, {
          ...given,
          authority: society.authority.publish(society.dsoRole.compact),
        }),
      );
      const shown = [
        { compact: commissioning.compact, disclose: ['deviceDid'] },
        { compact: customer.compact, disclose: ['active'] },
      ];
      const answer = await society.answer(shown, { holder: society.meter });
      const verifier = verifierFor(society, { resolver: endKeysOf(society, society.meter.did, endsAt) });
      return (await verifier.verify(answer, expecting(NEEDS))).refusal?.code;
    };
    expect([await codeOf(NOON + 1), await codeOf(NOON), await codeOf(NOON - 1)]).toEqual([
      undefined,
      'KEY_NOT_AUTHORIZED',
      'KEY_NOT_AUTHORIZED',
    ]);
  });

  it('ends the grants that were opened with it, at that second, and none that a credential binds', async () => {
    const society = await createPaperSociety();
    const { did, publicJwk } = society.dso;
    const verifier = verifierFor(society, { resolver: endKeysOf(society, did, NOON + 1) });
    const codeOf = async (boundBy: 'did' | 'key', at: number): Promise<string | undefined> =>
      (await verifier.checkHolder({ did, boundBy, thumbprint: thumbprintOf(publicJwk) }, at as Instant)).refusal?.code;
    expect([await codeOf('did', NOON), await codeOf('did', NOON + 1)]).toEqual([undefined, 'KEY_NOT_AUTHORIZED']);
    expect([await codeOf('key', NOON), await codeOf('key', NOON + 1)]).toEqual([undefined, undefined]);
  });
});
