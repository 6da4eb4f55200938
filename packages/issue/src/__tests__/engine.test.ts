import { beforeEach, describe, expect, it } from '@jest/globals';
import { CATALOGUE, instant } from '@gridpass/core';
import type { RequestId } from '@gridpass/core';
import type { Store } from '@gridpass/store';
import { parseSdJwtVc, parseVcJwt } from '@gridpass/suite';
import { CLAIMS, DSO, MARKET, REGULATOR, ROOT, SUPPLIER, context, createWallet, createWorld, operator, toHeld } from './world.js';
import type { World } from './world.js';

import { byDigest, codeOf, createRig, first } from './engine-rig.js';

describe('the issuer engine', () => {
  const rig = createRig();
  const { household } = rig;
  let world: World;
  let store: Store;
  beforeEach(() => {
    world = rig.world();
    store = rig.store();
  });

  it('issues down the chain from the root, each credential naming its authority', async () => {
    const references = await world.accredit();
    const home = createWallet();
    const h2 = first(await world.grant(DSO, 'MeteringPointEntitlement', CLAIMS.entitlement, home));
    const parsed = parseSdJwtVc(h2.compact);
    expect(parsed.ok && parsed.value.content).toMatchObject({
      type: 'MeteringPointEntitlement',
      subject: home.did,
      issuer: world.signers['dso']!.did,
      authority: references.dso,
    });
    const document = await world.engine.readDocument(REGULATOR, references.dso.digest);
    const dso = parseVcJwt(document.ok ? document.value : '');
    expect(dso.ok && dso.value.content).toMatchObject({
      type: 'SystemOperatorRole',
      subject: world.signers['dso']!.did,
      authority: references.regulator,
    });
  });

  it('keeps no signed text of a household credential', async () => {
    await world.accredit();
    const h2 = first(await world.grant(DSO, 'MeteringPointEntitlement', CLAIMS.entitlement, createWallet()));
    expect(codeOf(await world.engine.readDocument(DSO, h2.digest))).toBe('NOT_FOUND');
  });

  describe('when the issuer is not entitled', () => {
    it('refuses a tenant without an authority', async () => {
      expect(codeOf(await world.grant(DSO, 'MeteringPointEntitlement', CLAIMS.entitlement, createWallet()))).toBe('NOT_ENTITLED');
    });

    it('refuses a type that the authority does not cover', async () => {
      await world.accredit();
      expect(codeOf(await world.grant(SUPPLIER, 'MeteringPointEntitlement', CLAIMS.entitlement, createWallet()))).toBe('NOT_ENTITLED');
    });

    it('refuses an area outside the authority', async () => {
      await world.accredit();
      expect(
        codeOf(
          await world.grant(DSO, 'MeteringPointEntitlement', { ...CLAIMS.entitlement, gridAreaEic: '10YDK-2--------M' }, createWallet()),
        ),
      ).toBe('NOT_ENTITLED');
    });

    it('refuses a role that the regulator may not accredit', async () => {
      await world.accredit();
      const { regulator: _regulator, ...others } = world.signers;
      const claims = { ...CLAIMS.supplier, party: CLAIMS.market.party, roleCodes: ['A47'] };
      expect(codeOf(await world.grant(REGULATOR, 'MarketPartyRole', claims, others['supplier']!))).toBe('NOT_ENTITLED');
    });

    it('refuses a role that somebody gives to itself', async () => {
      await world.accredit();
      expect(codeOf(await world.grant(REGULATOR, 'SystemOperatorRole', CLAIMS.tso, world.signers['regulator']!))).toBe('NOT_ENTITLED');
    });

    // attacks.md section 3, item 2: a revoked issuer can still issue.
    it('refuses at issuance what was approved before the authority was revoked', async () => {
      const references = await world.accredit();
      const home = createWallet();
      const submitted = await world.engine.submitApplication(DSO, {
        applicant: home.did,
        type: 'MeteringPointEntitlement',
        claims: CLAIMS.entitlement,
        evidence: [],
        requestId: context().requestId,
      });
      const applicationId = submitted.ok ? submitted.value.applicationId : '';
      expect(codeOf(await world.engine.approve(DSO, applicationId, 'fine', context()))).toBe('ok');
      await world.engine.revoke(REGULATOR, byDigest(references.dso.digest), 'licence withdrawn', context());
      const issued = await world.engine.issueTo(DSO, {
        offerId: 'o',
        applicationId,
        type: 'MeteringPointEntitlement',
        format: 'dc+sd-jwt',
        holderKeys: [home.key],
        requestId: context().requestId,
      });
      expect(codeOf(issued)).toBe('NOT_ENTITLED');
    });

    it('refuses to adopt an authority about somebody else', async () => {
      const references = await world.accredit();
      expect(codeOf(await world.engine.adoptAuthority(SUPPLIER, references.dso, context()))).toBe('NOT_ENTITLED');
    });
  });

  describe('when the application does not fit', () => {
    it('refuses claims outside the schema, unknown and inactive parties', async () => {
      await world.accredit();
      const submit = (claims: object) =>
        world.engine.submitApplication(REGULATOR, {
          applicant: 'x',
          type: 'SystemOperatorRole',
          claims: { ...CLAIMS.dso, ...claims },
          evidence: [],
          requestId: context().requestId,
        });
      expect(codeOf(await submit({ roleCode: 'A12' }))).toBe('SCHEMA_VIOLATION');
      expect(codeOf(await submit({ party: { scheme: 'eic', value: '10X1001A1001A23A' } }))).toBe('PARTY_INACTIVE');
      expect(codeOf(await submit({ party: { scheme: 'eic', value: '11XSUEDWESTSTRO8' } }))).toBe('PARTY_UNKNOWN');
      expect(['IDENTIFIER_TYPE', 'SCHEMA_VIOLATION']).toContain(
        codeOf(await submit({ party: { scheme: 'eic', value: '10YDK-1--------W' } })),
      );
      expect(
        codeOf(
          await world.engine.submitApplication(REGULATOR, {
            applicant: 'x',
            type: 'CustomerStatus',
            claims: CLAIMS.customer,
            evidence: [],
            requestId: context().requestId,
          }),
        ),
      ).toBe('CREDENTIAL_CONFIGURATION_UNKNOWN');
    });

    it('takes the same wish once and bounds the open wishes of an applicant', async () => {
      world = createWorld(store, { settings: { ...world.parts.settings, maxOpenApplications: 2 } });
      const submit = (applicant: string, claims: object) =>
        world.engine.submitApplication(SUPPLIER, {
          applicant,
          type: 'CustomerStatus',
          claims: { ...CLAIMS.customer, ...claims },
          evidence: [],
          requestId: context().requestId,
        });
      const [a, b] = [await submit('anna', {}), await submit('anna', {})];
      expect(a.ok && b.ok && a.value.applicationId === b.value.applicationId).toBe(true);
      expect(codeOf(await submit('anna', { active: false }))).toBe('ok');
      expect(codeOf(await submit('anna', { customerKind: 'small' }))).toBe('RATE_LIMITED');
      expect(codeOf(await submit('bert', {}))).toBe('ok');
    });

    it('lets only an operator with the duty decide, with a reason', async () => {
      await world.accredit();
      const submitted = await world.engine.submitApplication(SUPPLIER, {
        applicant: 'x',
        type: 'CustomerStatus',
        claims: CLAIMS.customer,
        evidence: [],
        requestId: context().requestId,
      });
      const id = submitted.ok ? submitted.value.applicationId : '';
      const reader = { operator: { name: 'reader', duties: ['read'] as const }, requestId: 'q' as RequestId };
      expect(codeOf(await world.engine.approve(SUPPLIER, id, 'fine', reader))).toBe('POLICY_DENIED');
      expect(codeOf(await world.engine.approve(SUPPLIER, id, '  ', context()))).toBe('REQUEST_MALFORMED');
      expect(codeOf(await world.engine.approve(MARKET, id, 'another tenant', context()))).toBe('NOT_FOUND');
      expect(codeOf(await world.engine.reject(SUPPLIER, id, 'not a customer', context()))).toBe('ok');
      expect(codeOf(await world.engine.approve(SUPPLIER, id, 'fine', context()))).toBe('CONFLICT');
      const issued = await world.engine.issueTo(SUPPLIER, {
        offerId: 'o',
        applicationId: id,
        type: 'CustomerStatus',
        format: 'dc+sd-jwt',
        holderKeys: [createWallet().key],
        requestId: context().requestId,
      });
      expect(codeOf(issued)).toBe('OFFER_UNKNOWN');
    });
  });

  describe('prerequisites', () => {
    it('admit a household that shows all of them with one key', async () => {
      await world.accredit();
      const { home, h1, h2, d1, commissioning } = await household();
      const d3 = first(await world.grant(DSO, 'DeviceCommissioning', commissioning, home, { evidence: [d1] }));
      expect(codeOf(await world.grant(MARKET, 'MarketChannelAdmission', CLAIMS.admission, home, { evidence: [h1, h2, d3] }))).toBe('ok');
      const thief = createWallet();
      const foreign = first(await world.grant(SUPPLIER, 'CustomerStatus', CLAIMS.customer, thief));
      expect(codeOf(await world.grant(MARKET, 'MarketChannelAdmission', CLAIMS.admission, thief, { evidence: [foreign, h2, d3] }))).toBe(
        'HOLDER_MISMATCH',
      );
      expect(codeOf(await world.grant(MARKET, 'MarketChannelAdmission', CLAIMS.admission, thief, { evidence: [h1, h2, d3] }))).toBe(
        'HOLDER_MISMATCH',
      );
    });

    // attacks.md section 3, item 2: a revoked subject still satisfies prerequisites.
    it('count only while they stand, and take down what stood on them', async () => {
      await world.accredit();
      const { home, h1, h2, d1, commissioning } = await household();
      const d3 = first(await world.grant(DSO, 'DeviceCommissioning', commissioning, home, { evidence: [d1] }));
      const f2 = first(await world.grant(MARKET, 'MarketChannelAdmission', CLAIMS.admission, home, { evidence: [h1, h2, d3] }));
      await world.engine.suspend(DSO, byDigest(d3.digest), 'to be confirmed', context());
      const stateOf = async () => {
        const found = await world.engine.findCredentials(MARKET, byDigest(f2.digest), operator);
        return found.ok && found.value[0]!.state;
      };
      expect(await stateOf()).toBe('suspended');
      await world.engine.resume(DSO, byDigest(d3.digest), 'confirmed', context());
      expect(await stateOf()).toBe('active');
      await world.engine.revoke(DSO, byDigest(h2.digest), 'moved out', context());
      expect(await stateOf()).toBe('revoked');
      expect(
        codeOf(
          await world.grant(MARKET, 'MarketChannelAdmission', { ...CLAIMS.admission, maxOpenOrders: 3 }, home, { evidence: [h1, h2, d3] }),
        ),
      ).toBe('PREREQUISITE_MISSING');
    });

    it('are all needed', async () => {
      await world.accredit();
      const { home, h1, h2, d1 } = await household();
      for (const evidence of [[], [h1], [h1, h2], [h1, d1]]) {
        expect(codeOf(await world.grant(MARKET, 'MarketChannelAdmission', CLAIMS.admission, home, { evidence }))).toBe(
          'PREREQUISITE_MISSING',
        );
      }
    });

    it('must be about the very device', async () => {
      await world.accredit();
      const { home, d1, commissioning } = await household();
      const other = createWallet();
      expect(
        codeOf(await world.grant(DSO, 'DeviceCommissioning', { ...commissioning, deviceDid: other.did }, home, { evidence: [d1] })),
      ).toBe('HOLDER_MISMATCH');
    });
  });

  describe('a holder', () => {
    it('is issued to only with a key of the stated subject', async () => {
      await world.accredit();
      const thief = createWallet();
      expect(codeOf(await world.grant(REGULATOR, 'SystemOperatorRole', CLAIMS.dso, thief, { subject: world.signers['dso']!.did }))).toBe(
        'HOLDER_MISMATCH',
      );
    });

    it('gets one living set of credentials of an offer, and every key its own status', async () => {
      await world.accredit();
      const submitted = await world.engine.submitApplication(SUPPLIER, {
        applicant: 'x',
        type: 'CustomerStatus',
        claims: CLAIMS.customer,
        evidence: [],
        requestId: context().requestId,
      });
      const applicationId = submitted.ok ? submitted.value.applicationId : '';
      await world.engine.approve(SUPPLIER, applicationId, 'fine', context());
      const keys = [createWallet(), createWallet()];
      const request = {
        offerId: 'o-1',
        applicationId,
        type: 'CustomerStatus',
        format: 'dc+sd-jwt',
        holderKeys: keys.map(({ key }) => key),
        requestId: context().requestId,
      } as const;
      const issued = await world.engine.issueTo(SUPPLIER, request);
      expect(issued.ok && new Set(issued.value.map((one) => JSON.stringify(toHeld(one).status))).size).toBe(2);
      expect(codeOf(await world.engine.issueTo(SUPPLIER, { ...request, holderKeys: [createWallet().key] }))).toBe('CONFLICT');
      expect(codeOf(await world.engine.issueTo(SUPPLIER, { ...request, holderKeys: [keys[0]!.key] }))).toBe('CONFLICT');
      expect([
        codeOf(await world.engine.issueTo(SUPPLIER, request)),
        codeOf(await world.engine.issueTo(SUPPLIER, request)),
        codeOf(await world.engine.issueTo(SUPPLIER, request)),
      ]).toEqual(['ok', 'ok', 'CONFLICT']);
      const living = async () => {
        const found = await world.engine.findCredentials(SUPPLIER, { kind: 'application', applicationId }, operator);
        return found.ok ? found.value.filter((record) => record.state === 'active').length : -1;
      };
      expect(await living()).toBe(2);
      // A newer offer takes the place of what was issued before: after a lost answer there is never more than one living set.
      const again = first(await world.engine.issueTo(SUPPLIER, { ...request, offerId: 'o-2', holderKeys: [createWallet().key] }));
      const records = await world.engine.findCredentials(SUPPLIER, { kind: 'application', applicationId }, operator);
      expect(records.ok && records.value.filter((record) => record.state === 'active').map((record) => record.digest)).toEqual([
        again.digest,
      ]);
    });

    it('gets nothing that outlives the type, the wish or the authority', async () => {
      const references = await world.accredit();
      const document = await world.engine.readDocument(ROOT, references.regulator.digest);
      const parsed = parseVcJwt(document.ok ? document.value : '');
      const end = parsed.ok ? parsed.value.content.validUntil : instant(0);
      expect(end).toBe(world.clock.now() + CATALOGUE.RegulatorAccreditation.maxLifeSeconds);
      world.clock.set(instant(end - 100));
      const dso = await world.grant(REGULATOR, 'SystemOperatorRole', CLAIMS.tso, world.signers['dso']!);
      expect(dso.ok && toHeld(dso.value[0]!).validUntil).toBe(end);
    });
  });
});
