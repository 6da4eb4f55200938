import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { assertOk, tenantId } from '@gridpass/core';
import type { Did } from '@gridpass/core';
import { createDidResolver, parseDid, SERVICE_ENDPOINT_FORM } from '@gridpass/did';
import { openKeyVault, toPrivateJwk, toPublicJwk, verifySignature } from '@gridpass/keys';
import { createDidRepository, createKeyRepository, openStore } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { createFakeClock, loopbackFetch, seedStoreDirectory } from '@gridpass/testkit';
import { createAgent, didSigner } from '../index.js';

const MESSAGE = new TextEncoder().encode('one kilowatt-hour');
const tenant = tenantId('dso');
const clock = createFakeClock();
const chains = [{ chainId: 31337, rpcUrl: 'http://127.0.0.1:8545', registry: `0x${'ab'.repeat(20)}` }];
const resolver = createDidResolver({
  methods: ['key', 'jwk', 'peer'],
  chains: [],
  fetch: loopbackFetch,
  clock,
  cacheSeconds: 60,
  maxEntries: 100,
});

function over(store: Store, who = tenant) {
  const vault = openKeyVault({ repository: createKeyRepository(store), keks: [{ id: 'k1', bytes: new Uint8Array(32).fill(7) }], clock });
  const parts = { repository: createDidRepository(store), vault, tenant: who, clock };
  return { ...parts, agent: createAgent({ ...parts, keys: vault.keysOf(who, 'owning'), resolver, chains, defaultProvider: 'did:jwk' }) };
}

const KINDS = [
  ['did:key', 'Ed25519', 'EdDSA'],
  ['did:key', 'Secp256r1', 'ES256'],
  ['did:key', 'Secp256k1', 'ES256K'],
  ['did:jwk', 'Secp256r1', 'ES256'],
  ['did:jwk', 'Secp256k1', 'ES256K'],
  ['did:jwk', 'Ed25519', 'EdDSA'],
  ['did:peer', 'Ed25519', 'EdDSA'],
  ['did:peer', 'Secp256r1', 'ES256'],
  ['did:peer', 'Secp256k1', 'ES256K'],
  ['did:web', 'Secp256r1', 'ES256'],
  ['did:ethr', 'Secp256k1', 'ES256K'],
  ['did:ethr:0x7a69', 'Secp256k1', 'ES256K'],
] as const;

describe('an agent on our stores and keys', () => {
  let directory: string;
  let store: Store;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gridpass-veramo-'));
    await seedStoreDirectory(join(directory, 'data'));
    store = await openStore({ kind: 'pglite', directory: join(directory, 'data') });
  });
  afterAll(async () => {
    await store.close();
    await rm(directory, { recursive: true, force: true });
  });

  it.each(KINDS)('makes a %s from a %s key and signs with it', async (provider, type, alg) => {
    const { agent, ...parts } = over(store);
    const identifier = await agent.didManagerCreate({
      provider,
      alias: provider === 'did:web' ? 'dso.example:issuer' : `${provider}-${type}`,
      options: { key: { type } },
    });
    const did = assertOk(parseDid(identifier.did));
    expect(identifier.keys).toMatchObject([{ type, kms: 'gridpass' }]);
    const signer = await didSigner(parts, did);
    expect(signer).toMatchObject({ alg, did });
    expect(signer.kid.startsWith(`${did}#`)).toBe(true);
    // The bus and the signer are two doors to one key.
    const signed = await agent.keyManagerSign({ keyRef: identifier.keys[0]?.kid ?? '', data: 'one kilowatt-hour' });
    expect(verifySignature(signer.publicJwk, alg, MESSAGE, Uint8Array.from(Buffer.from(signed, 'base64url')))).toBe(true);
    expect(verifySignature(signer.publicJwk, alg, MESSAGE, await signer.sign(MESSAGE))).toBe(true);
    if (['did:key', 'did:jwk', 'did:peer'].includes(provider)) {
      expect(assertOk(await resolver.resolveDid(did)).keys[0]).toMatchObject({ id: signer.kid, publicJwk: signer.publicJwk });
      expect((await agent.resolveDid({ didUrl: did })).didDocument?.id).toBe(did);
    }
  });

  it('signs again after a restart over the same directory, for every DID', async () => {
    const before = await over(store).agent.didManagerFind();
    await store.close();
    store = await openStore({ kind: 'pglite', directory: join(directory, 'data') });
    const { agent, ...parts } = over(store);
    const after = await agent.didManagerFind();
    expect(after).toEqual(before);
    expect(after).toHaveLength(KINDS.length);
    for (const { did } of after) {
      const signer = await didSigner(parts, did as Did);
      expect(verifySignature(signer.publicJwk, signer.alg, MESSAGE, await signer.sign(MESSAGE))).toBe(true);
    }
  });

  it('keeps tenants apart', async () => {
    const { agent, ...parts } = over(store, tenantId('tso'));
    expect([await agent.didManagerFind(), await agent.keyManagerGetKeyManagementSystems()]).toEqual([[], ['gridpass']]);
    const [foreign] = await over(store).agent.didManagerFind();
    await expect(didSigner(parts, foreign?.did as Did)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(agent.keyManagerSign({ keyRef: foreign?.keys[0]?.kid ?? '', data: 'x' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it.each([
    ['a key that cannot sign', 'did:key', { key: { type: 'X25519' } }, 'ALGORITHM_NOT_ALLOWED'],
    ['a kind of key we do not know', 'did:key', { keyType: 'RSA' }, 'ALGORITHM_NOT_ALLOWED'],
    ['did:ethr from a P-256 key', 'did:ethr', { key: { type: 'Secp256r1' } }, 'ALGORITHM_NOT_ALLOWED'],
    ['a private key out of range', 'did:jwk', { key: { type: 'Secp256r1', privateKeyHex: '00'.repeat(32) } }, 'REQUEST_MALFORMED'],
    ['did:web without a host', 'did:web', {}, 'REQUEST_MALFORMED'],
  ])('refuses %s', async (_name, provider, options, code) => {
    await expect(over(store).agent.didManagerCreate({ provider, options })).rejects.toMatchObject({ code });
  });

  it.each(['DSO.example', 'dso.example/path', '10.0.0.1', 'evil.example#x'])('refuses the did:web host %s', async (alias) => {
    await expect(over(store).agent.didManagerCreate({ provider: 'did:web', alias })).rejects.toMatchObject({ code: 'DID_MALFORMED' });
  });

  it("takes in a key whose coordinates begin with zeros, which Veramo's did:jwk spoils", async () => {
    const { agent, ...parts } = over(store);
    // The x coordinate of 153 times the generator is 00e3ae19…; one key in about 128 has such a coordinate.
    const privateKeyHex = '99'.padStart(64, '0');
    const jwk = toPrivateJwk('ES256K', Uint8Array.from(Buffer.from(privateKeyHex, 'hex')));
    const { did } = await agent.didManagerCreate({ provider: 'did:jwk', options: { key: { type: 'Secp256k1', privateKeyHex } } });
    expect((await didSigner(parts, did as Did)).publicJwk).toEqual(toPublicJwk(jwk));
    expect(assertOk(await resolver.resolveDid(did as Did)).keys[0]?.publicJwk).toEqual(toPublicJwk(jwk));
  });

  it('gets or makes a DID by alias, renames it and forgets it with its key', async () => {
    const { agent } = over(store);
    const made = await agent.didManagerGetOrCreate({ alias: 'meter-1' });
    expect(made.provider).toBe('did:jwk');
    expect((await agent.didManagerGetOrCreate({ alias: 'meter-1' })).did).toBe(made.did);
    await expect(agent.didManagerCreate({ alias: 'meter-1' })).rejects.toThrow('already exists');
    await agent.didManagerSetAlias({ did: made.did, alias: 'meter-2' });
    expect((await agent.didManagerGetByAlias({ alias: 'meter-2' })).did).toBe(made.did);
    await agent.didManagerDelete({ did: made.did });
    await expect(agent.didManagerGet({ did: made.did })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(agent.keyManagerGet({ kid: made.keys[0]?.kid ?? '' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('adds services where the method has them', async () => {
    const { agent } = over(store);
    const { did } = await agent.didManagerCreate({ provider: 'did:web', alias: 'market.example' });
    await agent.didManagerAddService({
      did,
      service: { id: '#admit', type: 'Admission', serviceEndpoint: 'https://market.example/admit' },
    });
    expect((await agent.didManagerGet({ did })).services).toEqual([
      { id: '#admit', type: 'Admission', serviceEndpoint: 'https://market.example/admit' },
    ]);
    for (const serviceEndpoint of [
      'javascript:alert(1)',
      'https://user:secret@market.example',
      '/relative',
      ['https://market.example'],
      { uri: 'x' },
    ])
      await expect(agent.didManagerAddService({ did, service: { id: '#x', type: 'X', serviceEndpoint } })).rejects.toMatchObject({
        name: 'InputError',
      });
    const slashless = agent.didManagerAddService({ did, service: { id: '#x', type: 'X', serviceEndpoint: 'https:a.example' } });
    await expect(slashless).rejects.toThrow(`serviceEndpoint: ${SERVICE_ENDPOINT_FORM}`);
    await agent.didManagerRemoveService({ did, id: '#admit' });
    expect((await agent.didManagerGet({ did })).services).toEqual([]);
    await expect(
      agent.didManagerAddService({ did: (await agent.didManagerCreate()).did, service: { id: '#a', type: 'A', serviceEndpoint: 'b' } }),
    ).rejects.toThrow();
  });

  it('makes a did:peer with services in it, which the key authenticates, and no other DID', async () => {
    const { agent, ...parts } = over(store);
    const service = { id: '#exchange', type: 'Exchange', serviceEndpoint: 'https://peer.example/exchange' };
    const create = (provider: string, services: unknown) =>
      agent.didManagerCreate({ provider, options: { keyType: 'Secp256r1', services } });
    const identifier = await create('did:peer', [service]);
    const did = assertOk(parseDid(identifier.did));
    expect(identifier.services).toEqual([service]);
    const { keys, services } = assertOk(await resolver.resolveDid(did));
    expect(services).toEqual([{ id: `${did}#exchange`, types: ['Exchange'], endpoints: [service.serviceEndpoint] }]);
    expect(keys.find(({ id }) => id === `${did}#key-1`)?.relationships).toEqual(['authentication']);
    expect((await didSigner(parts, did)).kid).toBe(`${did}#key-1`);
    for (const [provider, given] of [
      ['did:peer', [{ ...service, id: 'did:web:evil.example#x' }]],
      ['did:peer', [{ ...service, serviceEndpoint: '/relative' }]],
      ['did:peer', [{ ...service, serviceEndpoint: 'javascript:alert(1)' }]],
      ['did:peer', [{ type: 'Exchange' }]],
      ['did:peer', 'x'],
      ['did:key', [service]],
    ] as const)
      await expect(create(provider, given)).rejects.toMatchObject({ name: 'InputError' });
    await agent.didManagerDelete({ did });
  });

  it("signs with the key's own algorithm alone", async () => {
    const { agent } = over(store);
    const { keys } = await agent.didManagerCreate({ provider: 'did:ethr' });
    for (const algorithm of ['ES256', 'EdDSA', 'ES256K-R', 'eth_signMessage', 'none']) {
      await expect(agent.keyManagerSign({ keyRef: keys[0]?.kid ?? '', data: '00', algorithm })).rejects.toMatchObject({
        code: 'ALGORITHM_NOT_ALLOWED',
      });
    }
    await expect(
      agent.keyManagerSharedSecret({ secretKeyRef: keys[0]?.kid ?? '', publicKey: { type: 'Secp256k1', publicKeyHex: '00' } }),
    ).rejects.toMatchObject({ code: 'ALGORITHM_NOT_ALLOWED' });
  });
});
