import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { digestOf, randomToken } from '@gridpass/codec';
import { instant, ok, refuse, tenantId } from '@gridpass/core';
import type { AccreditationTask, Did, Digest, JsonObject, Outcome } from '@gridpass/core';
import { createAccreditationRepository, createWalletRepository } from '@gridpass/store';
import { issueVcJwt } from '@gridpass/suite';
import { CLAIMS, createFakeAuthority, createParty } from '@gridpass/testkit';
import type { TestIssuerOptions } from '@gridpass/testkit';
import { createAccreditations, createArchiveTurns, createIssuerTrust } from '../index.js';
import { parseCredential } from '../prove-received.js';
import type { Accreditations, Owner } from '../index.js';
import { deskOffering, openDesk } from './desk.js';
import type { Desk, OpenDesk } from './desk.js';
import { schemas, startRig } from './wallet-rig.js';
import type { Rig } from './wallet-rig.js';

const DAY = 86_400;
const BOTH = ['RegulatorAccreditation_dc_sd_jwt', 'RegulatorAccreditation_vc_jwt'];
const OPERATOR = ['SystemOperatorRole_dc_sd_jwt', 'SystemOperatorRole_vc_jwt'];
type Input = Parameters<NonNullable<TestIssuerOptions['alter']>>[0];

/** An issuer below the one of the rig: what it may rest on and what stands in its log. */
interface Below {
  readonly accreditations: Accreditations;
  readonly did: Did;
  readonly owner: Owner;
  readonly adopted: Digest[];
  readonly acts: string[];
  readonly said: string[];
  tasks(): Promise<readonly AccreditationTask[]>;
  /** Another replica of it. */
  twin(): Accreditations;
}

describe("an issuer's own accreditations", () => {
  let rig: Rig;
  let desk: Desk;
  let counter: OpenDesk;
  let alter: (input: Input) => Input;
  const authority = createFakeAuthority();
  const root = createParty('root-of-all');
  const stranger = createParty('stranger');

  beforeAll(async () => {
    rig = await startRig({ alter: (input) => alter(input), lifeSeconds: 90 * DAY });
    for (const { did, kid, publicJwk } of [root, stranger]) rig.issuer.resolver.publishKey(did, kid, publicJwk);
    counter = await openDesk(rig.issuer.credentialIssuer, () => desk);
  });
  afterAll(async () => {
    await counter.close();
    await rig.stop();
  });
  beforeEach(() => {
    alter = (input) => input;
    desk = deskOffering(() => rig.offer(...BOTH));
  });

  async function below(): Promise<Below> {
    const name = `dso-${randomToken(8)
      .toLowerCase()
      .replace(/[^a-z0-9]/gu, 'x')}x`;
    const { did, kid } = createParty(name);
    const tenant = tenantId(name);
    const key = await rig.vault.keysOf(tenant, 'issuing').createKey('ES256');
    rig.issuer.resolver.publishKey(did, kid, key.publicJwk);
    const identity = { kind: 'single', did, kid, keyId: key.keyId, keys: await rig.lend(tenant, did, [key.keyId]) } as const;
    const { resolver, clock, store } = rig.issuer;
    const anchors = [rig.issuer.signer, root].map(({ did: known }) => ({ did: known, mayIssue: ['RegulatorAccreditation' as const] }));
    const trust = createIssuerTrust({ anchors, authority, resolver, schemas, status: rig.status, maxDepth: 2 });
    const [adopted, acts, said]: [Digest[], string[], string[]] = [[], [], []];
    const owner: Owner = {
      adopt: async (digest) => {
        adopted.push(digest);
        return ok(true);
      },
      record: async (action) => void acts.push(action),
    };
    const twin = (): Accreditations =>
      createAccreditations({
        tenant,
        identity,
        repository: createWalletRepository(store),
        accreditations: createAccreditationRepository(store),
        archives: createArchiveTurns(),
        ...{ resolver, clock, schemas, fetch: counter.fetch, status: rig.status },
        settings: { renewBeforeSeconds: 30 * DAY, retrySeconds: DAY },
        verify: async (compact) => {
          const parsed = [parseCredential(compact, 'vc+jwt'), parseCredential(compact, 'dc+sd-jwt')].find((one) => one.ok);
          return parsed?.ok === true ? trust(parsed.value.content, clock.now()) : refuse('PRESENTATION_MALFORMED', 'test', 'unreadable');
        },
        adopted: async () => adopted,
        say: (task, code) => void said.push(`${task.split(':')[0] ?? ''} ${code}`),
      });
    const tasks = () => createAccreditationRepository(store).listTasks(tenant);
    return { accreditations: twin(), did, owner, adopted, acts, said, tasks, twin };
  }
  const wish = () =>
    ({ issuer: rig.issuer.credentialIssuer, type: 'RegulatorAccreditation', claims: CLAIMS.RegulatorAccreditation }) as const;
  const codeOf = (outcome: Outcome<unknown>): string => (outcome.ok ? 'OK' : outcome.refusal.code);
  const adopt = async ({ accreditations, owner }: Below, more: JsonObject = {}, ...ids: readonly string[]): Promise<string> =>
    codeOf(await accreditations.adopt({ offerUri: await rig.offer(...(ids.length === 0 ? BOTH : ids)), ...more }, owner));
  const keepsNothing = async ({ accreditations, adopted }: Below): Promise<void> => {
    expect(await accreditations.list()).toMatchObject({ held: [] });
    expect(adopted).toEqual([]);
  };

  it('are applied for, received, adopted and shown, for the DID of the issuer alone', async () => {
    const one = await below();
    const applied = await one.accreditations.apply(wish(), one.owner);
    expect(applied).toMatchObject({ ok: true, value: { state: 'pending' } });
    expect(desk.submitted).toMatchObject({ subject: one.did, type: 'RegulatorAccreditation' });
    desk.state = 'approved';
    await one.accreditations.lookAfter(one.owner);
    const { held, applications } = await one.accreditations.list();
    expect(held).toMatchObject([
      { type: 'RegulatorAccreditation', state: 'in force', adopted: true, origin: rig.issuer.credentialIssuer, problem: '' },
    ]);
    expect(applications).toMatchObject([{ state: 'issued', receivedAt: expect.any(Number) }]);
    expect(one.acts).toEqual(['apply-accreditation']);
    expect(one.adopted).toEqual([held[0]!.digest]);
    // What is done waits no longer, and leaves nothing that does.
    expect(await one.tasks()).toEqual([]);
    expect((await one.accreditations.readDocument(held[0]!.digest)).ok).toBe(true);
    expect(codeOf(await one.accreditations.readDocument(digestOf('another')))).toBe('NOT_FOUND');
  });

  it('are of types that entitle to issue: nothing else is applied for or taken', async () => {
    const one = await below();
    const other = { ...wish(), type: 'CustomerStatus' as const, claims: CLAIMS.CustomerStatus };
    expect(codeOf(await one.accreditations.apply(other, one.owner))).toBe('CREDENTIAL_CONFIGURATION_UNKNOWN');
    expect(await adopt(one, {}, 'CustomerStatus_dc_sd_jwt')).toBe('CREDENTIAL_CONFIGURATION_UNKNOWN');
    await keepsNothing(one);
  });

  it.each<readonly [string, string, (input: Input) => Input]>([
    ['another subject', 'HOLDER_MISMATCH', (input) => ({ ...input, subject: createParty('another').did })],
    [
      'another type than was offered',
      'REQUEST_MALFORMED',
      (input) => ({ ...input, type: 'CustomerStatus', claims: CLAIMS.CustomerStatus }),
    ],
    ['another type that entitles', 'REQUEST_MALFORMED', (input) => ({ ...input, type: 'MarketPartyRole', claims: CLAIMS.MarketPartyRole })],
    ['an issuer that is not accredited', 'ISSUER_NOT_ACCREDITED', (input) => ({ ...input, issuer: stranger })],
    ['what has ended', 'EXPIRED', (input) => ({ ...input, validFrom: instant(1), validUntil: instant(2), issuedAt: instant(1) })],
  ])('are nothing of %s', async (_what, code, change) => {
    const one = await below();
    alter = change;
    expect(await adopt(one)).toBe(code);
    await keepsNothing(one);
  });
  it('are nothing that was revoked, and nothing of another issuer than was named', async () => {
    const one = await below();
    alter = (input) => {
      rig.status.mark(input.status, 'revoked');
      return input;
    };
    expect(await adopt(one)).toBe('REVOKED');
    await keepsNothing(one);
    alter = (input) => {
      rig.status.mark(input.status, 'valid');
      return input;
    };
    expect(await adopt(one, { issuer: 'https://another.example' })).toBe('REQUEST_MALFORMED');
    await keepsNothing(one);
    expect(await adopt(one, { issuer: rig.issuer.credentialIssuer })).toBe('OK');
  });

  it.each([
    ['are within what the superior holds itself', ['A50'], ['NO'], 'OK'],
    ['are not wider in role than what the superior holds', ['A12'], ['NO'], 'ISSUER_NOT_ACCREDITED'],
    ['are not wider in area than what the superior holds', ['A50'], ['DK'], 'ISSUER_NOT_ACCREDITED'],
  ])('%s', async (_what, mayAccredit, jurisdiction, code) => {
    const one = await below();
    const { signer } = rig.issuer;
    alter = (input) => ({ ...input, authority: held });
    const at = rig.issuer.clock.now();
    const issued = await issueVcJwt({
      type: 'RegulatorAccreditation',
      issuer: root,
      subject: signer.did,
      claims: { ...CLAIMS.RegulatorAccreditation, mayAccredit, jurisdiction },
      ...{ issuedAt: at, validFrom: at, validUntil: instant(at + 900 * DAY) },
      status: (['revocation', 'suspension'] as const).map((purpose) => ({
        kind: 'bitstring',
        purpose,
        uri: `https://root.example/${purpose}`,
        index: 7,
      })),
    });
    const held = authority.publish(issued.compact);
    expect(await adopt(one, {}, ...OPERATOR)).toBe(code);
    if (code !== 'OK') await keepsNothing(one);
  });

  it('show what an offer for something else came to, and keep nothing of it', async () => {
    const one = await below();
    await one.accreditations.apply(wish(), one.owner);
    desk.state = 'approved';
    desk.offer = () => rig.offer('MarketPartyRole_vc_jwt');
    await one.accreditations.lookAfter(one.owner);
    const { applications } = await one.accreditations.list();
    expect(applications).toMatchObject([{ problem: 'CREDENTIAL_CONFIGURATION_UNKNOWN', nextTry: rig.issuer.clock.now() + 30 }]);
    expect(one.said).toEqual(['ask CREDENTIAL_CONFIGURATION_UNKNOWN']);
    await keepsNothing(one);
  });

  it('wait longer after each try that failed, and no longer once one succeeded', async () => {
    const one = await below();
    await one.accreditations.apply(wish(), one.owner);
    desk.down = true;
    const tries = async (): Promise<number> => {
      await one.accreditations.lookAfter(one.owner);
      return one.said.length;
    };
    const began = rig.issuer.clock.now();
    const counts: number[] = [await tries()];
    for (const seconds of [29, 1, 59, 1]) {
      rig.issuer.clock.advance(seconds);
      counts.push(await tries());
    }
    expect(counts).toEqual([1, 1, 2, 2, 3]);
    expect(await one.tasks()).toMatchObject([{ failures: 3, failingSince: began }]);
    desk.down = false;
    rig.issuer.clock.advance(120);
    await tries();
    expect((await one.accreditations.list()).applications[0]).not.toHaveProperty('nextTry');
    expect(await one.tasks()).toEqual([]);
    expect(one.said).toHaveLength(3);
  });

  it('have no tries that failed any more once they need none', async () => {
    const one = await below();
    const owner: Owner = { ...one.owner, adopt: async () => refuse('NOT_ENTITLED', 'test', 'not yet') };
    await one.accreditations.apply(wish(), one.owner);
    desk.state = 'approved';
    await one.accreditations.lookAfter(owner);
    const [held] = (await one.accreditations.list()).held;
    expect(await one.tasks()).toMatchObject([{ task: `adopt:${held!.digest}`, failures: 1, failingSince: rig.issuer.clock.now() }]);
    // An operator did it meanwhile.
    await one.owner.adopt(held!.digest);
    await one.accreditations.lookAfter(owner);
    expect(await one.tasks()).toEqual([]);
  });

  it('are applied for again before they end, once over all replicas, at the very second of the rule', async () => {
    const one = await below();
    expect(await adopt(one)).toBe('OK');
    const [held] = (await one.accreditations.list()).held;
    desk.name = 'renewal';
    rig.issuer.clock.advance(held!.renewFrom! - rig.issuer.clock.now() - 1);
    await one.accreditations.lookAfter(one.owner);
    expect(desk.submitted).toBeUndefined();
    rig.issuer.clock.advance(1);
    await Promise.all([one.accreditations.lookAfter(one.owner), one.twin().lookAfter(one.owner)]);
    expect(one.acts).toEqual(['renew-accreditation']);
    expect(desk.submitted).toMatchObject({ type: 'RegulatorAccreditation', subject: one.did, claims: CLAIMS.RegulatorAccreditation });
    expect((await one.accreditations.list()).held).toMatchObject([{ state: 'expiring' }]);
    expect(codeOf(await one.accreditations.renew(held!.digest, one.owner))).toBe('CONFLICT');
    desk.state = 'approved';
    await one.accreditations.lookAfter(one.owner);
    const after = (await one.accreditations.list()).held;
    expect(after.map(({ state, adopted }) => [state, adopted])).toEqual([
      ['in force', true],
      ['expiring', true],
    ]);
    expect(after[1]).not.toHaveProperty('renewFrom');
    await one.accreditations.lookAfter(one.owner);
    expect(one.acts).toHaveLength(1);
  });

  it('are asked for again some time after a renewal was turned down, and at once when an officer asks', async () => {
    const one = await below();
    await adopt(one);
    const [held] = (await one.accreditations.list()).held;
    rig.issuer.clock.advance(held!.renewFrom! - rig.issuer.clock.now());
    await one.accreditations.lookAfter(one.owner);
    desk.state = 'rejected';
    await one.accreditations.lookAfter(one.owner);
    desk.state = 'pending';
    desk.name = 'second';
    rig.issuer.clock.advance(DAY - 1);
    await one.accreditations.lookAfter(one.owner);
    expect(one.acts).toHaveLength(1);
    rig.issuer.clock.advance(1);
    await one.accreditations.lookAfter(one.owner);
    expect(one.acts).toHaveLength(2);
    desk.state = 'rejected';
    await one.accreditations.lookAfter(one.owner);
    desk.name = 'third';
    expect(codeOf(await one.accreditations.renew(held!.digest, one.owner))).toBe('OK');
    expect(codeOf(await one.accreditations.renew(digestOf('another'), one.owner))).toBe('NOT_FOUND');
  });
});
