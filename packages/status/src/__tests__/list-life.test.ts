import { deflateSync, gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { encodeBase64url } from '@gridpass/codec';
import { instant, ok } from '@gridpass/core';
import type {
  Did,
  DidSigner,
  DidUrl,
  Instant,
  JsonObject,
  JsonValue,
  ResolvedKey,
  StatusReference,
  VerificationRelationship,
} from '@gridpass/core';
import { createSigner, generatePrivateJwk, signCompactJws } from '@gridpass/keys';
import { createFakeClock, createFakeResolver, createParty } from '@gridpass/testkit';
import type { FakeClock, FakeResolver } from '@gridpass/testkit';
import { MAX_SIGNED_AGE_SECONDS, createForgetfulSeenLists, createStatusChecker } from '../index.js';
import type { StatusChecker } from '../index.js';
import { createFakeNetwork } from './fake-network.js';
import type { FakeNetwork } from './fake-network.js';

const dso: DidSigner = createParty('dso');
const BOUND = 30;
const uri = 'https://dso.example/list';
const empty = new Uint8Array(16_384);
const references: Readonly<Record<'token' | 'bitstring', readonly StatusReference[]>> = {
  token: [{ kind: 'token', uri, index: 0 }],
  bitstring: [{ kind: 'bitstring', purpose: 'revocation', uri, index: 0 }],
};
const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();

let clock: FakeClock;
let network: FakeNetwork;
let resolver: FakeResolver;
let checker: StatusChecker;
let now: Instant;
/** What the document says of when the issuer's key ends. */
let endsAt: number | undefined;

beforeEach(() => {
  clock = createFakeClock();
  now = clock.now();
  network = createFakeNetwork();
  resolver = createFakeResolver();
  resolver.publishKey(dso.did, dso.kid, dso.publicJwk);
  endsAt = undefined;
  const withEnd = (key: ResolvedKey): ResolvedKey => (endsAt === undefined ? key : { ...key, endsAt: endsAt as Instant });
  checker = createStatusChecker({
    fetch: network,
    resolver: {
      resolveDid: async (did, options) => {
        const found = await resolver.resolveDid(did, options);
        return found.ok ? ok({ ...found.value, keys: found.value.keys.map(withEnd) }) : found;
      },
    },
    clock,
    stalenessBoundSeconds: BOUND,
    // By its own times alone: the bound on the age of signatures has tests of its own.
    signedAge: { defaultSeconds: MAX_SIGNED_AGE_SECONDS },
    seen: createForgetfulSeenLists(),
  });
});

type Kind = keyof typeof references;

async function put(kind: Kind, claims: JsonObject, signer: DidSigner = dso, etag?: string): Promise<void> {
  const payload: JsonObject =
    kind === 'token'
      ? { status_list: { bits: 1, lst: encodeBase64url(deflateSync(empty)) } }
      : {
          id: uri,
          type: ['VerifiableCredential', 'BitstringStatusListCredential'],
          issuer: dso.did,
          credentialSubject: {
            type: 'BitstringStatusList',
            statusPurpose: 'revocation',
            encodedList: `u${encodeBase64url(gzipSync(empty))}`,
          },
        };
  const typ = kind === 'token' ? 'statuslist+jwt' : 'vc+jwt';
  const body = await signCompactJws({ typ, kid: signer.kid }, { sub: uri, iat: now, exp: now + 600, ...payload, ...claims }, signer);
  network.documents.set(uri, { body, ...(etag === undefined ? {} : { etag }) });
}

/** `true`, or the code of the refusal or fault. */
async function check(kind: Kind, issuer: Did = dso.did): Promise<string | true> {
  return checker.checkStatus({ references: references[kind], issuer, at: clock.now() }).then(
    ({ refusal }) => refusal?.code ?? true,
    ({ code }: { readonly code: string }) => code,
  );
}

describe('the lists in memory', () => {
  it('are told by how many count, to the second, and when the oldest of them was signed', async () => {
    expect(checker.remembered()).toEqual({ lists: 0 });
    await put('token', { iat: now - 30 });
    expect(await check('token')).toBe(true);
    expect(checker.remembered()).toEqual({ lists: 1, oldestAt: now - 30 });
    clock.advance(BOUND - 1);
    expect(checker.remembered()).toEqual({ lists: 1, oldestAt: now - 30 });
    clock.advance(1);
    expect(checker.remembered()).toEqual({ lists: 0 });
  });
});

describe('the life of a list, by everything that states it', () => {
  it.each<[Kind, string, () => JsonObject, string | true]>([
    ['bitstring', 'a validUntil that has passed', () => ({ validUntil: iso(now - 100) }), 'STATUS_STALE'],
    ['bitstring', 'a validUntil of now', () => ({ validUntil: iso(now) }), 'STATUS_STALE'],
    ['bitstring', 'a validUntil within this second', () => ({ validUntil: iso(now + 0.5) }), 'STATUS_STALE'],
    ['bitstring', 'a validUntil one second ahead', () => ({ validUntil: iso(now + 1) }), true],
    [
      'bitstring',
      'a validUntil ahead and an exp that has passed',
      () => ({ validUntil: iso(now + 9), iat: now - 9, exp: now }),
      'STATUS_STALE',
    ],
    ['bitstring', 'a validFrom of now', () => ({ validFrom: iso(now) }), true],
    ['bitstring', 'a validFrom one second ahead', () => ({ validFrom: iso(now + 1) }), 'STATUS_UNAVAILABLE'],
    ['bitstring', 'a validFrom a fraction ahead', () => ({ validFrom: iso(now + 0.5) }), 'STATUS_UNAVAILABLE'],
    ['bitstring', 'an nbf one second ahead', () => ({ nbf: now + 1 }), 'STATUS_UNAVAILABLE'],
    ['bitstring', 'a clock that is ahead as a whole', () => ({ iat: now + 5, nbf: now + 5, validFrom: iso(now + 5) }), true],
    ['bitstring', 'a clock ahead, and a start later than that', () => ({ iat: now + 5, validFrom: iso(now + 6) }), 'STATUS_UNAVAILABLE'],
    ['token', 'an nbf of now', () => ({ nbf: now }), true],
    ['token', 'an nbf one second ahead', () => ({ nbf: now + 1 }), 'STATUS_UNAVAILABLE'],
    ['token', 'an nbf a fraction ahead', () => ({ nbf: now + 0.5 }), 'STATUS_UNAVAILABLE'],
    ['token', 'an exp within this second', () => ({ iat: now - 9, exp: now + 0.5 }), 'STATUS_STALE'],
    ['token', 'an exp one second ahead', () => ({ iat: now - 9, exp: now + 1 }), true],
    ['token', 'an iat and an exp with fractions', () => ({ iat: now - 0.5, exp: now + 9.5 }), true],
    ['token', 'an exp a fraction before its iat', () => ({ iat: now + 0.5, exp: now + 0.25 }), 'STATUS_LIST_INVALID'],
    ['token', 'an exp of its iat', () => ({ iat: now, exp: now }), 'STATUS_LIST_INVALID'],
    ['token', 'a validUntil, which says nothing of a token list', () => ({ validUntil: iso(now - 100) }), true],
    ['token', 'an aud', () => ({ aud: 'https://market.example' }), 'STATUS_LIST_INVALID'],
    ['bitstring', 'an aud', () => ({ aud: [dso.did] }), 'STATUS_LIST_INVALID'],
    ['token', 'an iat as far ahead as the bound', () => ({ iat: now + BOUND }), true],
    ['token', 'an iat one second beyond the bound', () => ({ iat: now + BOUND + 1 }), 'STATUS_UNAVAILABLE'],
  ])('answers for a %s list with %s', async (kind, _name, claims, answer) => {
    await put(kind, claims());
    expect(await check(kind)).toBe(answer);
  });

  it.each(['iat', 'nbf', 'exp'])('refuses a %s that is no NumericDate, in both kinds', async (name) => {
    for (const kind of ['token', 'bitstring'] as const) {
      for (const value of [String(now), null, {}, 1e308, -1, now * 1000] as readonly JsonValue[]) {
        await put(kind, { [name]: value });
        expect(await check(kind)).toBe('STATUS_LIST_INVALID');
      }
    }
  });

  it.each(['validFrom', 'validUntil'])('refuses a %s that is no dateTimeStamp', async (name) => {
    for (const value of ['', null, now, '2026-01-01', '2026-01-01T00:00:00', {}] as readonly JsonValue[]) {
      await put('bitstring', { [name]: value });
      expect(await check('bitstring')).toBe('STATUS_LIST_INVALID');
    }
  });

  it('ends in memory with the validUntil, not a second later', async () => {
    await put('bitstring', { validUntil: iso(now + 10) });
    expect(await check('bitstring')).toBe(true);
    clock.advance(9);
    expect(await check('bitstring')).toBe(true);
    clock.advance(1);
    expect(await check('bitstring')).toBe('STATUS_STALE');
  });
});

describe('the key of a list', () => {
  const second: DidSigner = { ...createSigner(generatePrivateJwk('ES256')), did: dso.did, kid: `${dso.did}#list` as DidUrl };
  const list = async (...relationships: readonly VerificationRelationship[]): Promise<string | true> => {
    resolver.publishKey(dso.did, second.kid, second.publicJwk, relationships);
    await put('token', {}, second);
    return check('token');
  };

  it('is one the issuer asserts with, and no other key of it', async () => {
    expect(await list('assertionMethod')).toBe(true);
  });

  it.each(['authentication', 'capabilityInvocation', 'capabilityDelegation'] as const)('is not one for %s', async (use) => {
    expect(await list(use)).toBe('STATUS_LIST_INVALID');
  });

  it('is not one of another DID, though that DID asserts with it', async () => {
    const other = createParty('other');
    resolver.publishKey(other.did, other.kid, other.publicJwk);
    await put('token', {}, other);
    expect(await check('token')).toBe('STATUS_LIST_INVALID');
  });

  it('has not ended by the document of the issuer', async () => {
    await put('token', {});
    endsAt = now;
    expect(await check('token')).toBe('STATUS_LIST_INVALID');
    endsAt = now + 1;
    expect(await check('token')).toBe(true);
  });

  it('ends the list with itself, also one in memory', async () => {
    await put('token', {});
    endsAt = now + 10;
    expect(await check('token')).toBe(true);
    clock.advance(9);
    expect(await check('token')).toBe(true);
    clock.advance(1);
    expect(await check('token')).toBe('STATUS_LIST_INVALID');
  });

  it('is looked at again where the server says that nothing changed', async () => {
    await put('token', {}, dso, '"1"');
    expect(await check('token')).toBe(true);
    clock.advance(BOUND);
    expect(await check('token')).toBe(true);
    expect(network.asked).toHaveLength(2);
    endsAt = clock.now();
    clock.advance(BOUND);
    expect(await check('token')).toBe('STATUS_LIST_INVALID');
  });
});

describe('the reference of an entry', () => {
  it.each([-1, 0.5, 131_072, Number.NaN])('refuses index %p', async (index) => {
    await put('token', {});
    const outcome = await checker.checkStatus({ references: [{ kind: 'token', uri, index }], issuer: dso.did, at: now });
    expect(outcome.refusal?.code).toBe('STATUS_LIST_INVALID');
  });

  it('takes the last index', async () => {
    await put('token', {});
    expect(
      (await checker.checkStatus({ references: [{ kind: 'token', uri, index: 131_071 }], issuer: dso.did, at: instant(now) })).ok,
    ).toBe(true);
  });
});
