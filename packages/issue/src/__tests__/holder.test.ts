import { describe, expect, it } from '@jest/globals';
import { instant, ok, refuse } from '@gridpass/core';
import type { Application, Did, DidUrl, HeldEvidence, Instant, ResolvedKey } from '@gridpass/core';
import { generatePrivateJwk, thumbprintOf, toPublicJwk } from '@gridpass/keys';
import { resolveSubject } from '../rules/holder.js';

const AT = instant(1_795_801_622);
const subject = 'did:web:house.example' as Did;
const publicJwk = toPublicJwk(generatePrivateJwk('ES256'));
const key: ResolvedKey = { id: `${subject}#1` as DidUrl, alg: 'ES256', publicJwk, relationships: ['authentication'] };

describe('the key of a stated subject', () => {
  const resolve = (more: Partial<ResolvedKey>) =>
    resolveSubject(
      {
        resolveDid: () =>
          Promise.resolve(ok({ did: subject, keys: [{ ...key, ...more }], services: [], fetchedAt: AT, documentDigest: '' })),
      },
      { type: 'MarketPartyRole', subject, evidence: [] },
      { publicJwk, thumbprint: thumbprintOf(publicJwk) },
      AT,
    );

  it('is one that its document lists for authentication', async () => {
    expect((await resolve({})).value).toBe(subject);
    expect((await resolve({ relationships: ['assertionMethod'] })).refusal?.code).toBe('HOLDER_MISMATCH');
    expect((await resolve({ publicJwk: toPublicJwk(generatePrivateJwk('ES256')) })).refusal?.code).toBe('HOLDER_MISMATCH');
  });

  it('is none that its document has ended', async () => {
    expect((await resolve({ endsAt: (AT + 1) as Instant })).ok).toBe(true);
    expect((await resolve({ endsAt: AT })).refusal?.code).toBe('HOLDER_MISMATCH');
  });
});

describe('a key that the subject does not list', () => {
  const deviceKey = toPublicJwk(generatePrivateJwk('ES256'));
  const thumbprint = thumbprintOf(deviceKey);
  const held = (more: Partial<HeldEvidence> = {}): HeldEvidence =>
    ({ type: 'MarketPartyRole', subject, holderThumbprint: thumbprint, ...more }) as HeldEvidence;
  const resolve = (type: Application['type'], evidence: readonly HeldEvidence[], more: Partial<Application> = {}) =>
    resolveSubject(
      { resolveDid: () => Promise.resolve(ok({ did: subject, keys: [key], services: [], fetchedAt: AT, documentDigest: '' })) },
      { type, subject, evidence, ...more },
      { publicJwk: deviceKey, thumbprint },
      AT,
    );

  it('is bound to an organisation when a credential of that organisation binds it already', async () => {
    expect((await resolve('AggregatorRole', [held()])).value).toBe(subject);
    expect((await resolve('AggregatorRole', [])).refusal?.code).toBe('HOLDER_MISMATCH');
    const elsewhere = held({ subject: 'did:web:other.example' as Did });
    const { holderThumbprint: _, ...unbound } = held();
    const foreign = held({ holderThumbprint: thumbprintOf(publicJwk) });
    expect((await resolve('AggregatorRole', [elsewhere, unbound, foreign])).refusal?.code).toBe('HOLDER_MISMATCH');
  });

  it.each(['DeviceCommissioning', 'DeviceIdentity', 'DeviceOwnership', 'CustomerStatus', 'MarketChannelAdmission'] as const)(
    'is bound to nobody by evidence of type %s: a commissioning names its subject’s key least of all',
    async (type) => {
      expect((await resolve('AggregatorRole', [held({ type })])).refusal?.code).toBe('HOLDER_MISMATCH');
    },
  );

  it.each(['DeviceIdentity', 'DeviceOwnership', 'CustomerStatus', 'MeteringPointEntitlement', 'MarketChannelAdmission'] as const)(
    'is bound to no subject of a %s: households and devices prove their own key',
    async (type) => {
      expect((await resolve(type, [held()])).refusal?.code).toBe('HOLDER_MISMATCH');
    },
  );

  it('is bound to nobody by the evidence once the subject’s DID was given up', async () => {
    const outcome = await resolveSubject(
      { resolveDid: () => Promise.resolve(refuse('DID_DEACTIVATED', 'resolve', 'deactivated')) },
      { type: 'AggregatorRole', subject, evidence: [held()] },
      { publicJwk: deviceKey, thumbprint },
      AT,
    );
    expect(outcome.refusal?.code).toBe('DID_DEACTIVATED');
  });
});
