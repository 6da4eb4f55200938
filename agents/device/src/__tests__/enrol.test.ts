import { beforeEach, describe, expect, it } from '@jest/globals';
import { Fault, instant, ok, refuse } from '@gridpass/core';
import type { CredentialType, Did, HeldApplication, HeldCredential, Outcome } from '@gridpass/core';
import type { ApplicationWish } from '@gridpass/hold';
import { createFakeClock } from '@gridpass/testkit';
import { deviceConfig } from '../config.js';
import { enrol } from '../enrol.js';

const ISSUER = 'https://issuer.example/t/maker';
const BIRTH = { issuer: ISSUER, type: 'DeviceIdentity' as const, claims: {}, evidence: [] };
const COMMISSIONED = { issuer: ISSUER, type: 'DeviceCommissioning' as const, claims: {}, evidence: ['DeviceIdentity' as const] };

const DEVICE = 'did:example:meter' as Did;

describe('a device that enrols', () => {
  const clock = createFakeClock();
  const now = clock.now();
  let held: HeldCredential[];
  let applications: HeldApplication[];
  let wishes: ApplicationWish[];
  let said: string[];
  let granted: HeldCredential[];
  let later: HeldApplication[] | undefined;
  let answer: () => Outcome<HeldApplication>;
  beforeEach(() => {
    [held, applications, wishes, said, granted, later] = [[], [], [], [], [], undefined];
    answer = () => ok({ state: 'pending' } as HeldApplication);
  });

  const credential = (type: CredentialType, from: number, until: number, more: Partial<HeldCredential> = {}) =>
    ({
      credentialId: `${type} ${until}`,
      type,
      format: 'dc+sd-jwt',
      state: 'valid',
      validFrom: instant(now + from),
      validUntil: instant(now + until),
      ...more,
    }) as HeldCredential;
  const application = (more: Partial<HeldApplication>) =>
    ({ issuer: ISSUER, type: 'DeviceIdentity', state: 'pending', checkedAt: now, problem: '', ...more }) as HeldApplication;
  const round = async (enrolments: Parameters<typeof enrol>[0]['config']['enrol'] = [BIRTH]) => {
    wishes = [];
    await enrol({
      did: DEVICE,
      clock,
      config: { enrol: enrolments, renewBeforeSeconds: 100, retrySeconds: 50 },
      say: (type, what) => said.push(`${type}: ${what}`),
      holder: {
        refreshApplications: async () => {
          held = [...held, ...granted.splice(0)];
          applications = later ?? applications;
          return 0;
        },
        refreshStates: async () => 0,
        credentials: async () => held,
        applications: async () => applications,
        apply: async (wish) => {
          wishes.push(wish);
          return answer();
        },
      },
    });
    return wishes.map(({ type }) => type);
  };

  it('applies for what it does not hold, and once', async () => {
    expect(await round()).toEqual(['DeviceIdentity']);
    expect(said).toEqual(['DeviceIdentity: applied, pending']);
    applications = [application({})];
    expect(await round()).toEqual([]);
    applications = [application({ state: 'approved', problem: 'REMOTE_UNAVAILABLE' })];
    expect(await round()).toEqual([]);
  });

  it('says what it received, and once', async () => {
    granted = [credential('DeviceIdentity', -10, 1_000)];
    await round();
    await round();
    expect(said).toEqual(['DeviceIdentity: received']);
  });

  it('says what keeps an application from being received once, and again where it is something else', async () => {
    const stuck = { id: 'a1', state: 'approved', problem: 'NOT_ENTITLED' } as const;
    later = [application(stuck)];
    await round();
    await round();
    expect(said).toEqual(['DeviceIdentity: NOT_ENTITLED']);
    later = [application({ ...stuck, because: 'ask the issuer' })];
    await round();
    expect(said.slice(1)).toEqual(['DeviceIdentity: NOT_ENTITLED: ask the issuer']);
  });

  it('says its own DID in a commissioning that names no device, and no other in one that does', async () => {
    const commissioning = { issuer: ISSUER, type: 'DeviceCommissioning' as const, evidence: [] };
    await round([{ ...commissioning, claims: { sealed: true } }]);
    expect(wishes[0]?.claims).toEqual({ sealed: true, deviceDid: DEVICE });
    await round([{ ...commissioning, claims: { deviceDid: 'did:example:other' } }]);
    expect(wishes[0]?.claims).toEqual({ deviceDid: 'did:example:other' });
    await round();
    expect(wishes[0]?.claims).toEqual(BIRTH.claims);
  });

  it('applies again before the end, to the second, and not for what was just received', async () => {
    applications = [application({ state: 'issued', receivedAt: now })];
    held = [credential('DeviceIdentity', -900, 101)];
    expect(await round()).toEqual([]);
    held = [credential('DeviceIdentity', -900, 100)];
    expect(await round()).toEqual(['DeviceIdentity']);
    // A life of 90 seconds: its last third is 30.
    held = [credential('DeviceIdentity', -59, 31)];
    expect(await round()).toEqual([]);
    held = [credential('DeviceIdentity', -60, 30)];
    expect(await round()).toEqual(['DeviceIdentity']);
  });

  it('applies again for what is revoked, not for what is suspended, and shows neither', async () => {
    held = [credential('DeviceIdentity', -1, 10_000, { state: 'revoked' })];
    expect(await round([BIRTH, COMMISSIONED])).toEqual(['DeviceIdentity']);
    held = [credential('DeviceIdentity', -1, 10_000, { state: 'suspended' })];
    expect(await round([BIRTH, COMMISSIONED])).toEqual([]);
  });

  it.each(['rejected', 'closed'] as const)('leaves the issuer alone for a while after it was %s', async (state) => {
    applications = [application({ state, checkedAt: instant(now - 49) })];
    expect(await round()).toEqual([]);
    applications = [application({ state, checkedAt: instant(now - 50) })];
    expect(await round()).toEqual(['DeviceIdentity']);
  });

  it('waits for its evidence, and shows that which ends last', async () => {
    held = [credential('DeviceIdentity', -900, 0), credential('DeviceIdentity', -1, 10_000, { format: 'vc+jwt' })];
    expect(await round([COMMISSIONED])).toEqual([]);
    expect(said).toEqual(['DeviceCommissioning: waits for its evidence']);
    held = [credential('DeviceIdentity', -1, 500), credential('DeviceIdentity', -1, 600)];
    await round([COMMISSIONED]);
    expect(wishes).toMatchObject([{ type: 'DeviceCommissioning', evidence: ['DeviceIdentity 600'] }]);
  });

  it('goes on with the others where an issuer refuses or does not answer, and ends at what it cannot name', async () => {
    answer = () => {
      answer = () => refuse('SCHEMA_VIOLATION', 'schema', 'claims/model: type');
      throw new Fault('REMOTE_UNAVAILABLE', 'down');
    };
    held = [credential('DeviceIdentity', -900, 50)];
    expect(await round([BIRTH, COMMISSIONED])).toEqual(['DeviceIdentity', 'DeviceCommissioning']);
    expect(said).toEqual([
      'DeviceIdentity: REMOTE_UNAVAILABLE',
      'DeviceCommissioning: SCHEMA_VIOLATION: claims/model: type; correct the claims and apply again, or ask the issuer to correct what it issued',
    ]);
    answer = () => {
      throw new TypeError('broken');
    };
    await expect(round()).rejects.toThrow('broken');
  });

  it('is configured with each type once', () => {
    const { enrol: list } = deviceConfig.shape;
    expect(list.safeParse([BIRTH, COMMISSIONED]).success).toBe(true);
    expect(list.safeParse([BIRTH, BIRTH]).success).toBe(false);
    expect(list.safeParse([{ ...BIRTH, claimz: {} }]).success).toBe(false);
  });
});
