import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CATALOGUE, Fault, instant } from '@gridpass/core';
import type { Digest, Outcome, RequestId } from '@gridpass/core';
import { openStore } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { parseSdJwtVc, parseVcJwt } from '@gridpass/suite';
import type { IssuedCredential } from '@gridpass/suite';
import { createIssuerEngine } from '../index.js';
import type { EngineParts } from '../index.js';
import { CLAIMS, DSO, MAKER, MARKET, REGULATOR, ROOT, SUPPLIER, context, createWallet, createWorld, operator, toHeld } from './world.js';
import type { World } from './world.js';

const codeOf = (outcome: Outcome<unknown>): string => (outcome.ok ? 'ok' : outcome.refusal.code);
const first = (outcome: Outcome<readonly IssuedCredential[]>): IssuedCredential => {
  if (!outcome.ok) throw new Error(`${outcome.refusal.code} ${outcome.refusal.detail}`);
  return outcome.value[0]!;
};
const byDigest = (digest: Digest) => ({ kind: 'digest', digest }) as const;

describe('the issuer engine', () => {
  let store: Store;
  let world: World;
  beforeAll(async () => {
    store = await openStore({ kind: 'pglite' });
    await store.migrate();
  });
  beforeEach(async () => {
    const tables = [
      'issue_outbox',
      'issue_authority',
      'issued_dependency',
      'issued_credential',
      'issue_application',
      'register_entry',
    ] as const;
    for (const table of tables) await store.db.deleteFrom(table).execute();
    world = createWorld(store);
  });
  afterAll(() => store.close());

  const household = async () => {
    const home = createWallet();
    const meter = createWallet();
    const h1 = first(await world.grant(SUPPLIER, 'CustomerStatus', CLAIMS.customer, home));
    const h2 = first(await world.grant(DSO, 'MeteringPointEntitlement', CLAIMS.entitlement, home));
    const d1 = first(await world.grant(MAKER, 'DeviceIdentity', CLAIMS.device, meter));
    const commissioning = {
      deviceDid: meter.did,
      deviceClass: 'heat_pump',
      meteringPointHash: CLAIMS.entitlement.meteringPointHash,
      commissioned: 20_500,
      ratedActivePowerW: 4_000,
      controllable: true,
      gridAreaEic: '10YDK-1--------W',
    };
    return { home, meter, h1, h2, d1, commissioning };
  };

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
      const claims = { ...CLAIMS.supplier, roleCodes: ['A08'] };
      expect(codeOf(await world.grant(REGULATOR, 'MarketPartyRole', claims, others['supplier']!))).toBe('NOT_ENTITLED');
    });

    it('refuses a role that somebody gives to itself', async () => {
      await world.accredit();
      expect(
        codeOf(await world.grant(REGULATOR, 'SystemOperatorRole', { ...CLAIMS.dso, roleCode: 'A49' }, world.signers['regulator']!)),
      ).toBe('NOT_ENTITLED');
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
      const dso = await world.grant(REGULATOR, 'SystemOperatorRole', { ...CLAIMS.dso, roleCode: 'A49' }, world.signers['dso']!);
      expect(dso.ok && toHeld(dso.value[0]!).validUntil).toBe(end);
    });
  });

  describe('a change of state', () => {
    it('is idempotent, audited once, and final when it is a revocation', async () => {
      await world.accredit();
      const h1 = first(await world.grant(SUPPLIER, 'CustomerStatus', CLAIMS.customer, createWallet()));
      const act = (verb: 'revoke' | 'suspend' | 'resume') => world.engine[verb](SUPPLIER, byDigest(h1.digest), 'because', context());
      const changed = async (verb: 'revoke' | 'suspend' | 'resume') => {
        const outcome = await act(verb);
        return outcome.ok ? [outcome.value.changed, outcome.value.records[0]!.state] : outcome.refusal.code;
      };
      expect(await changed('suspend')).toEqual([1, 'suspended']);
      expect(await changed('suspend')).toEqual([0, 'suspended']);
      expect(await changed('resume')).toEqual([1, 'active']);
      expect(await changed('resume')).toEqual([0, 'active']);
      expect(await changed('revoke')).toEqual([1, 'revoked']);
      expect(await changed('revoke')).toEqual([0, 'revoked']);
      expect(await changed('resume')).toBe('STATUS_FINAL');
      expect(await changed('suspend')).toBe('STATUS_FINAL');
      const verbs = world.audit.records.map(({ action }) => action).filter((action) => ['suspend', 'resume', 'revoke'].includes(action));
      expect(verbs).toEqual(['suspend', 'resume', 'revoke']);
    });

    it('does not reach another tenant', async () => {
      await world.accredit();
      const h1 = first(await world.grant(SUPPLIER, 'CustomerStatus', CLAIMS.customer, createWallet()));
      expect(codeOf(await world.engine.revoke(DSO, byDigest(h1.digest), 'because', context()))).toBe('NOT_FOUND');
    });

    it('reaches all that a party holds', async () => {
      const references = await world.accredit();
      const outcome = await world.engine.revoke(
        REGULATOR,
        { kind: 'party', party: { scheme: 'eic', value: '44X-000000000253' } },
        'bankrupt',
        context(),
      );
      expect(outcome.ok && outcome.value.records.map((record) => record.digest)).toEqual([references.dso.digest]);
    });

    // attacks.md section 3, item 3: re-issuing the same role to the same subject stays revoked.
    it('does not stick to the subject: revoked, issued anew, accepted', async () => {
      await world.accredit();
      const home = createWallet();
      const old = first(await world.grant(SUPPLIER, 'CustomerStatus', CLAIMS.customer, home));
      await world.engine.revoke(SUPPLIER, byDigest(old.digest), 'moved away', context());
      const fresh = first(await world.grant(SUPPLIER, 'CustomerStatus', CLAIMS.customer, home));
      const standing = (credential: IssuedCredential) =>
        world.parts.status.checkStatus({
          references: toHeld(credential).status,
          issuer: world.signers['supplier']!.did,
          at: world.clock.now(),
        });
      expect([codeOf(await standing(old)), codeOf(await standing(fresh))]).toEqual(['REVOKED', 'ok']);
    });
  });

  describe('a cascade', () => {
    const stateOf = async (tenant: typeof DSO, digest: Digest) => {
      const found = await world.engine.findCredentials(tenant, byDigest(digest), operator);
      return found.ok ? found.value[0]?.state : undefined;
    };

    it('suspends what stands on a revoked authority, down the whole tree', async () => {
      const references = await world.accredit();
      const h2 = first(await world.grant(DSO, 'MeteringPointEntitlement', CLAIMS.entitlement, createWallet()));
      await world.engine.revoke(ROOT, byDigest(references.regulator.digest), 'dissolved', context());
      expect([await stateOf(REGULATOR, references.dso.digest), await stateOf(DSO, h2.digest)]).toEqual(['suspended', 'suspended']);
    });

    it('suspends and resumes with the authority, but not what an operator suspended', async () => {
      const references = await world.accredit();
      const kept = first(await world.grant(DSO, 'MeteringPointEntitlement', CLAIMS.entitlement, createWallet()));
      const held = first(await world.grant(DSO, 'CustomerStatus', CLAIMS.customer, createWallet()));
      await world.engine.suspend(DSO, byDigest(held.digest), 'under review', context());
      await world.engine.suspend(REGULATOR, byDigest(references.dso.digest), 'inquiry', context());
      expect([await stateOf(DSO, kept.digest), await stateOf(DSO, held.digest)]).toEqual(['suspended', 'suspended']);
      await world.engine.resume(REGULATOR, byDigest(references.dso.digest), 'cleared', context());
      expect([await stateOf(DSO, kept.digest), await stateOf(DSO, held.digest)]).toEqual(['active', 'suspended']);
    });

    it('waits for the grace that is set', async () => {
      world = createWorld(store, { settings: { ...world.parts.settings, authorityGraceSeconds: 3_600 } }, world.signers as never);
      const references = await world.accredit();
      const h2 = first(await world.grant(DSO, 'MeteringPointEntitlement', CLAIMS.entitlement, createWallet()));
      await world.engine.revoke(REGULATOR, byDigest(references.dso.digest), 'licence withdrawn', context());
      expect(await stateOf(DSO, h2.digest)).toBe('active');
      world.clock.advance(3_601);
      await world.engine.deliverNews();
      expect(await stateOf(DSO, h2.digest)).toBe('suspended');
    });
  });

  describe('renewal', () => {
    it('gives a successor and ends the old credential when the successor is issued', async () => {
      await world.accredit();
      const home = createWallet();
      const old = first(await world.grant(SUPPLIER, 'CustomerStatus', CLAIMS.customer, home));
      world.clock.advance(1_000);
      const [one, two] = [
        await world.engine.renew(SUPPLIER, byDigest(old.digest), context()),
        await world.engine.renew(SUPPLIER, byDigest(old.digest), context()),
      ];
      if (!one.ok || !two.ok) throw new Error('not renewed');
      expect(two.value.applicationId).toBe(one.value.applicationId);
      const fresh = first(
        await world.engine.issueTo(SUPPLIER, {
          offerId: 'renewal',
          applicationId: one.value.applicationId,
          type: 'CustomerStatus',
          format: 'dc+sd-jwt',
          holderKeys: [home.key],
          requestId: context().requestId,
        }),
      );
      expect(toHeld(fresh).validUntil).toBeGreaterThan(toHeld(old).validUntil);
      const found = await world.engine.findCredentials(SUPPLIER, byDigest(old.digest), operator);
      expect(found.ok && found.value[0]).toMatchObject({ state: 'revoked', reason: 'superseded' });
    });

    it('is refused for what was revoked', async () => {
      await world.accredit();
      const old = first(await world.grant(SUPPLIER, 'CustomerStatus', CLAIMS.customer, createWallet()));
      await world.engine.revoke(SUPPLIER, byDigest(old.digest), 'fraud', context());
      expect(codeOf(await world.engine.renew(SUPPLIER, byDigest(old.digest), context()))).toBe('STATUS_FINAL');
    });
  });

  describe('the audit log', () => {
    it('holds every act before it is answered, without claim values', async () => {
      await world.accredit();
      first(await world.grant(SUPPLIER, 'CustomerStatus', CLAIMS.customer, createWallet()));
      const last = world.audit.records.slice(-3).map(({ action, kind }) => `${kind} ${action}`);
      expect(last).toEqual(['act apply', 'act approve', 'act issue']);
      expect(JSON.stringify(world.audit.records)).not.toMatch(/household|44X-|meteringPointHash/);
    });

    it('answers nothing while it is down, and catches up afterwards', async () => {
      await world.accredit();
      const h1 = first(await world.grant(SUPPLIER, 'CustomerStatus', CLAIMS.customer, createWallet()));
      world.audit.failing = true;
      await expect(world.engine.revoke(SUPPLIER, byDigest(h1.digest), 'fraud', context())).rejects.toThrow('the log is down');
      world.audit.failing = false;
      // Safe side: the revocation itself stands.
      expect(world.statusFake.marks.size).toBe(1);
      const before = world.audit.records.length;
      world.clock.advance(61);
      expect((await world.engine.recover()).acts).toBe(1);
      expect(world.audit.records.slice(before).map(({ action }) => action)).toContain('revoke');
      expect((await world.engine.recover()).acts).toBe(0);
    });

    it('records a refusal to approve with its code', async () => {
      const submitted = await world.engine.submitApplication(DSO, {
        applicant: 'x',
        type: 'MeteringPointEntitlement',
        claims: CLAIMS.entitlement,
        evidence: [],
        requestId: context().requestId,
      });
      await world.engine.approve(DSO, submitted.ok ? submitted.value.applicationId : '', 'fine', context());
      expect(world.audit.records.at(-1)).toMatchObject({ kind: 'refusal', action: 'approve', code: 'NOT_ENTITLED' });
    });
  });

  describe('when a port fails', () => {
    const wish = async () => {
      const submitted = await world.engine.submitApplication(SUPPLIER, {
        applicant: 'x',
        type: 'CustomerStatus',
        claims: CLAIMS.customer,
        evidence: [],
        requestId: context().requestId,
      });
      const applicationId = submitted.ok ? submitted.value.applicationId : '';
      await world.engine.approve(SUPPLIER, applicationId, 'fine', context());
      return {
        offerId: 'o',
        applicationId,
        type: 'CustomerStatus',
        format: 'dc+sd-jwt',
        holderKeys: [createWallet().key],
        requestId: context().requestId,
      } as const;
    };
    const down = async (): Promise<never> => {
      throw new Fault('TRUST_UNAVAILABLE', 'down');
    };
    const nothing = { ok: false, refusal: { kind: 'refusal', code: 'ISSUER_NOT_ACCREDITED', stage: '', detail: '' } } as const;

    it.each([
      ['the authority cannot be fetched', (parts: EngineParts) => ({ ...parts, proveAuthority: down })],
      ['the key cannot be used', (parts: EngineParts) => ({ ...parts, signerOf: down })],
      ['no status can be allocated', (parts: EngineParts) => ({ ...parts, statusIssuer: { ...parts.statusIssuer, allocateStatus: down } })],
    ])('nothing is issued because %s', async (_name, broken) => {
      await world.accredit();
      const request = await wish();
      await expect(createIssuerEngine(broken(world.parts)).issueTo(SUPPLIER, request)).rejects.toMatchObject({ code: 'TRUST_UNAVAILABLE' });
      expect(await world.engine.findCredentials(SUPPLIER, { kind: 'application', applicationId: request.applicationId }, operator)).toEqual(
        { ok: true, value: [] },
      );
      expect(codeOf(await world.engine.issueTo(SUPPLIER, request))).toBe('ok');
    });

    // attacks.md section 3, item 6: a check that fails without a reason passes.
    it('a refusal without any reason is a refusal', async () => {
      await world.accredit();
      const request = await wish();
      expect(codeOf(await createIssuerEngine({ ...world.parts, proveAuthority: async () => nothing }).issueTo(SUPPLIER, request))).toBe(
        'NOT_ENTITLED',
      );
    });

    // attacks.md section 3, item 1: a link of the chain that is somebody else's.
    it('an authority that is not the one asked for entitles to nothing', async () => {
      const references = await world.accredit();
      const request = await wish();
      const other = await world.parts.proveAuthority(references.dso);
      expect(codeOf(await createIssuerEngine({ ...world.parts, proveAuthority: async () => other }).issueTo(SUPPLIER, request))).toBe(
        'NOT_ENTITLED',
      );
    });
  });

  it('lists by state in pages that neither repeat nor lose', async () => {
    await world.accredit();
    const digests: string[] = [];
    for (let count = 0; count < 5; count += 1) {
      world.clock.advance(10);
      digests.push(first(await world.grant(SUPPLIER, 'CustomerStatus', CLAIMS.customer, createWallet())).digest);
    }
    await world.engine.suspend(SUPPLIER, byDigest(digests[0] as Digest), 'inquiry', context());
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await world.engine.listCredentials(
        SUPPLIER,
        { kind: 'active', at: world.clock.now() },
        { limit: 2, ...(after === undefined ? {} : { after }) },
        operator,
      );
      if (!page.ok) throw new Error(page.refusal.code);
      seen.push(...page.value.rows.map((row) => row.digest));
      after = page.value.next;
    } while (after !== undefined);
    expect(seen).toEqual(digests.slice(1));
    const soon = { kind: 'expiring', at: world.clock.now(), until: instant(world.clock.now() + 86_400) } as const;
    expect(await world.engine.listCredentials(SUPPLIER, soon, { limit: 10 }, operator)).toMatchObject({ ok: true, value: { rows: [] } });
    await expect(world.engine.listCredentials(SUPPLIER, soon, { limit: 10, after: "1' or 1=1" }, operator)).rejects.toMatchObject({
      code: 'REQUEST_MALFORMED',
    });
  });
});
