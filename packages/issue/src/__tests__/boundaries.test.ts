import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { instant, marketCalendar, ok } from '@gridpass/core';
import type { Application, Did, HeldEvidence, Instant, IssuedRecord, StatusPort } from '@gridpass/core';
import type { Store } from '@gridpass/store';
import { openTestStore } from '@gridpass/testkit';
import { checkBalanceResponsible } from '../rules/balance.js';
import { checkEntitlement } from '../rules/entitlement.js';
import { checkEvidence } from '../rules/evidence.js';
import { checkSole } from '../rules/sole.js';
import { codeOf, first } from './engine-rig.js';
import { CLAIMS, DSO, MAKER, REGULATOR, context, createWallet, createWorld, toHeld } from './world.js';
import type { World } from './world.js';

const NOW = instant(1_790_000_000);
const at = (seconds: number): Instant => instant(NOW + seconds);
const did = (name: string): Did => `did:web:${name}.example` as Did;
const OF = {
  applicationId: 'of anna',
  applicant: 'anna',
  type: 'MeteringPointEntitlement',
  claims: CLAIMS.entitlement,
  overrules: [],
} as unknown as Application;
const HELD = { type: OF.type, state: 'active', subject: did('bo'), validUntil: at(1), applicationId: 'of bo' } as unknown as IssuedRecord;

/** Each is held up to, but not at, its end. */
describe('the last second of what somebody holds', () => {
  it('counts for evidence', async () => {
    const status: StatusPort = { checkStatus: async () => ok([]) };
    const evidence = (end: number) => [{ type: 'DeviceIdentity', status: [], validUntil: at(end) } as unknown as HeldEvidence];
    expect(codeOf(await checkEvidence(status, evidence(1), NOW))).toBe('ok');
    expect(codeOf(await checkEvidence(status, evidence(0), NOW))).toBe('PREREQUISITE_MISSING');
  });

  const ask = (record: Partial<IssuedRecord>, other: Partial<Application> = {}, own: Partial<Application> = {}) => {
    const bo = { ...OF, applicationId: 'of bo', applicant: 'bo', ...other };
    const reader = { find: async () => [{ ...HELD, ...record }], read: async () => bo };
    const application = { ...OF, validUntil: at(1_000_000), ...own };
    // The days of these cases begin at midnight UTC.
    return checkSole(reader, { application, subjects: [did('anna')], thumbprints: [], at: NOW, calendar: marketCalendar('Etc/UTC') });
  };

  it('keeps a metering point for who holds it', async () => {
    expect(codeOf(await ask({ validUntil: at(1) }))).toBe('SHARE_EXCEEDED');
    expect(codeOf(await ask({ validUntil: at(0) }))).toBe('ok');
  });

  it('keeps a party for who holds it', async () => {
    const party = { scheme: 'eic', value: '44X-000000000253' } as never;
    const role = { type: 'SystemOperatorRole', party, claims: CLAIMS.dso } as unknown as Application;
    const held = (end: number) => ask({ type: 'SystemOperatorRole', validUntil: at(end) }, role, role);
    expect([codeOf(await held(1)), codeOf(await held(0))]).toEqual(['PARTY_TAKEN', 'ok']);
  });

  it('is told apart from the first second of who comes next', async () => {
    const day = 20_800;
    const begins = { claims: { ...CLAIMS.entitlement, entitledFrom: day } };
    const validUntil = (end: number) => instant(day * 86_400 + end);
    // The other one begins on the day on which this one ends, and the other way round.
    expect(codeOf(await ask({ validUntil: validUntil(9) }, begins, { validUntil: validUntil(0) }))).toBe('ok');
    expect(codeOf(await ask({ validUntil: validUntil(9) }, begins, { validUntil: validUntil(1) }))).toBe('SHARE_EXCEEDED');
    expect(codeOf(await ask({ validUntil: validUntil(0) }, {}, { ...begins, validUntil: validUntil(9) }))).toBe('ok');
    expect(codeOf(await ask({ validUntil: validUntil(1) }, {}, { ...begins, validUntil: validUntil(9) }))).toBe('SHARE_EXCEEDED');
  });

  it('counts for the role of who is balance responsible', async () => {
    const record = (end: number) => ({ type: 'MarketPartyRole', state: 'active', validUntil: at(end) }) as unknown as IssuedRecord;
    const supplier = {
      type: 'MarketPartyRole',
      claims: { ...CLAIMS.supplier, brpDid: did('balance') },
      overrules: [],
    } as unknown as Application;
    const balance = { type: 'MarketPartyRole', claims: CLAIMS.balance } as unknown as Application;
    const asked = (end: number) =>
      checkBalanceResponsible(
        { tenants: [{ tenant: REGULATOR }], repository: { findIssued: async () => [record(end)], readApplication: async () => balance } },
        supplier,
        did('supplier'),
        NOW,
      );
    expect([codeOf(await asked(1)), codeOf(await asked(0))]).toEqual(['ok', 'PREREQUISITE_MISSING']);
  });

  it('counts for the authority of an issuer', async () => {
    const content = {
      type: 'SystemOperatorRole',
      issuer: did('nra'),
      subject: did('dso'),
      validFrom: at(-9),
      digest: 'role',
      claims: CLAIMS.dso,
    };
    const authority = (end: number) => ({
      content: { ...content, status: [], issuedAt: at(-9), textDigest: 'role', validUntil: at(end) } as never,
    });
    const asked = (end: number) =>
      checkEntitlement(
        { anchors: [], maxDepth: 1, proveAuthority: async () => ok(authority(end)) },
        {
          ...{ type: OF.type, format: 'dc+sd-jwt', subject: did('anna'), claims: CLAIMS.entitlement, at: NOW, validUntil: at(1_000) },
          issuer: { did: did('dso'), kid: `${did('dso')}#1` as never, alg: 'ES256' },
        },
        [{ uri: 'https://nra.example/role', digest: 'role' } as never],
      );
    // It goes on to what its issuer rests on in the one case, and not in the other.
    const [last, over] = [await asked(1), await asked(0)];
    expect([last.refusal?.detail, over.refusal?.detail]).toEqual([
      expect.stringContaining('no authority and no root'),
      expect.stringContaining('the authority has ended'),
    ]);
  });
});

describe('what is decided and issued', () => {
  let store: Store;
  let world: World;
  let handover: { at: Instant; applicationId: string } | undefined;
  beforeAll(async () => {
    store = await openTestStore();
    world = createWorld(store, { handoverOf: async () => handover });
    await world.accredit();
  });
  afterAll(() => store.close());

  const redeem = (applicationId: string, format: 'vc+jwt' | 'dc+sd-jwt', holder: ReturnType<typeof createWallet>) =>
    world.engine.issueTo(REGULATOR, {
      ...{ offerId: 'both', applicationId, type: 'SystemOperatorRole', format },
      ...{ holderKeys: [holder.key], requestId: context().requestId },
    });
  const approved = async (holder: ReturnType<typeof createWallet>, party: string) => {
    const claims = { ...CLAIMS.dso, party: { scheme: 'eic', value: party } };
    const wish = {
      applicant: party,
      type: 'SystemOperatorRole',
      claims,
      subject: holder.did,
      evidence: [],
      requestId: context().requestId,
    } as const;
    const submitted = await world.engine.submitApplication(REGULATOR, wish);
    if (!submitted.ok) throw new Error(submitted.refusal.code);
    const decided = await world.engine.approve(REGULATOR, submitted.value.applicationId, 'fine', context());
    if (!decided.ok) throw new Error(`${decided.refusal.code} ${decided.refusal.detail}`);
    return submitted.value.applicationId;
  };

  it('from one offer is counted for each format by itself', async () => {
    const holder = createWallet();
    const id = await approved(holder, '44X-000000000350');
    for (const format of ['vc+jwt', 'vc+jwt', 'vc+jwt', 'dc+sd-jwt'] as const) expect(codeOf(await redeem(id, format, holder))).toBe('ok');
    expect(codeOf(await redeem(id, 'vc+jwt', holder))).toBe('CONFLICT');
    const records = await world.parts.repository.findIssued(REGULATOR, { kind: 'application', applicationId: id });
    expect(
      records
        .filter(({ state }) => state === 'active')
        .map(({ format }) => format)
        .sort(),
    ).toEqual(['dc+sd-jwt', 'vc+jwt']);
  });

  it('is not renewed once its application is closed, though it still stands', async () => {
    const [record] = (await world.parts.repository.findIssued(REGULATOR, { kind: 'subject', subject: world.signers['market']!.did })).slice(
      0,
      1,
    );
    await world.engine.close(REGULATOR, record!.applicationId, 'stop', context());
    const renewed = await world.engine.renew(REGULATOR, { kind: 'digest', digest: record!.digest }, context());
    expect([record!.state, codeOf(renewed)]).toEqual(['active', 'CONFLICT']);
  });

  it('in the second in which a device changes hands was decided before; a second later it is not', async () => {
    const [meter, home] = [createWallet(), createWallet()];
    const identity = first(await world.grant(MAKER, 'DeviceIdentity', CLAIMS.device, meter));
    const claims = {
      ...{ deviceDid: meter.did, deviceClass: 'heat_pump', meteringPointHash: CLAIMS.entitlement.meteringPointHash, commissioned: 20_500 },
      ...{ ratedActivePowerW: 4_000, controllable: true, gridAreaEic: '10YDK-1--------W' },
    };
    const submitted = await world.engine.submitApplication(DSO, {
      ...{ applicant: home.did, type: 'DeviceCommissioning', claims, evidence: [toHeld(identity)], subject: meter.did },
      requestId: context().requestId,
    });
    if (!submitted.ok) throw new Error(submitted.refusal.detail);
    const { applicationId } = submitted.value;
    expect(codeOf(await world.engine.approve(DSO, applicationId, 'fine', context()))).toBe('ok');
    const decidedAt = world.clock.now();
    const issue = async (happened: typeof handover) => {
      handover = happened;
      return codeOf(
        await world.engine.issueTo(DSO, {
          ...{ offerId: 'o-handover', applicationId, type: 'DeviceCommissioning', format: 'dc+sd-jwt', holderKeys: [home.key] },
          requestId: context().requestId,
        }),
      );
    };
    expect(await issue({ at: decidedAt, applicationId: 'of somebody else' })).toBe('CONFLICT');
    expect(await issue({ at: decidedAt, applicationId })).toBe('ok');
    expect(await issue({ at: instant(decidedAt - 1), applicationId: 'of somebody else' })).toBe('ok');
    expect(await issue(undefined)).toBe('ok');
  });
});
