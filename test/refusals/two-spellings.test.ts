// One DID written in two ways: whoever is stopped, bounded or trusted under one spelling must be so under the other.
import { describe, expect, it } from '@jest/globals';
import { assertOk, instant } from '@gridpass/core';
import type { Did } from '@gridpass/core';
import { canonicalDid } from '@gridpass/codec';
import { resolveKid } from '@gridpass/exchange';
import { createSchemas } from '@gridpass/schema';
import { createParty } from '@gridpass/testkit';
import { assertSignedAge, signedAgeOf } from '../../packages/status/src/bounds.js';
import { parseAnchors } from '../../packages/program/src/anchors.js';
import { createDidResolver, parseDid } from '@gridpass/did';

const LOWER = 'did:ethr:0x7a69:0xf3beac30c498d9e26865f34fcaa57dbb935b0d74';
const MIXED = 'did:ethr:0x7A69:0xF3beAC30C498D9E26865F34fCAa57dBB935b0D74';
const at = instant(1_800_000_000);

describe('one DID in two spellings', () => {
  it('is one trust anchor', () => {
    expect(parseAnchors([{ did: MIXED, mayIssue: ['RegulatorAccreditation'] }])[0]?.did).toBe(LOWER);
  });

  it('has one bound for the age of its lists, and cannot be given two', () => {
    expect(signedAgeOf({ defaultSeconds: 300, issuers: { [MIXED]: 60 } }, LOWER as Did)).toBe(60);
    const twice = { defaultSeconds: 300, issuers: { [MIXED]: 60, [LOWER]: 600 } };
    expect(() => assertSignedAge(twice)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    expect(() => assertSignedAge({ defaultSeconds: 300, issuers: { 'did:ethr': 60 } })).toThrow('each by its DID');
  });

  it('is one name in claims, so that no rule about devices or parties is passed by a spelling', () => {
    const { parsePartialClaims } = createSchemas();
    const claims = assertOk(parsePartialClaims('DeviceOwnership', { deviceDid: MIXED }));
    expect(claims).toEqual({ deviceDid: LOWER });
  });

  it('is asked of a resolver by one name, and its keys go by one name', async () => {
    const asked: Did[] = [];
    const party = createParty('dso', 'ES256K');
    const resolver = {
      resolveDid: async (did: Did) => {
        asked.push(did);
        const key = {
          id: `${did}#controller` as never,
          alg: 'ES256K' as const,
          publicJwk: party.publicJwk,
          relationships: ['authentication' as const],
        };
        return { ok: true as const, value: { did, keys: [key], services: [], fetchedAt: at, documentDigest: '' } };
      },
    };
    for (const spelling of [LOWER, MIXED])
      expect(assertOk(await resolveKid(`${spelling}#controller`, { resolver, relationships: ['authentication'], at }))).toMatchObject({
        did: LOWER,
        kid: `${LOWER}#controller`,
      });
    expect(asked).toEqual([LOWER, LOWER]);
  });

  it('is no third DID: what differs in more than spelling stays apart', async () => {
    expect(canonicalDid(MIXED.replace('0xF3', '0xF4'))).not.toBe(LOWER);
    for (const text of ['did:web:dso.example%2e', 'did:web:dso%2fexample', 'did:web:dso.example%40evil.example', 'did:ethr:0x07a69:0xf3'])
      expect(parseDid(text).refusal?.code).toBe('DID_MALFORMED');
    const { resolveDid } = createDidResolver({
      methods: ['key'],
      chains: [],
      fetch: { fetchDocument: async () => Promise.reject(new Error('nothing is fetched')) },
      clock: { now: () => at },
      cacheSeconds: 60,
      maxEntries: 3,
    });
    expect((await resolveDid('did:web:dso.example%2f..' as Did)).refusal?.code).toBe('DID_MALFORMED');
  });
});
