import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { assertOk, instant } from '@gridpass/core';
import type { CredentialType, DidResolverPort, DidTransfer, JsonObject, Outcome, RequestId, TenantId } from '@gridpass/core';
import type { TransferConsequences } from '@gridpass/did';
import type { Handover } from '@gridpass/issue';
import { thumbprintOf } from '@gridpass/keys';
import { createIssuanceRepository } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { parseSdJwtVc } from '@gridpass/suite';
import type { IssuedCredential } from '@gridpass/suite';
import { openTestStore } from '@gridpass/testkit';
import {
  CLAIMS,
  DSO,
  MAKER,
  SUPPLIER,
  context,
  createWallet,
  createWorld,
  operator,
  toHeld,
} from '../../packages/issue/src/__tests__/world.js';
import type { Holder, World } from '../../packages/issue/src/__tests__/world.js';
import { createTransferConsequences } from '../../agents/issuer/src/adapters/transfer-consequences.js';

const REQUEST = 'r' as RequestId;
const AREA = '10YDK-1--------W';
const codeOf = (outcome: Outcome<unknown>): string => outcome.refusal?.code ?? 'ok';

describe('what a new owner does to the credentials of a device', () => {
  let store: Store;
  let world: World;
  let consequences: TransferConsequences;
  let handover: Handover | undefined;
  let device: Holder;
  let buyer: Holder;
  let home: Holder;
  let birth: IssuedCredential;
  let transfer: DidTransfer;

  const consequencesWith = (resolver: DidResolverPort): TransferConsequences =>
    createTransferConsequences({
      engine: world.engine,
      repository: createIssuanceRepository(store),
      resolver,
      clock: world.clock,
      tenants: world.parts.tenants.map(({ tenant, mayIssue }) => ({
        tenant,
        mayIssue,
        did: world.signers[tenant as keyof typeof world.signers]!.did,
      })),
    });

  beforeAll(async () => {
    store = await openTestStore();
    world = createWorld(store, { handoverOf: async () => handover });
    await world.accredit();
    consequences = consequencesWith(world.parts.resolver);
  });
  afterAll(() => store.close());

  // Each test has a device and people of its own.
  beforeEach(async () => {
    handover = undefined;
    [device, buyer, home] = [createWallet(), createWallet(), createWallet()];
    birth = only(await world.grant(MAKER, 'DeviceIdentity', CLAIMS.device, device));
    transfer = {
      tenant: SUPPLIER,
      transferId: 'the-transfer',
      did: device.did,
      toDid: buyer.did,
      toTenant: '',
      state: 'accepted',
      confirmer: DSO,
      acceptedAt: instant(world.clock.now() + 100),
    } as DidTransfer;
  });

  const only = (outcome: Outcome<readonly IssuedCredential[]>): IssuedCredential => assertOk(outcome)[0]!;
  const ownership = (more: JsonObject = {}): JsonObject => ({
    deviceDid: device.did,
    acquired: 20_500,
    sharePpm: 1_000_000,
    transferable: true,
    gridAreaEic: AREA,
    delegatee: 'did:web:aggregator.example',
    ...more,
  });
  /** Whose the device is: the supplier's unless told, witnessed by the grid operator. */
  const own = async (more: JsonObject = {}, by: TenantId = DSO, evidence = [birth]) =>
    world.grant(by, 'DeviceOwnership', ownership(more), world.signers['supplier']!, { format: 'dc+sd-jwt', evidence });
  const commission = async (holder: Holder, by: TenantId = DSO) =>
    only(
      await world.grant(
        by,
        'DeviceCommissioning',
        {
          deviceDid: device.did,
          deviceClass: 'heat_pump',
          meteringPointHash: CLAIMS.entitlement.meteringPointHash,
          commissioned: 20_500,
          ratedActivePowerW: 4_000,
          controllable: true,
          gridAreaEic: AREA,
        },
        holder,
        { evidence: [birth] },
      ),
    );
  const standing = async (type: CredentialType, tenant: TenantId = DSO) =>
    assertOk(await world.engine.findCredentials(tenant, { kind: 'device', device: device.did }, operator))
      .filter((record) => record.type === type)
      .map(({ state, causes, digest }) => ({ state, causes, digest }));
  const stateOf = async ({ digest }: IssuedCredential) =>
    assertOk(await world.engine.findCredentials(DSO, { kind: 'digest', digest }, operator))[0]?.state;

  describe('an ownership', () => {
    it('is witnessed by the grid operator of the area or by the manufacturer, on the birth identity of the device', async () => {
      const issued = only(await own());
      expect(assertOk(parseSdJwtVc(issued.compact)).content).toMatchObject({
        type: 'DeviceOwnership',
        subject: world.signers['supplier']!.did,
      });
      expect(codeOf(await own({ acquired: 20_501, gridAreaEic: '10YDK-2--------M' }))).toBe('NOT_ENTITLED');
      expect(codeOf(await own({ acquired: 20_502 }, MAKER))).toBe('ok');
      expect(codeOf(await own({ acquired: 20_503 }, SUPPLIER))).toBe('CREDENTIAL_CONFIGURATION_UNKNOWN');
      expect(codeOf(await own({ acquired: 20_504 }, DSO, []))).toBe('PREREQUISITE_MISSING');
      const other = only(await world.grant(MAKER, 'DeviceIdentity', CLAIMS.device, createWallet()));
      expect(codeOf(await own({ acquired: 20_505 }, DSO, [other]))).toBe('HOLDER_MISMATCH');
    });

    it('falls with the birth identity, after which the device changes hands no more', async () => {
      const issued = only(await own());
      assertOk(await world.engine.revoke(MAKER, { kind: 'digest', digest: birth.digest }, 'recalled', context()));
      expect(await stateOf(issued)).toBe('revoked');
      expect(codeOf(await consequences.checkDevice(device.did, SUPPLIER))).toBe('DEVICE_REVOKED');
    });
  });

  describe('a device', () => {
    it('is confirmed by whoever commissioned it, and by nobody where nobody did', async () => {
      expect(assertOk(await consequences.checkDevice(device.did, SUPPLIER))).toEqual({ confirmer: '' });
      await commission(device);
      expect(assertOk(await consequences.checkDevice(device.did, SUPPLIER))).toEqual({ confirmer: DSO });
    });

    it.each([
      ["that is another's by credential", 'DEVICE_NOT_OWNED', {}, MAKER],
      ['that is not transferable', 'DEVICE_NOT_TRANSFERABLE', { transferable: false }, SUPPLIER],
      ['that is owned in part', 'DEVICE_NOT_TRANSFERABLE', { sharePpm: 400_000 }, SUPPLIER],
      ['that is whole and transferable', 'ok', {}, SUPPLIER],
    ] as const)('%s: %s', async (_what, code, claims, owner) => {
      assertOk(await own(claims));
      expect(codeOf(await consequences.checkDevice(device.did, owner))).toBe(code);
    });

    it('whose ownership is in dispute goes nowhere', async () => {
      const { digest } = only(await own());
      assertOk(await world.engine.suspend(DSO, { kind: 'digest', digest }, 'dispute', context()));
      expect(codeOf(await consequences.checkDevice(device.did, SUPPLIER))).toBe('DEVICE_NOT_TRANSFERABLE');
    });
  });

  it('suspends, hands over and confirms, however often each is asked', async () => {
    expect(await consequences.hasStanding(device.did)).toBe(false);
    const [old, d3, copy] = [only(await own()), await commission(device), await commission(home)];
    expect(await consequences.hasStanding(device.did)).toBe(true);
    for (const _again of [1, 2]) assertOk(await consequences.suspend(transfer, REQUEST));
    expect(await Promise.all([old, d3, copy].map(stateOf))).toEqual(['suspended', 'suspended', 'suspended']);
    // No operator takes back what waits for a confirmation.
    assertOk(await world.engine.resume(DSO, { kind: 'digest', digest: d3.digest }, 'by hand', context()));
    expect(await stateOf(d3)).toBe('suspended');

    world.clock.advance(100);
    const handed = assertOk(await consequences.handOver(transfer, REQUEST));
    expect(assertOk(await consequences.handOver(transfer, REQUEST))).toEqual(handed);
    expect(await stateOf(old)).toBe('revoked');
    expect(handed.witness).toBe(DSO);
    handover = { at: transfer.acceptedAt, applicationId: handed.applicationId };
    const fresh = only(
      await world.engine.issueTo(DSO, {
        offerId: 'new-owner',
        applicationId: handed.applicationId,
        type: 'DeviceOwnership',
        format: 'dc+sd-jwt',
        holderKeys: [buyer.key],
        requestId: REQUEST,
      }),
    );
    const { delegatee: _lent, ...kept } = ownership({ acquired: Math.floor(transfer.acceptedAt / 86_400) });
    expect(assertOk(await world.engine.readApplication(DSO, handed.applicationId))).toMatchObject({ subject: buyer.did, claims: kept });
    assertOk(await consequences.handOver(transfer, REQUEST));
    expect(await stateOf(fresh)).toBe('active');

    for (const _again of [1, 2])
      assertOk(await consequences.confirm({ ...transfer, state: 'moved' }, { tenant: DSO, actor: 'grid operator', requestId: REQUEST }));
    // The device's own stands again; the copy in the former household's wallet does not.
    expect(await Promise.all([d3, copy, fresh].map(stateOf))).toEqual(['active', 'revoked', 'active']);
  });

  it.each([
    ['listed and in force for one second more', {}, 1, 'active'],
    ['ended at this second', {}, 0, 'revoked'],
    ['listed for assertion alone', { relationships: ['assertionMethod'] }, 1, 'revoked'],
  ] as const)("takes a commissioning for the device's own by a key that is %s", async (_what, more, left, state) => {
    const d3 = await commission(device);
    assertOk(await consequences.suspend(transfer, REQUEST));
    const endsAt = instant(world.clock.now() + left);
    const ending = consequencesWith({
      resolveDid: async (did, options) => {
        const document = await world.parts.resolver.resolveDid(did, options);
        if (!document.ok) return document;
        return { ok: true, value: { ...document.value, keys: document.value.keys.map((key) => ({ ...key, endsAt, ...more })) } };
      },
    });
    assertOk(await ending.confirm({ ...transfer, state: 'moved' }, { tenant: DSO, actor: 'grid operator', requestId: REQUEST }));
    expect(await stateOf(d3)).toBe(state);
  });

  it("acts in the name of the issuer, whoever accepted; a confirmation is its own operator's", async () => {
    await own();
    await commission(device);
    world.audit.records.length = 0;
    assertOk(await consequences.suspend(transfer, REQUEST));
    assertOk(await consequences.handOver(transfer, REQUEST));
    assertOk(await consequences.confirm(transfer, { tenant: DSO, actor: 'grid operator', requestId: REQUEST }));
    expect(world.audit.records.map(({ action, actor }) => [action, actor])).toEqual([
      ['suspend', 'dso'],
      ['suspend', 'dso'],
      ['revoke', 'dso'],
      ['apply', 'applicant'],
      ['approve', 'dso'],
      ['resume', 'grid operator'],
    ]);
  });

  it("leaves an operator's own suspension alone, and takes back its own when the registry will not have it", async () => {
    const [old, d3] = [only(await own()), await commission(device)];
    assertOk(await consequences.suspend(transfer, REQUEST));
    assertOk(await world.engine.suspend(DSO, { kind: 'digest', digest: d3.digest }, 'inquiry', context()));
    assertOk(await consequences.restore(transfer, REQUEST));
    expect(await Promise.all([old, d3].map(stateOf))).toEqual(['active', 'suspended']);
    expect((await standing('DeviceCommissioning'))[0]?.causes).toEqual(['operator']);
  });

  it('is not undone by what was decided or offered before', async () => {
    const { signers, engine } = world;
    const submitted = assertOk(
      await engine.submitApplication(DSO, {
        applicant: 'supplier',
        type: 'DeviceOwnership',
        claims: ownership(),
        subject: signers['supplier']!.did,
        evidence: [toHeld(birth)],
        requestId: REQUEST,
      }),
    );
    assertOk(await engine.approve(DSO, submitted.applicationId, 'bought it', context()));
    const supplier = signers['supplier']!;
    const ask = () =>
      engine.issueTo(DSO, {
        offerId: 'before',
        applicationId: submitted.applicationId,
        type: 'DeviceOwnership',
        format: 'dc+sd-jwt',
        holderKeys: [{ publicJwk: supplier.publicJwk, thumbprint: thumbprintOf(supplier.publicJwk) }],
        requestId: REQUEST,
      });
    const issued = only(await ask());
    const renewal = assertOk(await engine.renew(DSO, { kind: 'digest', digest: issued.digest }, context()));
    const askRenewed = () =>
      engine.issueTo(DSO, {
        ...requestFor(renewal.applicationId),
        holderKeys: [{ publicJwk: supplier.publicJwk, thumbprint: thumbprintOf(supplier.publicJwk) }],
      });
    handover = { at: world.clock.now(), applicationId: 'another' };
    expect(codeOf(await ask())).toBe('CONFLICT');
    expect(codeOf(await askRenewed())).toBe('CONFLICT');
    handover = undefined;
    assertOk(await engine.revoke(DSO, { kind: 'digest', digest: issued.digest }, 'by hand', context()));
    // Revoked, and asked for once more from the same offer or by the renewal: not even without a transfer.
    expect(codeOf(await ask())).toBe('STATUS_FINAL');
    expect(codeOf(await askRenewed())).toBe('STATUS_FINAL');
  });

  const requestFor = (applicationId: string) => ({
    offerId: 'renewal',
    applicationId,
    type: 'DeviceOwnership' as const,
    format: 'dc+sd-jwt' as const,
    requestId: REQUEST,
  });
});
