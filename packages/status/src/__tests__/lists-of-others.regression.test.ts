import { deflateSync, gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { encodeBase64url } from '@gridpass/codec';
import type { Instant, JsonObject, StatusReference } from '@gridpass/core';
import { signCompactJws } from '@gridpass/keys';
import { createFakeClock, createFakeResolver, createParty } from '@gridpass/testkit';
import type { FakeClock } from '@gridpass/testkit';
import { createForgetfulSeenLists, createStatusChecker } from '../index.js';
import type { StatusChecker } from '../index.js';
import { createFakeNetwork } from './fake-network.js';
import type { FakeNetwork } from './fake-network.js';

const dso = createParty('dso');
const FETCHED = 30;
const SIGNED = 300;
const uri = 'https://dso.example/list';
const references: Readonly<Record<'token' | 'bitstring', StatusReference>> = {
  token: { kind: 'token', uri, index: 0 },
  bitstring: { kind: 'bitstring', purpose: 'revocation', uri, index: 0 },
};
const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();

let clock: FakeClock;
let network: FakeNetwork;
let checker: StatusChecker;
let now: Instant;
/** The times that the memory of seen lists was told, in order. */
let remembered: Instant[];

beforeEach(() => {
  clock = createFakeClock();
  now = clock.now();
  network = createFakeNetwork();
  remembered = [];
  const resolver = createFakeResolver();
  resolver.publishKey(dso.did, dso.kid, dso.publicJwk);
  const seen = createForgetfulSeenLists();
  checker = createStatusChecker({
    fetch: network,
    resolver,
    clock,
    stalenessBoundSeconds: FETCHED,
    signedAge: { defaultSeconds: SIGNED },
    seen: {
      noteSeen: (noted) => {
        remembered.push(noted.age.issuedAt);
        return seen.noteSeen(noted);
      },
    },
  });
});

const token = (claims: JsonObject, entries = 8): JsonObject => ({
  sub: uri,
  iat: now,
  status_list: { bits: 1, lst: encodeBase64url(deflateSync(new Uint8Array(entries / 8))) },
  ...claims,
});
const bitstring = (claims: JsonObject): JsonObject => ({
  id: uri,
  type: ['VerifiableCredential', 'BitstringStatusListCredential'],
  issuer: dso.did,
  validFrom: iso(now),
  credentialSubject: {
    id: `${uri}#list`,
    type: 'BitstringStatusList',
    statusPurpose: 'revocation',
    encodedList: `u${encodeBase64url(gzipSync(new Uint8Array(16_384)))}`,
  },
  ...claims,
});

/** `true`, or the code of the refusal or fault. */
async function check(kind: 'token' | 'bitstring', payload?: JsonObject, status?: number, index = 0): Promise<string | true> {
  if (payload !== undefined) {
    const body = await signCompactJws({ typ: kind === 'token' ? 'statuslist+jwt' : 'vc+jwt', kid: dso.kid }, payload, dso);
    network.documents.set(uri, { body, ...(status === undefined ? {} : { status }) });
  }
  return checker.checkStatus({ references: [{ ...references[kind], index }], issuer: dso.did, at: clock.now() }).then(
    ({ refusal }) => refusal?.code ?? true,
    ({ code }: { readonly code: string }) => code,
  );
}

describe('a token list without an end', () => {
  it('counts until lists of its issuer are too old, to the second', async () => {
    expect(await check('token', token({}))).toBe(true);
    clock.advance(SIGNED - 1);
    expect(await check('token')).toBe(true);
    clock.advance(1);
    expect(await check('token')).toBe('STATUS_STALE');
  });

  it('is too old where it was signed that long ago', async () => {
    expect(await check('token', token({ iat: now - SIGNED }))).toBe('STATUS_STALE');
  });

  it('says when it was signed', async () => {
    const { iat: _, ...without } = token({});
    expect(await check('token', without)).toBe('STATUS_LIST_INVALID');
    expect(await check('token', { ...without, nbf: now })).toBe('STATUS_LIST_INVALID');
  });
});

describe('a small token list', () => {
  it('has as many entries as it has', async () => {
    expect(await check('token', token({}), 200, 7)).toBe(true);
    expect(await check('token', undefined, 200, 8)).toBe('STATUS_LIST_INVALID');
  });
});

describe('a time of signature that lies in the future', () => {
  it.each<['token' | 'bitstring', (at: number) => JsonObject]>([
    ['token', (at) => token({ iat: at })],
    ['bitstring', (at) => bitstring({ iat: at, validFrom: iso(now) })],
    ['bitstring', (at) => bitstring({ validFrom: iso(at) })],
  ])('is never remembered (%s), so that it shuts no list out', async (kind, signedAt) => {
    expect(await check(kind, signedAt(now + FETCHED + 1))).toBe('STATUS_UNAVAILABLE');
    expect(remembered).toEqual([]);
    expect(await check(kind, signedAt(now + FETCHED))).toBe(true);
    expect(remembered).toEqual([now]);
    clock.advance(FETCHED);
    expect(await check(kind, signedAt(now + 1))).toBe(true);
    expect(remembered).toEqual([now, now + 1]);
  });
});

describe('a bitstring list secured by its document alone', () => {
  it.each<[string, JsonObject, string | true]>([
    ['the members of VCDM 2.0 and no JWT claim', {}, true],
    ['a subject in sub, as other credentials have it', { sub: `${uri}#list` }, true],
    ['its address in sub alone', { id: undefined as never, sub: uri }, true],
    ['no beginning but nbf', { validFrom: undefined as never, nbf: 1_780_272_000 }, true],
    ['no name', { id: undefined as never }, 'STATUS_LIST_INVALID'],
    ['no name but that of its subject', { id: undefined as never, sub: `${uri}#list` }, 'STATUS_LIST_INVALID'],
    ["the name of the issuer's other list", { id: `${uri}2` }, 'STATUS_LIST_INVALID'],
    ["the name of the issuer's other list in sub", { sub: `${uri}2` }, 'STATUS_LIST_INVALID'],
    ["its address in sub and the issuer's other list as id", { id: `${uri}2`, sub: uri }, 'STATUS_LIST_INVALID'],
    ['no signed time', { validFrom: undefined as never }, 'STATUS_LIST_INVALID'],
    ['an end and no other time', { validFrom: undefined as never, exp: 1_780_272_060 }, 'STATUS_LIST_INVALID'],
    ['no issuer', { issuer: undefined as never, iss: dso.did }, 'STATUS_LIST_INVALID'],
    ['another issuer in iss', { iss: 'did:web:other.example' }, 'STATUS_LIST_INVALID'],
  ])('with %s', async (_name, claims, answer) => {
    expect(await check('bitstring', bitstring(claims))).toBe(answer);
  });

  it('is as old as the earliest beginning that it states', async () => {
    expect(await check('bitstring', bitstring({ validFrom: iso(now - SIGNED + 1) }))).toBe(true);
    clock.advance(1);
    expect(await check('bitstring')).toBe('STATUS_STALE');
    expect(await check('bitstring', bitstring({ nbf: now - SIGNED }))).toBe('STATUS_STALE');
    expect(await check('bitstring', bitstring({ iat: clock.now(), nbf: now - SIGNED }))).toBe(true);
  });
});

describe('the status of the answer', () => {
  it.each([200, 201, 203, 299])('is a success with %i', async (status) => {
    expect(await check('token', token({}), status)).toBe(true);
  });

  it.each([199, 300, 404, 500])('says nothing about the list with %i', async (status) => {
    expect(await check('token', token({}), status)).toBe('STATUS_UNAVAILABLE');
  });
});
