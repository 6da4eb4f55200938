import { beforeEach, describe, expect, it } from '@jest/globals';
import { Fault, assertOk, instant } from '@gridpass/core';
import type { AuditRecord, Digest, IssuanceRepository, RequestId } from '@gridpass/core';
import { createActs } from '../engine/acts.js';
import { sampleRegister } from '../index.js';
import { byDigest, codeOf, createRig } from './engine-rig.js';
import { CLAIMS, DSO, REGULATOR, SUPPLIER, context, createWallet, createWorld, operator, textOf } from './world.js';
import type { World } from './world.js';

const down = () => Promise.reject(new Fault('STORE_UNAVAILABLE', 'the store of the test is down'));

describe('what is done is told, and a fault holds up only what it is about', () => {
  const rig = createRig();
  let world: World;
  beforeEach(async () => {
    world = rig.world();
    await world.accredit();
  });

  /** Another replica, whose store fails in some of its methods. */
  const withStore = (broken: Partial<IssuanceRepository>): World => {
    const { clock, status, statusIssuer, audit, repository } = world.parts;
    const parts = { clock, status, statusIssuer, audit, repository: { ...repository, ...broken } };
    return createWorld(rig.store(), parts, world.signers as never);
  };

  describe('a refusal', () => {
    const act = { action: 'issue', actor: DSO, requestId: 'r' as RequestId, evidence: {} };
    const refusals = () => world.audit.records.filter(({ kind }) => kind === 'refusal');

    it('asked for at once many times is one line, and the others are summed up when the program stops', async () => {
      const acts = createActs(world.parts);
      await Promise.all(Array.from({ length: 5 }, () => acts.recordRefusal(DSO, 'a', act, 'PARTY_TAKEN')));
      expect(refusals()).toHaveLength(1);
      await acts.close();
      expect(refusals()[1]).toMatchObject({ action: 'refusal-summary', evidence: { counts: { PARTY_TAKEN: 4 } } });
      await acts.close();
      expect(refusals()).toHaveLength(2);
    });

    it('that the log did not take is a line when it comes again', async () => {
      const acts = createActs(world.parts);
      world.audit.failing = true;
      await expect(acts.recordRefusal(DSO, 'a', act, 'PARTY_TAKEN')).rejects.toThrow('the log is down');
      world.audit.failing = false;
      await acts.recordRefusal(DSO, 'a', act, 'PARTY_TAKEN');
      expect(refusals()).toHaveLength(1);
    });

    it('that was counted by an engine is in the log once its refusals are flushed', async () => {
      const ask = () =>
        world.engine.issueTo(SUPPLIER, {
          offerId: 'none',
          applicationId: 'none',
          type: 'CustomerStatus',
          format: 'dc+sd-jwt',
          holderKeys: [createWallet().key],
          requestId: context().requestId,
        });
      for (let asked = 0; asked < 3; asked += 1) expect(codeOf(await ask())).toBe('OFFER_UNKNOWN');
      await world.engine.flushRefusals();
      expect(refusals().at(-1)).toMatchObject({ evidence: { counts: { OFFER_UNKNOWN: 2 } } });
    });
  });

  describe('a revocation', () => {
    it.each(['listDueEntries', 'listPendingNews'] as const)(
      'is answered as done, with something pending, where %s fails',
      async (method) => {
        const [record] = await world.parts.repository.findIssued(REGULATOR, { kind: 'subject', subject: world.signers['dso']!.did });
        await world.grant(DSO, 'CustomerStatus', CLAIMS.customer, createWallet());
        const failing = withStore({ [method]: down });
        const change = assertOk(await failing.engine.revoke(REGULATOR, byDigest(record!.digest), 'licence withdrawn', context()));
        expect(change).toMatchObject({ changed: 1, records: [{ state: 'revoked' }] });
        expect(change.pending).toBeGreaterThan(0);
      },
    );
  });

  describe('the register', () => {
    const importInto = async (into: World, text: string) =>
      assertOk(await into.engine.importRegister({ tenant: REGULATOR, input: textOf(text), requestId: context().requestId }, operator));
    const digestsOf = async (name: string): Promise<Digest> =>
      (await world.parts.repository.findIssued(REGULATOR, { kind: 'subject', subject: world.signers[name]!.did }))[0]!.digest;
    const stateOf = async (digest: Digest) => (await world.parts.repository.findIssued(REGULATOR, byDigest(digest)))[0]!.state;
    const noAreas = sampleRegister().replace('Denmark DK1;;;Active', 'Denmark DK1;;;Inactive');
    const lapse = async () => {
      world.clock.advance(100);
      const { consequences } = await importInto(world, noAreas);
      expect(consequences).toBeGreaterThan(1);
      world.clock.set(instant(world.clock.now() + 2_592_000));
    };

    it('is imported and reported where what it leaves to decide cannot be told', async () => {
      const failing = withStore({ listIssued: down });
      expect(await importInto(failing, noAreas)).toMatchObject({ updated: 1, consequences: null });
    });

    it.each(['dso', 'market'])(
      'suspends the others at the deadline where the credential of %s hits a fault, which is thrown',
      async (bad) => {
        await lapse();
        const [broken, other] = [await digestsOf(bad), await digestsOf(bad === 'dso' ? 'market' : 'dso')];
        const { applicationId } = (await world.parts.repository.findIssued(REGULATOR, byDigest(broken)))[0]!;
        const readApplication: IssuanceRepository['readApplication'] = (tenant, id) =>
          id === applicationId ? down() : world.parts.repository.readApplication(tenant, id);
        await expect(withStore({ readApplication }).engine.applyDeadlines()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
        expect([await stateOf(broken), await stateOf(other)]).toEqual(['active', 'suspended']);
      },
    );

    it('goes on with the other tenants where the credentials of one cannot be listed', async () => {
      await lapse();
      const listIssued: IssuanceRepository['listIssued'] = (tenant, filter, page) =>
        tenant === world.parts.tenants[0]!.tenant ? down() : world.parts.repository.listIssued(tenant, filter, page);
      await expect(withStore({ listIssued }).engine.applyDeadlines()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      expect(await stateOf(await digestsOf('dso'))).toBe('suspended');
    });

    it('tells of a suspension at the deadline that is refused', async () => {
      await lapse();
      const dso = await digestsOf('dso');
      const lockIssued: IssuanceRepository['lockIssued'] = async (tenant, handle, tx) =>
        handle.kind === 'digest' && handle.digest === dso ? [] : world.parts.repository.lockIssued(tenant, handle, tx);
      await withStore({ lockIssued }).engine.applyDeadlines();
      const told = world.audit.records.filter(({ kind, action }: AuditRecord) => kind === 'refusal' && action === 'suspend');
      expect(told).toMatchObject([{ code: 'NOT_FOUND', evidence: { credentials: [dso], cause: 'register' } }]);
    });
  });
});
