import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DidUrl, JsonObject, Outcome } from '@gridpass/core';
import { assertOk, ok, refuse } from '@gridpass/core';
import { thumbprintOf } from '@gridpass/keys';
import { checkKeyBinding, issueVcJwt, parseSdJwtVc } from '@gridpass/suite';
import type { ParsedSdJwt } from '@gridpass/suite';
import { CLAIMS, createParty } from '@gridpass/testkit';
import { startRig } from './wallet-rig.js';
import type { Rig, TestVerifier } from './wallet-rig.js';

const codeOf = (outcome: Outcome<unknown>): string => (outcome.ok ? 'OK' : outcome.refusal.code);
const HOUSEHOLD = ['CustomerStatus_dc_sd_jwt', 'MeteringPointEntitlement_dc_sd_jwt'];
const PASSPHRASE = 'correct horse battery';

function presentations(verifier: TestVerifier): Record<string, ParsedSdJwt> {
  const token: JsonObject = verifier.answers.at(-1)?.vpToken ?? {};
  return Object.fromEntries(
    Object.entries(token).map(([id, list]) => {
      const parsed = parseSdJwtVc(String((list as readonly string[])[0]));
      if (!parsed.ok) throw new Error(parsed.refusal.detail);
      return [id, parsed.value];
    }),
  );
}

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(async () => {
  await rig.stop();
});

describe('a household wallet', () => {
  it('keeps a copy for each face, all copies of one issuance bound to different keys', async () => {
    const { holder } = await rig.wallet('home-1');
    const received = await holder.receiveOffer(await rig.offer(...HOUSEHOLD));
    expect(codeOf(received)).toBe('OK');
    const held = await holder.credentials();
    expect(held).toHaveLength(6);
    expect(new Set(held.map(({ relationId }) => relationId)).size).toBe(3);
  });

  it('shows what is asked and nothing else, all of it bound to one key', async () => {
    const { holder } = await rig.wallet('home-2');
    await holder.receiveOffer(await rig.offer(...HOUSEHOLD));
    const verifier = await rig.verifier('market');
    const presented = await holder.present(await verifier.ask());
    expect(codeOf(presented)).toBe('OK');
    const { CustomerStatus: customer, MeteringPointEntitlement: entitlement } = presentations(verifier);
    expect(customer?.content.claims).toEqual({ active: true, biddingZoneEic: '10YNO-0--------C', jurisdiction: 'NO' });
    expect(entitlement?.content.claims).toEqual({ exportLimitW: 9_000, gridAreaEic: '10YNO-0--------C' });
    expect(thumbprintOf(customer!.content.holderKey!)).toBe(thumbprintOf(entitlement!.content.holderKey!));
    const nonce = customer!.keyBinding!.nonce;
    expect(
      codeOf(
        checkKeyBinding(customer!, {
          audience: `decentralized_identifier:${verifier.did}`,
          nonce,
          at: rig.issuer.clock.now(),
          maxAgeSeconds: 60,
        }),
      ),
    ).toBe('OK');
    expect((await holder.disclosures())[0]).toMatchObject({
      verifier: verifier.did,
      answer: 'accepted',
      shown: [
        { type: 'CustomerStatus', claims: ['active', 'biddingZoneEic', 'jurisdiction'] },
        { type: 'MeteringPointEntitlement', claims: ['exportLimitW', 'gridAreaEic'] },
      ],
    });
  });

  it('shows two verifiers two keys, and each verifier always the same one', async () => {
    const { holder } = await rig.wallet('home-3');
    await holder.receiveOffer(await rig.offer(...HOUSEHOLD));
    const [first, second] = [await rig.verifier('market-a'), await rig.verifier('market-b')];
    const keys: string[] = [];
    for (const verifier of [first, second, first]) {
      expect(codeOf(await holder.present(await verifier.ask()))).toBe('OK');
      keys.push(thumbprintOf(presentations(verifier)['CustomerStatus']!.content.holderKey!));
    }
    expect(keys[0]).toBe(keys[2]);
    expect(keys[0]).not.toBe(keys[1]);
  });

  it('gives every verifier a face of its own when all come at once', async () => {
    const { holder } = await rig.wallet('home-4');
    await holder.receiveOffer(await rig.offer(...HOUSEHOLD));
    const faces = await Promise.all(['a', 'b', 'a', 'b'].map((name) => holder.faceFor(`https://${name}.example`)));
    expect(faces[0]?.thumbprint).toBe(faces[2]?.thumbprint);
    expect(faces[0]?.thumbprint).not.toBe(faces[1]?.thumbprint);
  });

  it('says that the copies are used up when a verifier too many comes', async () => {
    const { holder } = await rig.wallet('home-5', { identity: rig.person('home-5', 1) });
    await holder.receiveOffer(await rig.offer(...HOUSEHOLD));
    const [first, second] = [await rig.verifier('market-c'), await rig.verifier('market-d')];
    expect(codeOf(await holder.present(await first.ask()))).toBe('OK');
    const refused = await holder.present(await second.ask());
    expect(codeOf(refused)).toBe('QUERY_UNSATISFIABLE');
    expect(refused.refusal?.detail).toContain('SHOWN_ELSEWHERE');
    await holder.receiveOffer(await rig.offer(...HOUSEHOLD));
    expect(codeOf(await holder.present(await second.ask()))).toBe('OK');
  });

  it('explains what is missing', async () => {
    const { holder } = await rig.wallet('home-6');
    await holder.receiveOffer(await rig.offer('CustomerStatus_dc_sd_jwt'));
    const verifier = await rig.verifier('market-e', [
      [
        { type: 'CustomerStatus', claims: ['supplierDid'] },
        { type: 'DeviceCommissioning', claims: ['deviceClass'] },
      ],
    ]);
    const proposal = await holder.presenter.fetchProposal(await verifier.ask());
    expect(codeOf(proposal)).toBe('QUERY_UNSATISFIABLE');
    expect(proposal.refusal?.detail).toMatch(
      /^CustomerStatus: NONE_SUITABLE, .*CLAIM_MISSING supplierDid; DeviceCommissioning: NONE_HELD$/,
    );
    expect(await holder.disclosures()).toEqual([]);
    expect(verifier.answers).toEqual([]);
  });

  it('never shows what is expired, revoked or suspended', async () => {
    const { holder } = await rig.wallet('home-7');
    await holder.receiveOffer(await rig.offer(...HOUSEHOLD));
    const verifier = await rig.verifier('market-f');
    const references = [{ kind: 'token', uri: `${new URL(rig.issuer.credentialIssuer).origin}/status/1`, index: 7 }] as const;
    rig.status.mark(references, 'suspended');
    expect(await holder.refreshStates()).toBe(6);
    const suspended = await holder.present(await verifier.ask());
    expect(suspended.refusal?.detail).toContain('SUSPENDED');
    rig.status.fail('STATUS_UNAVAILABLE');
    expect(await holder.refreshStates()).toBe(0);
    rig.status.fail(undefined);
    rig.status.mark(references, 'valid');
    await holder.refreshStates();
    expect(codeOf(await holder.present(await verifier.ask()))).toBe('OK');
    rig.issuer.clock.advance(86_400);
    expect((await holder.present(await verifier.ask())).refusal?.detail).toContain('EXPIRED');
    rig.issuer.clock.advance(-86_400);
  });

  it('answers a request that came over another transport', async () => {
    const { holder } = await rig.wallet('home-8');
    await holder.receiveOffer(await rig.offer(...HOUSEHOLD));
    const verifier = await rig.verifier('market-g');
    const uri = await verifier.ask({ method: 'get' });
    const requestObject = await (await fetch(new URL(uri).searchParams.get('request_uri') ?? '')).text();
    const answered = await holder.answerRequest(requestObject, 'mqtt://broker.example');
    expect(codeOf(answered)).toBe('REQUEST_NOT_TRUSTED');
    const direct = await holder.answerRequest(requestObject);
    expect(direct.ok && Object.keys(direct.value.vpToken)).toEqual(['CustomerStatus', 'MeteringPointEntitlement']);
  });

  it('gives no face away to a verifier that is only looked at', async () => {
    const { holder } = await rig.wallet('home-17', { identity: rig.person('home-17', 1) });
    await holder.receiveOffer(await rig.offer(...HOUSEHOLD));
    const [looked, answered] = [await rig.verifier('market-o'), await rig.verifier('market-p')];
    const proposal = await holder.presenter.fetchProposal(await looked.ask());
    expect(codeOf(proposal)).toBe('OK');
    expect(codeOf(await holder.present(await answered.ask()))).toBe('OK');
    // The one face with copies is taken now; the older proposal may not show it to a second verifier.
    if (proposal.ok) expect(codeOf(await holder.presenter.send(proposal.value))).toBe('CONFLICT');
    expect(looked.answers).toEqual([]);
  });

  it('lets a proposal wait no longer than its request', async () => {
    const { holder } = await rig.wallet('home-18');
    await holder.receiveOffer(await rig.offer(...HOUSEHOLD));
    const proposal = await holder.presenter.fetchProposal(await (await rig.verifier('market-q')).ask());
    rig.issuer.clock.advance(120);
    if (proposal.ok) expect(codeOf(await holder.presenter.send(proposal.value))).toBe('EXPIRED');
    rig.issuer.clock.advance(-120);
  });

  it('refuses a request whose answer should go elsewhere than it was asked for', async () => {
    const { holder } = await rig.wallet('home-9');
    await holder.receiveOffer(await rig.offer(...HOUSEHOLD));
    const verifier = await rig.verifier('market-h');
    expect(codeOf(await holder.present(await verifier.ask(), { audience: 'https://shop.example' }))).toBe('REQUEST_NOT_TRUSTED');
  });

  describe('and verifiers that ask for too much', () => {
    const registration = async (verifier: TestVerifier, more: { subject?: string; claims?: string[] } = {}) => {
      const regulator = createParty('regulator');
      rig.issuer.resolver.publishKey(regulator.did, regulator.kid, regulator.publicJwk);
      const now = rig.issuer.clock.now();
      const { compact } = await issueVcJwt({
        type: 'MarketOperatorRole',
        issuer: regulator,
        subject: (more.subject ?? verifier.did) as never,
        issuedAt: now,
        validFrom: now,
        validUntil: (now + 86_400) as never,
        claims: {
          ...CLAIMS.MarketOperatorRole,
          requestableClaims: [
            { type: 'CustomerStatus', claims: more.claims ?? ['active', 'biddingZoneEic'] },
            { type: 'MeteringPointEntitlement', claims: ['exportLimitW'] },
          ],
        },
        status: [
          { kind: 'bitstring', purpose: 'revocation', uri: 'https://r.example/1', index: 1 },
          { kind: 'bitstring', purpose: 'suspension', uri: 'https://r.example/2', index: 1 },
        ],
      });
      return [{ format: 'vc+jwt', data: compact }];
    };

    it('answers within the registration and refuses beyond it', async () => {
      const { holder } = await rig.wallet('home-10', { unregisteredVerifiers: 'refuseUnregistered' });
      await holder.receiveOffer(await rig.offer(...HOUSEHOLD));
      const verifier = await rig.verifier('market-i');
      expect(codeOf(await holder.present(await verifier.ask()))).toBe('REQUEST_NOT_TRUSTED');
      const proposal = await holder.presenter.fetchProposal(await verifier.ask({ verifierInfo: await registration(verifier) }));
      expect(proposal.ok && proposal.value.verifier).toMatchObject({ standing: 'registered', party: CLAIMS.MarketOperatorRole.party });
      expect(codeOf(await holder.present(await verifier.ask({ verifierInfo: await registration(verifier, { claims: ['active'] }) })))).toBe(
        'REQUEST_NOT_TRUSTED',
      );
      expect(
        codeOf(
          await holder.present(await verifier.ask({ verifierInfo: await registration(verifier, { subject: 'did:web:other.example' }) })),
        ),
      ).toBe('REQUEST_NOT_TRUSTED');
    });

    it('refuses a registration by an issuer that is not accredited', async () => {
      const { holder } = await rig.wallet('home-11', { issuerTrust: async () => refuse('ISSUER_NOT_ACCREDITED', 'trusted', 'stranger') });
      await holder.receiveOffer(await rig.offer(...HOUSEHOLD));
      const verifier = await rig.verifier('market-j');
      const refused = await holder.present(await verifier.ask({ verifierInfo: await registration(verifier) }));
      expect(refused.refusal).toMatchObject({
        code: 'REQUEST_NOT_TRUSTED',
        detail: expect.stringMatching(/^verifier_info: ISSUER_NOT_ACCREDITED; /),
      });
      expect(await holder.disclosures()).toEqual([]);
    });
  });

  it('keeps nothing of an offer whose credential is bound to a stranger, wrongly signed, out of schema or expired', async () => {
    const stranger = createParty('stranger');
    const alterations: [string, NonNullable<Parameters<typeof startRig>[0]>][] = [
      ['HOLDER_MISMATCH', { alter: (input) => ({ ...input, holderKey: stranger.publicJwk }) }],
      ['PROOF_INVALID', { alter: (input) => ({ ...input, issuer: { ...stranger, did: input.issuer.did, kid: input.issuer.kid } }) }],
      ['KEY_NOT_AUTHORIZED', { alter: (input) => ({ ...input, issuer: { ...input.issuer, kid: `${input.issuer.did}#key-2` as DidUrl } }) }],
      ['SCHEMA_VIOLATION', { claims: { CustomerStatus: { customerKind: 'household' } } }],
    ];
    for (const [code, options] of alterations) {
      const other = await startRig({ ...options, store: rig.issuer.store });
      const { holder } = await other.wallet(`home-x-${code.toLowerCase().replaceAll('_', '-')}`);
      expect([code, codeOf(await holder.receiveOffer(await other.offer('CustomerStatus_dc_sd_jwt')))]).toEqual([code, code]);
      expect(await holder.credentials()).toEqual([]);
      await other.stop();
    }
  });

  it('moves to another store and leaves nothing behind', async () => {
    const { holder, tenant } = await rig.wallet('home-12');
    await holder.receiveOffer(await rig.offer(...HOUSEHOLD));
    const verifier = await rig.verifier('market-k');
    await holder.present(await verifier.ask());
    const before = presentations(verifier)['CustomerStatus']!.content.holderKey!;
    const archive = assertOk(await holder.exportArchive(PASSPHRASE));
    expect(archive).not.toContain('CustomerStatus');
    await holder.leave();
    expect(await holder.credentials()).toEqual([]);
    expect(await holder.disclosures()).toEqual([]);
    expect(await rig.vault.keysOf(tenant, 'holding').listKeys()).toEqual([]);

    const { holder: moved } = await rig.wallet('home-13');
    expect(codeOf(await moved.importArchive(archive, 'another passphrase'))).toBe('ARCHIVE_INVALID');
    expect(
      codeOf(
        await moved.importArchive(
          archive.replace(/"sealed":"(.)/, (_all, first: string) => `"sealed":"${first === 'A' ? 'B' : 'A'}`),
          PASSPHRASE,
        ),
      ),
    ).toBe('ARCHIVE_INVALID');
    expect(await moved.importArchive(archive, PASSPHRASE)).toEqual(ok({ credentials: 6, leftOut: { keys: 0, credentials: 0 } }));
    expect(await moved.disclosures()).toHaveLength(1);
    expect(codeOf(await moved.present(await verifier.ask()))).toBe('OK');
    expect(presentations(verifier)['CustomerStatus']!.content.holderKey).toEqual(before);
    expect(codeOf(await moved.importArchive(archive, PASSPHRASE))).toBe('CONFLICT');
  });

  it('erases its log of disclosures when told', async () => {
    const { holder } = await rig.wallet('home-14');
    await holder.receiveOffer(await rig.offer(...HOUSEHOLD));
    await holder.present(await (await rig.verifier('market-l')).ask());
    expect(await holder.eraseDisclosures()).toBe(1);
    expect(await holder.disclosures()).toEqual([]);
  });

  it('keeps wallets of one store apart', async () => {
    const [one, two] = [await rig.wallet('home-15'), await rig.wallet('home-16')];
    await one.holder.receiveOffer(await rig.offer(...HOUSEHOLD));
    expect(await two.holder.credentials()).toEqual([]);
    await two.holder.leave();
    expect(await one.holder.credentials()).toHaveLength(6);
  });
});

describe('an organisation wallet', () => {
  it('receives both formats for its DID and shows one key to all', async () => {
    const party = createParty('supplier');
    const { tenant } = await rig.wallet('supplier');
    const key = await rig.vault.keysOf(tenant, 'issuing').createKey('ES256');
    rig.issuer.resolver.publishKey(party.did, party.kid, key.publicJwk);
    const { holder } = await rig.wallet('supplier', {
      identity: { kind: 'single', did: party.did, kid: party.kid, keyId: key.keyId, keys: await rig.lend(tenant, party.did, [key.keyId]) },
    });
    const received = await holder.receiveOffer(await rig.offer('MarketPartyRole_dc_sd_jwt', 'MarketPartyRole_vc_jwt'));
    expect(received.ok && received.value.map(({ format }) => format)).toEqual(['dc+sd-jwt', 'vc+jwt']);
    const verifiers = [
      await rig.verifier('market-m', [[{ type: 'MarketPartyRole', claims: ['roleCodes'] }]]),
      await rig.verifier('market-n', [[{ type: 'MarketPartyRole', claims: ['roleCodes'] }]]),
    ];
    for (const verifier of verifiers) {
      expect(codeOf(await holder.present(await verifier.ask()))).toBe('OK');
      expect(thumbprintOf(presentations(verifier)['MarketPartyRole']!.content.holderKey!)).toBe(thumbprintOf(key.publicJwk));
      expect(presentations(verifier)['MarketPartyRole']!.content.subject).toBe(party.did);
    }
  });

  it('moves to the rotated key: what is issued from then on is bound to it, what was before still answers, and archives hold both', async () => {
    const party = createParty('rotating');
    const { tenant } = await rig.wallet('rotating');
    const issuing = rig.vault.keysOf(tenant, 'issuing');
    const [old, next] = [await issuing.createKey('ES256'), await issuing.createKey('ES256')];
    let now = { kid: party.kid, keyId: old.keyId };
    const identity = {
      kind: 'single',
      did: party.did,
      keys: await rig.lend(tenant, party.did, [old.keyId, next.keyId]),
      get kid() {
        return now.kid;
      },
      get keyId() {
        return now.keyId;
      },
    } as const;
    rig.issuer.resolver.publishKey(party.did, party.kid, old.publicJwk);
    const { holder } = await rig.wallet('rotating', { identity });
    const receive = async (type: string) => codeOf(await holder.receiveOffer(await rig.offer(`${type}_dc_sd_jwt`)));
    expect([await receive('MarketPartyRole'), await receive('AggregatorRole')]).toEqual(['OK', 'OK']);

    now = { kid: `${party.did}#next` as DidUrl, keyId: next.keyId };
    rig.issuer.resolver.withdrawKey(party.did, party.kid);
    rig.issuer.resolver.publishKey(party.did, now.kid, next.publicJwk);
    const market = await rig.verifier('market-r', [[{ type: 'MarketPartyRole', claims: ['roleCodes'] }]]);
    const shownKey = (type: string) => thumbprintOf(presentations(market)[type]!.content.holderKey!);
    expect(codeOf(await holder.present(await market.ask()))).toBe('OK');
    expect(shownKey('MarketPartyRole')).toBe(thumbprintOf(old.publicJwk));
    // Whoever proved possession of the new key cannot answer with the old one.
    const asNew = await holder.present(await market.ask(), { key: thumbprintOf(next.publicJwk) });
    expect([codeOf(asNew), asNew.refusal?.detail]).toEqual(['QUERY_UNSATISFIABLE', expect.stringContaining('SHOWN_ELSEWHERE')]);

    expect(await receive('MarketPartyRole')).toBe('OK');
    expect(codeOf(await holder.present(await market.ask()))).toBe('OK');
    expect(shownKey('MarketPartyRole')).toBe(thumbprintOf(next.publicJwk));
    const keys = (await holder.signersFor('https://shop.example')).map(({ publicJwk }) => thumbprintOf(publicJwk));
    expect(keys).toEqual([next, old].map(({ publicJwk }) => thumbprintOf(publicJwk)));
    // Of two keys at once no presentation is made: a verifier wants one holder.
    const both = await rig.verifier('market-s', [
      [
        { type: 'MarketPartyRole', claims: ['roleCodes'] },
        { type: 'AggregatorRole', claims: ['roleCode'] },
      ],
    ]);
    const answered = await holder.present(await both.ask());
    expect(codeOf(answered)).toBe('OK');
    expect(thumbprintOf(presentations(both)['MarketPartyRole']!.content.holderKey!)).toBe(thumbprintOf(old.publicJwk));

    const archive = assertOk(await holder.exportArchive(PASSPHRASE));
    await holder.leave();
    expect(await holder.importArchive(archive, PASSPHRASE)).toEqual(ok({ credentials: 3, leftOut: { keys: 0, credentials: 0 } }));
    expect(await holder.signersFor('https://shop.example')).toHaveLength(2);
  });
});
