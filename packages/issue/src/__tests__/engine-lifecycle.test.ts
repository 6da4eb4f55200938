import { beforeEach, describe, expect, it } from '@jest/globals';
import { Fault, instant } from '@gridpass/core';
import type { Digest, Instant } from '@gridpass/core';
import type { Store } from '@gridpass/store';
import type { IssuedCredential } from '@gridpass/suite';
import { createIssuerEngine } from '../index.js';
import type { EngineParts } from '../index.js';
import { CLAIMS, DSO, REGULATOR, ROOT, SUPPLIER, context, createWallet, createWorld, operator, toHeld } from './world.js';
import type { World } from './world.js';

import { byDigest, codeOf, createRig, first } from './engine-rig.js';

describe('the issuer engine, after issuance', () => {
  const rig = createRig();
  let world: World;
  let store: Store;
  beforeEach(() => {
    world = rig.world();
    store = rig.store();
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

  describe('erasure', () => {
    const DAY = 86_400;
    const applications = () => store.db.selectFrom('issue_application').selectAll().execute();
    /** What is left of every application but those. */
    const leftOf = async (earlier: ReadonlySet<string>) => {
      const rows = (await applications()).filter(({ application_id }) => !earlier.has(application_id));
      return rows.map(({ state, claims, claims_digest, evidence, applicant, reason }) =>
        [claims, claims_digest, evidence, applicant, reason].join() === '{},,[],,' ? `${state}: erased` : `${state}: ${claims.length > 2}`,
      );
    };
    const wish = (applicant: string, validUntil?: Instant) =>
      world.engine.submitApplication(SUPPLIER, {
        applicant,
        type: 'CustomerStatus',
        claims: CLAIMS.customer,
        evidence: [],
        requestId: context().requestId,
        ...(validUntil === undefined ? {} : { validUntil }),
      });

    it('takes claims, evidence, applicant and reason of what is over, and leaves what a renewal needs', async () => {
      await world.accredit();
      const before = new Set((await applications()).map(({ application_id }) => application_id));
      const since = async () => (await leftOf(before)).sort();
      const home = createWallet();
      const standing = first(await world.grant(SUPPLIER, 'CustomerStatus', CLAIMS.customer, home));
      const ended = first(await world.grant(SUPPLIER, 'CustomerStatus', CLAIMS.customer, createWallet()));
      await world.engine.revoke(SUPPLIER, byDigest(ended.digest), 'moved away', context());
      const [rejected, open, late] = [await wish('bo'), await wish('carl'), await wish('dora', instant(world.clock.now() + DAY))];
      if (!rejected.ok || !open.ok || !late.ok) throw new Error('not taken in');
      await world.engine.reject(SUPPLIER, rejected.value.applicationId, 'no customer of ours', context());

      world.clock.advance(30 * DAY);
      expect(await world.engine.purgeClaims()).toBe(0);
      world.clock.advance(1);
      expect(await world.engine.purgeClaims()).toBe(2);
      world.clock.advance(DAY);
      expect(await world.engine.purgeClaims()).toBe(1);
      expect(await world.engine.purgeClaims()).toBe(0);
      expect(await since()).toEqual(['closed: erased', 'issued: true', 'pending: erased', 'pending: true', 'rejected: erased']);
      expect(world.audit.records.filter(({ action }) => action === 'purge').map(({ evidence }) => evidence)).toEqual([
        { applications: 2 },
        { applications: 1 },
      ]);

      // Nothing comes of what was erased, whoever asks; what stands is renewed with the same claims.
      expect(codeOf(await world.engine.approve(SUPPLIER, late.value.applicationId, 'after all', context()))).toBe('CONFLICT');
      expect(codeOf(await world.engine.reject(SUPPLIER, rejected.value.applicationId, 'once more', context()))).toBe('CONFLICT');
      expect(codeOf(await world.engine.approve(SUPPLIER, open.value.applicationId, 'known', context()))).toBe('ok');
      const renewed = await world.engine.renew(SUPPLIER, byDigest(standing.digest), context());
      expect(renewed.ok && renewed.value.claims).toEqual(CLAIMS.customer);
    });

    it('leaves nothing to issue or renew once the last credential ended long ago', async () => {
      await world.accredit();
      const home = createWallet();
      const old = first(await world.grant(SUPPLIER, 'CustomerStatus', CLAIMS.customer, home));
      const [record] = await world.parts.repository.findIssued(SUPPLIER, byDigest(old.digest));
      if (record === undefined) throw new Error('no record');
      world.clock.advance(record.validUntil - world.clock.now() + 30 * DAY);
      await world.engine.purgeClaims();
      expect(codeOf(await world.engine.renew(SUPPLIER, byDigest(old.digest), context()))).toBe('ok');
      world.clock.advance(1);
      expect(await world.engine.purgeClaims()).toBeGreaterThan(0);
      expect(codeOf(await world.engine.renew(SUPPLIER, byDigest(old.digest), context()))).toBe('EXPIRED');
      const again = await world.engine.issueTo(SUPPLIER, {
        offerId: 'again',
        applicationId: record.applicationId,
        type: 'CustomerStatus',
        format: 'dc+sd-jwt',
        holderKeys: [home.key],
        requestId: context().requestId,
      });
      expect(codeOf(again)).toBe('OFFER_UNKNOWN');
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
      const last = world.audit.records.slice(-4).map(({ action, kind }) => `${kind} ${action}`);
      expect(last).toEqual(['act apply', 'act approve', 'act credential-issued', 'act issue']);
      expect(JSON.stringify(world.audit.records)).not.toMatch(/household|(?<![\w-])44X-|meteringPointHash/);
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

    it('a refusal that is caused again and again is one line of its code', async () => {
      await world.accredit();
      const request = await wish();
      const refusing = createIssuerEngine({ ...world.parts, proveAuthority: async () => nothing });
      const before = world.audit.records.length;
      for (let i = 0; i < 5; i += 1) expect(codeOf(await refusing.issueTo(SUPPLIER, request))).toBe('NOT_ENTITLED');
      expect(world.audit.records.slice(before)).toMatchObject([{ kind: 'refusal', action: 'issue', code: 'NOT_ENTITLED' }]);
      expect(codeOf(await refusing.issueTo(SUPPLIER, { ...request, holderKeys: [] }))).toBe('OFFER_UNKNOWN');
      expect(world.audit.records.slice(before)).toMatchObject([{ code: 'NOT_ENTITLED' }, { code: 'OFFER_UNKNOWN' }]);
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
