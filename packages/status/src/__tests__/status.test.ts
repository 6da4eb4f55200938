import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { encodeBase64url } from '@gridpass/codec';
import { Fault, assertOk, instant, tenantId } from '@gridpass/core';
import type { DidSigner, JsonObject, StatusReference } from '@gridpass/core';
import { signCompactJws } from '@gridpass/keys';
import { createStatusRepository } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { createFakeClock, createFakeResolver, createParty, openTestStore } from '@gridpass/testkit';
import type { FakeClock, FakeResolver } from '@gridpass/testkit';
import { SIGNED_AGE_BOUNDS, createForgetfulSeenLists, createStatusChecker, createStatusIssuer } from '../index.js';
import type { StatusChecker, StatusIssuer } from '../index.js';
import { createFakeNetwork } from './fake-network.js';
import type { FakeNetwork } from './fake-network.js';

let tests = 0;
// Each test starts the clock anew, so each has lists of its own.
let TENANT = tenantId('dso');
const BOUND = 30;
const listUri = (tenant: string, listId: string): string => `https://dso.example/${tenant}/status/${listId}`;
const idOf = (reference: StatusReference): string => reference.uri.split('/').at(-1) ?? '';

let store: Store;
let issuer: StatusIssuer;
let checker: StatusChecker;
let network: FakeNetwork;
let clock: FakeClock;
let resolver: FakeResolver;
const dso: DidSigner = createParty('dso');
const other: DidSigner = createParty('other');

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

beforeEach(() => {
  TENANT = tenantId(`dso-${(tests += 1)}`);
  clock = createFakeClock();
  network = createFakeNetwork();
  resolver = createFakeResolver();
  resolver.publishKey(dso.did, dso.kid, dso.publicJwk);
  resolver.publishKey(other.did, other.kid, other.publicJwk);
  issuer = createStatusIssuer({
    repository: createStatusRepository(store),
    clock,
    settings: { listSize: 131_072, listLifeSeconds: 3_600, ttlSeconds: 10, resignSeconds: 120 },
    listUri,
  });
  checker = createStatusChecker({
    fetch: network,
    resolver,
    clock,
    stalenessBoundSeconds: BOUND,
    signedAge: SIGNED_AGE_BOUNDS,
    seen: createForgetfulSeenLists(),
  });
});

async function publish(references: readonly StatusReference[]): Promise<void> {
  for (const reference of references) {
    const { body, etag } = assertOk(await issuer.publishList(TENANT, idOf(reference), dso));
    network.documents.set(reference.uri, { body, etag });
  }
}

const check = (references: readonly StatusReference[]) => checker.checkStatus({ references, issuer: dso.did, at: clock.now() });

describe.each(['vc+jwt', 'dc+sd-jwt'] as const)('the status of a %s', (format) => {
  it('goes from valid to suspended, back, and to revoked for good', async () => {
    const references = await issuer.allocateStatus(TENANT, format);
    const bystander = await issuer.allocateStatus(TENANT, format);
    const steps = [
      ['valid', undefined],
      ['suspended', 'SUSPENDED'],
      ['valid', undefined],
      ['suspended', 'SUSPENDED'],
      ['revoked', 'REVOKED'],
    ] as const;
    for (const [status, code] of steps) {
      expect(await issuer.setStatus(TENANT, references, status)).toMatchObject({ ok: true });
      await publish(references);
      clock.advance(BOUND);
      const outcome = await check(references);
      expect(outcome.ok ? undefined : outcome.refusal.code).toBe(code);
      expect((await check(bystander)).ok).toBe(true);
    }
    for (const status of ['valid', 'suspended'] as const) {
      expect(await issuer.setStatus(TENANT, references, status)).toMatchObject({ refusal: { code: 'STATUS_FINAL' } });
    }
    expect(await issuer.setStatus(TENANT, references, 'revoked')).toMatchObject({ ok: true });
  });

  it('answers from memory inside the bound, without asking anybody', async () => {
    const references = await issuer.allocateStatus(TENANT, format);
    await publish(references);
    const evidence = assertOk(await check(references));
    expect(evidence[0]).toEqual({ uri: references[0]?.uri, listIssuedAt: expect.any(Number), goodUntil: clock.now() + BOUND });
    const asked = [network.asked.length, resolver.asked.length];
    await check(references);
    expect([network.asked.length, resolver.asked.length]).toEqual(asked);
  });
});

describe('a fetch beside a check, which nobody waits for', () => {
  const beside = async (references: readonly StatusReference[], thrown: Error): Promise<void> => {
    clock.advance(BOUND / 2);
    const { fetchDocument } = network;
    network.fetchDocument = () => Promise.reject(thrown);
    expect(await check(references)).toMatchObject({ ok: true });
    await new Promise((resolve) => setImmediate(resolve));
    network.fetchDocument = fetchDocument;
  };
  const published = async (): Promise<readonly StatusReference[]> => {
    const references = await issuer.allocateStatus(TENANT, 'dc+sd-jwt');
    await publish(references);
    assertOk(await check(references));
    return references;
  };

  it('keeps a fault to itself while the list at hand counts', async () => {
    const references = await published();
    await beside(references, new Fault('REMOTE_UNAVAILABLE', 'down'));
    expect(await check(references)).toMatchObject({ ok: true });
  });

  it('has the next check throw what nobody named, once', async () => {
    const references = await published();
    const mistake = new TypeError('a mistake of ours');
    await beside(references, mistake);
    await expect(check(references)).rejects.toBe(mistake);
    expect(await check(references)).toMatchObject({ ok: true });
  });
});

describe('publishList', () => {
  it('signs anew once the issuer rotated its key, and readers refuse what the old key signed', async () => {
    const references = await issuer.allocateStatus(TENANT, 'dc+sd-jwt');
    await publish(references);
    const rotated: DidSigner = { ...createParty('dso'), kid: `${dso.did}#key-2` as DidSigner['kid'] };
    const listId = idOf(references[0]!);
    const old = assertOk(await issuer.publishList(TENANT, listId, dso));
    resolver.publishKey(rotated.did, rotated.kid, rotated.publicJwk);
    resolver.withdrawKey(dso.did, dso.kid);
    expect(await check(references)).toMatchObject({ refusal: { code: 'STATUS_LIST_INVALID' } });
    const { body, etag } = assertOk(await issuer.publishList(TENANT, listId, rotated));
    expect(body).not.toBe(old.body);
    network.documents.set(references[0]!.uri, { body, etag });
    expect(await check(references)).toMatchObject({ ok: true });
  });

  it('serves the same bytes until a bit changes or the end is near', async () => {
    const references = await issuer.allocateStatus(TENANT, 'dc+sd-jwt');
    const listId = idOf(references[0]!);
    const first = assertOk(await issuer.publishList(TENANT, listId, dso));
    clock.advance(100);
    expect(assertOk(await issuer.publishList(TENANT, listId, dso))).toEqual(first);
    await issuer.setStatus(TENANT, references, 'suspended');
    const second = assertOk(await issuer.publishList(TENANT, listId, dso));
    expect(second.etag).not.toBe(first.etag);
    clock.advance(3_000);
    expect(assertOk(await issuer.publishList(TENANT, listId, dso)).body).not.toBe(second.body);
  });

  it('has many replicas serve one publication', async () => {
    const [reference] = await issuer.allocateStatus(TENANT, 'dc+sd-jwt');
    await issuer.setStatus(TENANT, [reference!], 'suspended');
    const bodies = await Promise.all(Array.from({ length: 5 }, () => issuer.publishList(TENANT, idOf(reference!), dso)));
    expect(new Set(bodies.map((body) => assertOk(body).body)).size).toBe(1);
  });

  it('knows no list of another tenant', async () => {
    const references = await issuer.allocateStatus(TENANT, 'dc+sd-jwt');
    expect(await issuer.publishList(tenantId('tso'), idOf(references[0]!), dso)).toMatchObject({ refusal: { code: 'NOT_FOUND' } });
    expect(await issuer.setStatus(tenantId('tso'), references, 'revoked')).toMatchObject({ refusal: { code: 'NOT_FOUND' } });
  });

  it('does not touch an entry that was never handed out', async () => {
    const [reference] = await issuer.allocateStatus(TENANT, 'dc+sd-jwt');
    for (const index of [(reference!.index + 1) % 131_072, -1, 1.5, 1e300]) {
      expect(await issuer.setStatus(TENANT, [{ ...reference!, index }], 'revoked')).toMatchObject({ refusal: { code: 'NOT_FOUND' } });
    }
    expect(await issuer.setStatus(TENANT, [], 'revoked')).toMatchObject({ refusal: { code: 'NOT_FOUND' } });
  });
});

describe('checkStatus when the server misbehaves', () => {
  it('uses the list at hand while it counts, then says that it cannot tell, then recovers', async () => {
    const references = await issuer.allocateStatus(TENANT, 'dc+sd-jwt');
    await publish(references);
    await check(references);
    network.down = true;
    clock.advance(BOUND - 1);
    expect((await check(references)).ok).toBe(true);
    clock.advance(1);
    await expect(check(references)).rejects.toMatchObject({ code: 'STATUS_UNAVAILABLE' });
    network.down = false;
    expect((await check(references)).ok).toBe(true);
  });

  it('uses it no longer for a question that was asked earlier', async () => {
    const references = await issuer.allocateStatus(TENANT, 'dc+sd-jwt');
    await publish(references);
    await check(references);
    network.down = true;
    const at = clock.now();
    clock.advance(BOUND);
    await expect(checker.checkStatus({ references, issuer: dso.did, at })).rejects.toMatchObject({ code: 'STATUS_UNAVAILABLE' });
  });

  it('shares one fetch among all who wait for a list', async () => {
    const references = await issuer.allocateStatus(TENANT, 'dc+sd-jwt');
    await publish(references);
    let open = (): void => undefined;
    network.gate = new Promise((resolve) => {
      open = resolve;
    });
    const checks = Promise.all(Array.from({ length: 20 }, () => check(references)));
    open();
    expect((await checks).every((outcome) => outcome.ok)).toBe(true);
    expect(network.asked).toHaveLength(1);
  });

  it('never goes back to an older list, also one of the same second', async () => {
    const references = await issuer.allocateStatus(TENANT, 'dc+sd-jwt');
    await publish(references);
    const old = network.documents.get(references[0]!.uri)!;
    await issuer.setStatus(TENANT, references, 'revoked');
    await publish(references);
    expect(await check(references)).toMatchObject({ refusal: { code: 'REVOKED' } });
    network.documents.set(references[0]!.uri, old);
    clock.advance(BOUND);
    await expect(check(references)).rejects.toMatchObject({ code: 'STATUS_STALE' });
  });

  it('says stale of a list whose own time has run out', async () => {
    const references = await issuer.allocateStatus(TENANT, 'vc+jwt');
    await publish(references);
    clock.advance(3_600);
    await expect(check(references)).rejects.toMatchObject({ code: 'STATUS_STALE' });
  });

  it('fetches again when told to', async () => {
    const references = await issuer.allocateStatus(TENANT, 'dc+sd-jwt');
    await publish(references);
    await check(references);
    await issuer.setStatus(TENANT, references, 'revoked');
    await publish(references);
    expect((await check(references)).ok).toBe(true);
    await checker.refresh(references[0]!.uri);
    expect(await check(references)).toMatchObject({ refusal: { code: 'REVOKED' } });
  });

  it('refuses references to nowhere and to nothing', async () => {
    const [reference] = await issuer.allocateStatus(TENANT, 'dc+sd-jwt');
    await publish([reference!]);
    expect(await check([])).toMatchObject({ refusal: { code: 'STATUS_MISSING' } });
    expect(await check([{ kind: 'bitstring', purpose: 'suspension', uri: reference!.uri, index: 1 }])).toMatchObject({
      refusal: { code: 'STATUS_MISSING' },
    });
    expect(await check([{ ...reference!, uri: 'http://10.0.0.1/list' }])).toMatchObject({ refusal: { code: 'STATUS_LIST_INVALID' } });
    await expect(check([{ ...reference!, uri: 'https://dso.example/none' }])).rejects.toMatchObject({ code: 'STATUS_UNAVAILABLE' });
    for (const index of [-1, 1.5, NaN, 131_072, 1e308]) {
      expect(await check([{ ...reference!, index }])).toMatchObject({ refusal: { code: 'STATUS_LIST_INVALID' } });
    }
  });
});

describe('checkStatus of a list that is not what it should be', () => {
  const uri = 'https://dso.example/list';
  const zeros = (n: number): Uint8Array => new Uint8Array(n);
  const packed = (bytes: number): string => `u${encodeBase64url(new Uint8Array(gzipSync(zeros(bytes))))}`;
  const token = (changes: JsonObject = {}, bits = zeros(32_768), pack = deflateSync): JsonObject => ({
    sub: uri,
    iat: 1_780_272_000,
    exp: 1_780_275_600,
    ttl: 10,
    status_list: { bits: 2, lst: encodeBase64url(new Uint8Array(pack(bits))) },
    ...changes,
  });
  const bitstring = (subject: JsonObject = {}, changes: JsonObject = {}): JsonObject => ({
    sub: uri,
    iat: 1_780_272_000,
    exp: 1_780_275_600,
    id: uri,
    issuer: dso.did,
    type: ['VerifiableCredential', 'BitstringStatusListCredential'],
    credentialSubject: {
      type: 'BitstringStatusList',
      statusPurpose: 'revocation',
      encodedList: packed(16_384),
      ...subject,
    },
    ...changes,
  });
  const TOKEN: StatusReference = { kind: 'token', uri, index: 5 };
  const BITSTRING: StatusReference = { kind: 'bitstring', purpose: 'revocation', uri, index: 5 };
  const lst = (bytes: Uint8Array): JsonObject => ({ status_list: { bits: 2, lst: encodeBase64url(new Uint8Array(bytes)) } });

  const without = (payload: JsonObject, name: string): JsonObject =>
    Object.fromEntries(Object.entries(payload).filter(([member]) => member !== name));

  const checkSigned = async (
    reference: StatusReference,
    typ: string,
    payload: JsonObject,
    signer: DidSigner = dso,
    kid: string = signer.kid,
  ) => {
    network.documents.set(uri, { body: await signCompactJws({ typ, kid }, payload, signer) });
    return check([reference]);
  };

  it('accepts the well-formed ones these cases are made from', async () => {
    expect((await checkSigned(TOKEN, 'statuslist+jwt', token())).ok).toBe(true);
    clock.advance(BOUND);
    expect((await checkSigned(BITSTRING, 'vc+jwt', bitstring())).ok).toBe(true);
  });

  it('accepts every zlib level', async () => {
    for (const level of [0, 1, 6, 9]) {
      expect(
        (
          await checkSigned(
            TOKEN,
            'statuslist+jwt',
            token({}, zeros(32_768), ((bytes: Uint8Array) => deflateSync(bytes, { level })) as typeof deflateSync),
          )
        ).ok,
      ).toBe(true);
      clock.advance(BOUND);
    }
  });

  it.each<[string, StatusReference, string, () => JsonObject]>([
    ['typ of a credential', TOKEN, 'vc+jwt', token],
    ['typ of a token list', BITSTRING, 'statuslist+jwt', bitstring],
    ['no sub', TOKEN, 'statuslist+jwt', () => without(token(), 'sub')],
    ['an id in place of a sub', TOKEN, 'statuslist+jwt', () => ({ ...without(token(), 'sub'), id: uri })],
    ['no time of its signature', TOKEN, 'statuslist+jwt', () => without(token(), 'iat')],
    [
      'a beginning in place of the time of its signature',
      TOKEN,
      'statuslist+jwt',
      () => ({ ...without(token(), 'iat'), nbf: clock.now() }),
    ],
    ['another sub', TOKEN, 'statuslist+jwt', () => token({ sub: `${uri}/` })],
    ['another iss', TOKEN, 'statuslist+jwt', () => token({ iss: 'did:web:other.example' })],
    ['a text iat', TOKEN, 'statuslist+jwt', () => token({ iat: '1' })],
    ['an iat in milliseconds', TOKEN, 'statuslist+jwt', () => token({ iat: 1_780_272_000_000, exp: 1_780_272_600_000 })],
    ['a text exp', TOKEN, 'statuslist+jwt', () => token({ exp: '1e308' })],
    ['exp before iat', TOKEN, 'statuslist+jwt', () => token({ exp: 1 })],
    ['no status_list', TOKEN, 'statuslist+jwt', () => token({ status_list: 1 })],
    ['three bits', TOKEN, 'statuslist+jwt', () => token({ status_list: { bits: 3, lst: 'AA' } })],
    ['negative ttl', TOKEN, 'statuslist+jwt', () => token({ ttl: -1 })],
    ['not base64url', TOKEN, 'statuslist+jwt', () => token({ status_list: { bits: 2, lst: 'A=' } })],
    ['too few entries', BITSTRING, 'vc+jwt', () => bitstring({ encodedList: packed(16_383) })],
    ['too few entries for the reference', TOKEN, 'statuslist+jwt', () => token({}, new Uint8Array(0))],
    ['gzip where zlib is due', TOKEN, 'statuslist+jwt', () => token(lst(gzipSync(zeros(32_768))))],
    ['truncated zlib', TOKEN, 'statuslist+jwt', () => token(lst(deflateSync(zeros(32_768)).subarray(0, 20)))],
    ['a decompression bomb', TOKEN, 'statuslist+jwt', () => token(lst(deflateSync(zeros(200_000_000))))],
    ['a value without meaning', TOKEN, 'statuslist+jwt', () => token({}, zeros(32_768).fill(255))],
    ['another purpose', BITSTRING, 'vc+jwt', () => bitstring({ statusPurpose: 'suspension' })],
    ['no purpose', BITSTRING, 'vc+jwt', () => bitstring({ statusPurpose: [] })],
    ['base58 list', BITSTRING, 'vc+jwt', () => bitstring({ encodedList: 'z11111' })],
    [
      'zlib where gzip is due',
      BITSTRING,
      'vc+jwt',
      () => bitstring({ encodedList: `u${encodeBase64url(new Uint8Array(deflateSync(zeros(16_384))))}` }),
    ],
    ['another issuer', BITSTRING, 'vc+jwt', () => bitstring({}, { issuer: { id: 'did:web:other.example' } })],
    ['another id', BITSTRING, 'vc+jwt', () => bitstring({}, { id: `${uri}2` })],
    ['another type', BITSTRING, 'vc+jwt', () => bitstring({}, { type: 'BitstringStatusListCredential' })],
    ['another subject type', BITSTRING, 'vc+jwt', () => bitstring({ type: 'StatusList2021' })],
  ])('refuses %s', async (_, reference, typ, payload) => {
    expect(await checkSigned(reference, typ, payload())).toMatchObject({ refusal: { code: 'STATUS_LIST_INVALID' } });
  });

  it('refuses a list of somebody else, whatever key it names', async () => {
    expect(await checkSigned(TOKEN, 'statuslist+jwt', token(), other)).toMatchObject({ refusal: { code: 'STATUS_LIST_INVALID' } });
    expect(await checkSigned(TOKEN, 'statuslist+jwt', token(), other, dso.kid)).toMatchObject({ refusal: { code: 'STATUS_LIST_INVALID' } });
  });

  it('refuses what is no list at all, and remembers no refusal', async () => {
    network.documents.set(uri, { body: '<html>' });
    expect(await check([TOKEN])).toMatchObject({ refusal: { code: 'STATUS_LIST_INVALID' } });
    expect((await checkSigned(TOKEN, 'statuslist+jwt', token())).ok).toBe(true);
  });

  it('cannot tell from a list of the future', async () => {
    await expect(checkSigned(TOKEN, 'statuslist+jwt', token({ iat: instant(clock.now() + BOUND + 1) }))).rejects.toMatchObject({
      code: 'STATUS_UNAVAILABLE',
    });
  });
});
