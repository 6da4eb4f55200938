import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { assertOk, instant, ok, tenantId } from '@gridpass/core';
import type { AuditRecord, Did, DidUrl, Outcome, RequestId, TenantId } from '@gridpass/core';
import { createSigner, generatePrivateJwk, openKeyVault, toPublicJwk } from '@gridpass/keys';
import { accountFromPrivateKey, connectChain, createRelayer, deployContracts } from '@gridpass/ledger';
import type { Relayer } from '@gridpass/ledger';
import { createGuardedFetch } from '@gridpass/net';
import { createDidRepository, createKeyRepository, createRelayRepository, createTransferRepository } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { DEVELOPMENT_KEYS, openTestStore, startAnvil } from '@gridpass/testkit';
import {
  createDidLifecycle,
  createDidResolver,
  createDidTransfers,
  createOfferAnswers,
  createRegistryReader,
  currentVerificationMethod,
} from '../index.js';
import type { DidLifecycle, DidTransfers, LifecycleContext } from '../index.js';
import { accountOf, identityOfDid } from '../lifecycle/registry-reader.js';
import { wireTo } from './transfer-rig.js';

const ANNA = tenantId('anna');
const BO = tenantId('bo');
const DSO = tenantId('dso');
const contextOf = (tenant: TenantId): LifecycleContext => ({ tenant, actor: 'operator', requestId: 'r' as RequestId });

describe('the life cycle of a did:ethr', () => {
  let store: Store;
  let stop: () => Promise<void>;
  let relayer: Relayer;
  let lifecycle: DidLifecycle;
  let transfers: DidTransfers;
  let parts: Awaited<ReturnType<typeof start>>;
  let log: { readonly tenant: TenantId; readonly record: AuditRecord }[] = [];
  let consequences: string[] = [];
  let broken = '';
  const note = <T>(what: string, did: Did, value: T): Outcome<T> => {
    if (broken === what) throw new TypeError('crash');
    consequences.push(`${what} ${did}`);
    return ok(value);
  };
  let ahead = 0;
  let count = 0;

  async function start() {
    const node = await startAnvil();
    const chain = connectChain({ rpcUrl: node.rpcUrl, chainId: node.chainId });
    const admin = accountFromPrivateKey(DEVELOPMENT_KEYS[0]);
    const contracts = await deployContracts({ chain, deployer: admin, gate: admin.account, channels: [] });
    store = await openTestStore();
    const clock = { now: () => instant(Math.floor(Date.now() / 1000) + ahead) };
    const ethr = { chainId: node.chainId, rpcUrl: node.rpcUrl, registry: contracts.DidRegistry };
    const fetch = createGuardedFetch({ allow: [node.rpcUrl], allowPrivate: true, maxRedirects: 0, clock });
    stop = async () => {
      await relayer.close();
      chain.close();
      await fetch.close();
      await store.close();
      await node.stop();
    };
    relayer = createRelayer({
      repository: createRelayRepository(store),
      chain,
      signer: accountFromPrivateKey(DEVELOPMENT_KEYS[1]),
      registry: contracts.DidRegistry,
      clock,
      settings: { pollMs: 10, waitSeconds: 240 },
    });
    const made = {
      chain: ethr,
      registryAccount: contracts.DidRegistry,
      relay: relayer,
      clock,
      registry: createRegistryReader(ethr, fetch),
      vault: openKeyVault({ repository: createKeyRepository(store), keks: [{ id: 'k', bytes: new Uint8Array(32).fill(7) }], clock }),
      dids: createDidRepository(store),
      resolver: createDidResolver({ methods: ['ethr'], chains: [ethr], fetch, clock, cacheSeconds: 0, maxEntries: 10 }),
      audit: {
        appendRecord: async (tenant: TenantId, record: AuditRecord) => {
          log.push({ tenant, record });
          return { origin: '', index: 0, leafHash: '', treeSize: 1, rootHash: '' } as never;
        },
      },
    };
    return made;
  }

  beforeAll(async () => {
    parts = await start();
    lifecycle = createDidLifecycle(parts);
    transfers = createDidTransfers({
      ...parts,
      lifecycle,
      transfers: createTransferRepository(store),
      consequences: {
        checkDevice: async () => ok({ confirmer: DSO }),
        hasStanding: async () => false,
        suspend: async ({ did }) => note('suspend', did, 1),
        restore: async ({ did }) => note('restore', did, 1),
        handOver: async ({ did }) => note('hand over', did, { witness: '', applicationId: '' }),
        confirm: async ({ did }) => note('confirm', did, 1),
      },
    });
  });
  afterAll(() => stop());
  beforeEach(() => {
    log = [];
    consequences = [];
  });

  const create = async (tenant = ANNA): Promise<Did> =>
    assertOk(await lifecycle.createDid(contextOf(tenant), `did ${String((count += 1))}`)).did;
  const document = async (did: Did) => assertOk(await parts.resolver.resolveDid(did, { fresh: true }));
  const actions = () => log.map(({ record }) => record.action);

  it('rotates again and again: the new key counts, every earlier one does not', async () => {
    const did = await create();
    const first = (await document(did)).keys;
    expect(first.map(({ id }) => id)).toEqual([`${did}#controllerKey`]);
    for (const number of [1, 2, 4]) {
      const rotated = assertOk(await lifecycle.rotateKey(contextOf(ANNA), did));
      expect(rotated.kid).toBe(`${did}#delegate-${String(number)}`);
      const { keys } = await document(did);
      expect(keys.map(({ id, relationships }) => [id, relationships])).toEqual([[rotated.kid, ['assertionMethod', 'authentication']]]);
      const stored = await parts.dids.readDid(ANNA, did);
      expect(stored?.controllerKeyId).toBe(rotated.keyId);
      expect((await parts.vault.keysOf(ANNA, 'owning').signer(rotated.keyId)).publicJwk).toEqual(keys[0]?.publicJwk);
      expect(
        await currentVerificationMethod(did, (await parts.vault.keysOf(ANNA, 'owning').signer(rotated.keyId)).publicJwk, parts.resolver),
      ).toBe(rotated.kid);
    }
    expect(actions()).toEqual(['did.create', ...[1, 2, 3].flatMap(() => ['did.rotate', 'did.rotate.done'])]);
    await expect(
      currentVerificationMethod(did, createSigner(generatePrivateJwk('ES256K')).publicJwk, parts.resolver),
    ).rejects.toMatchObject({ code: 'KEY_NOT_AUTHORIZED' });
  });

  it('adds and removes keys, delegates and services, and lets them expire', async () => {
    const did = await create();
    const publicJwk = toPublicJwk(generatePrivateJwk('ES256K'));
    assertOk(await lifecycle.addKey(contextOf(ANNA), did, { publicJwk, use: 'assertion', validSeconds: 1_000 }));
    expect((await document(did)).keys[1]).toMatchObject({ id: `${did}#delegate-1`, publicJwk, relationships: ['assertionMethod'] });
    assertOk(await lifecycle.removeKey(contextOf(ANNA), did, { publicJwk, use: 'assertion' }));
    expect((await document(did)).keys).toHaveLength(1);
    const account = accountOf(publicJwk);
    assertOk(await lifecycle.addDelegate(contextOf(ANNA), did, { account, type: 'veriKey', validSeconds: 1_000 }));
    expect(JSON.stringify((await parts.resolver.resolver.resolve(did)).didDocument).toLowerCase()).toContain(account);
    assertOk(await lifecycle.removeDelegate(contextOf(ANNA), did, { account, type: 'veriKey' }));
    const service = { type: 'Metering', endpoint: 'https://meter.example/a' };
    assertOk(await lifecycle.addService(contextOf(ANNA), did, { ...service, validSeconds: 1_000 }));
    expect((await document(did)).services).toMatchObject([{ types: [service.type], endpoints: [service.endpoint] }]);
    assertOk(await lifecycle.removeService(contextOf(ANNA), did, service));
    expect((await document(did)).services).toEqual([]);
    assertOk(await lifecycle.addKey(contextOf(ANNA), did, { publicJwk, use: 'authentication', validSeconds: 100 }));
    expect((await document(did)).keys).toHaveLength(2);
    ahead += 200;
    expect((await document(did)).keys).toHaveLength(1);
  });

  it('keeps nonces right when twenty verbs come at once', async () => {
    const did = await create();
    const endpoints = Array.from({ length: 20 }, (_, index) => `https://at-once.example/${String(index)}`);
    const done = await Promise.all(
      endpoints.map((endpoint) => lifecycle.addService(contextOf(ANNA), did, { type: 'S', endpoint, validSeconds: 10_000 })),
    );
    expect(done.every(({ ok: good }) => good)).toBe(true);
    expect((await document(did)).services.flatMap((service) => service.endpoints).sort()).toEqual([...endpoints].sort());
    // Rotations take turns, so that each signs with the key of the one before.
    const rotated = await Promise.all([1, 2, 3].map(() => lifecycle.rotateKey(contextOf(ANNA), did)));
    expect(rotated.map(({ ok: good }) => good)).toEqual([true, true, true]);
    expect((await document(did)).keys).toHaveLength(1);
  });

  it('recovers a rotation that the registry has and the store has not', async () => {
    const did = await create();
    const before = await parts.dids.readDid(ANNA, did);
    const { keyId } = assertOk(await lifecycle.rotateKey(contextOf(ANNA), did));
    assertOk(await parts.dids.saveDid({ ...before!, keyIds: [before!.controllerKeyId, keyId] }));
    expect(await lifecycle.recover(ANNA)).toEqual([did]);
    expect((await parts.dids.readDid(ANNA, did))?.controllerKeyId).toBe(keyId);
    expect(await lifecycle.recover(ANNA)).toEqual([]);
  });

  it('changes the owner and deactivates, for good', async () => {
    const [did, gone] = [await create(), await create()];
    assertOk(await lifecycle.rotateKey(contextOf(ANNA), did));
    assertOk(await lifecycle.changeOwner(contextOf(ANNA), did, accountOf(toPublicJwk(generatePrivateJwk('ES256K')))));
    expect((await document(did)).keys).toEqual([]);
    expect(await lifecycle.rotateKey(contextOf(ANNA), did)).toMatchObject({ refusal: { code: 'NOT_FOUND' } });
    assertOk(await lifecycle.deactivate(contextOf(ANNA), gone));
    expect(await parts.resolver.resolveDid(gone, { fresh: true })).toMatchObject({ refusal: { code: 'DID_DEACTIVATED' } });
    expect(await lifecycle.rotateKey(contextOf(ANNA), gone)).toMatchObject({ refusal: { code: 'DID_DEACTIVATED' } });
  });

  it('does nothing for another tenant, another method, or with arguments out of bounds', async () => {
    const did = await create();
    log = [];
    expect(await lifecycle.rotateKey(contextOf(BO), did)).toMatchObject({ refusal: { code: 'NOT_FOUND' } });
    expect(await lifecycle.rotateKey(contextOf(ANNA), 'did:jwk:e30' as Did)).toMatchObject({ refusal: { code: 'DID_METHOD_UNSUPPORTED' } });
    expect(await lifecycle.changeOwner(contextOf(ANNA), did, `0x${'00'.repeat(20)}`)).toMatchObject({
      refusal: { code: 'REQUEST_MALFORMED' },
    });
    expect(await lifecycle.addService(contextOf(ANNA), did, { type: 'S/x', endpoint: 'https://a.example', validSeconds: 1 })).toMatchObject(
      { refusal: { code: 'REQUEST_MALFORMED' } },
    );
    // The same addresses as of a did:web.
    expect(await lifecycle.addService(contextOf(ANNA), did, { type: 'S', endpoint: 'ftp://a.example', validSeconds: 1 })).toMatchObject({
      refusal: { code: 'REQUEST_MALFORMED' },
    });
    expect(await lifecycle.addService(contextOf(ANNA), did, { type: 'S', endpoint: 'https://a.example', validSeconds: 0 })).toMatchObject({
      refusal: { code: 'REQUEST_MALFORMED' },
    });
    expect(log).toEqual([]);
  });

  describe('transferred in two steps', () => {
    const toBo = { toDid: 'did:web:bo.example' as Did, toTenant: BO };
    const offer = async (did: Did) => assertOk(await transfers.offer(contextOf(ANNA), { did, ...toBo, lifeSeconds: 600 }));

    it('suspends before the registry is told, and stands again with confirmation', async () => {
      const did = await create();
      const device = toPublicJwk(generatePrivateJwk('ES256K'));
      assertOk(await lifecycle.addKey(contextOf(ANNA), did, { publicJwk: device, use: 'authentication', validSeconds: 10_000 }));
      const { transferId } = await offer(did);
      expect((await document(did)).keys).toHaveLength(2);
      expect(assertOk(await transfers.accept(contextOf(BO), transferId)).state).toBe('moved');
      // The device speaks on with its own key; the old owner's is gone.
      expect((await document(did)).keys.map(({ publicJwk }) => publicJwk)).toEqual([device]);
      expect(consequences).toEqual([`suspend ${did}`, `hand over ${did}`]);
      expect(await parts.dids.readDid(ANNA, did)).toBeUndefined();
      expect(
        await lifecycle.addService(contextOf(ANNA), did, { type: 'S', endpoint: 'https://a.example', validSeconds: 10 }),
      ).toMatchObject({ refusal: { code: 'NOT_FOUND' } });
      assertOk(await lifecycle.addService(contextOf(BO), did, { type: 'S', endpoint: 'https://b.example', validSeconds: 10_000 }));
      expect(assertOk(await transfers.confirm(contextOf(DSO), transferId)).state).toBe('confirmed');
      expect(consequences).toEqual([`suspend ${did}`, `hand over ${did}`, `confirm ${did}`]);
    });

    it('is not taken as offered once a delegate was added that would speak for the device afterwards', async () => {
      const did = await create();
      const { transferId } = await offer(did);
      const account = accountOf(toPublicJwk(generatePrivateJwk('ES256K')));
      assertOk(await lifecycle.addDelegate(contextOf(ANNA), did, { account, type: 'sigAuth', validSeconds: 10_000 }));
      expect(await transfers.accept(contextOf(BO), transferId)).toMatchObject({ refusal: { code: 'OFFER_OUTDATED' } });
      expect(consequences).toEqual([]);
    });

    it.each(['suspend', 'hand over'])('is accepted once when two accept at once, and finished after a crash at "%s"', async (at) => {
      const did = await create();
      const { transferId } = await offer(did);
      broken = at;
      const both = await Promise.allSettled([1, 2].map(() => transfers.accept(contextOf(BO), transferId)));
      broken = '';
      // The slower one finds another's acceptance, or goes on with it and breaks like it.
      expect(both.map((one) => (one.status === 'fulfilled' ? one.value.refusal?.code : 'crash'))).toContain('crash');
      expect(both.some((one) => one.status === 'fulfilled' && one.value.ok)).toBe(false);
      // The registry is told between the two.
      expect((await document(did)).keys).toHaveLength(at === 'suspend' ? 1 : 0);
      expect(await transfers.recover('r' as RequestId)).toEqual({ finished: 1, unfinished: [] });
      expect((await document(did)).keys).toEqual([]);
      const moved = (await transfers.list(BO)).find((transfer) => transfer.transferId === transferId);
      expect(moved?.state).toBe('moved');
      // The one key that owns it is the one that was kept for it.
      const identity = assertOk(identityOfDid(did, parts.chain.chainId));
      expect(await parts.registry.ownerOf(identity)).toBe(
        accountOf(await parts.vault.keysOf(BO, 'owning').publicJwk(moved?.newKeyId ?? '')),
      );
      expect(log.filter(({ record }) => record.action === 'did.owner.change.done')).toHaveLength(1);
      expect(await transfers.recover('r' as RequestId)).toEqual({ finished: 0, unfinished: [] });
    });

    it('goes to an owner of another program, with a store, keys and a relayer of its own', async () => {
      const there = await openTestStore();
      const repository = createRelayRepository(there);
      const chain = connectChain({ rpcUrl: parts.chain.rpcUrl, chainId: parts.chain.chainId });
      const signer = accountFromPrivateKey(DEVELOPMENT_KEYS[2]);
      const relay = createRelayer({
        repository,
        chain,
        signer,
        registry: parts.registryAccount,
        clock: parts.clock,
        settings: { pollMs: 10, waitSeconds: 240 },
      });
      try {
        const own = {
          ...parts,
          relay,
          dids: createDidRepository(there),
          vault: openKeyVault({
            repository: createKeyRepository(there),
            keks: [{ id: 'k', bytes: new Uint8Array(32).fill(8) }],
            clock: parts.clock,
          }),
        };
        const cleo = tenantId('cleo');
        const mine = createDidLifecycle(own);
        const home = assertOk(await mine.createDid(contextOf(cleo), 'home'));
        const kid = `${home.did}#controllerKey` as DidUrl;
        const wallet = { ...(await own.vault.keysOf(cleo, 'owning').signer(home.controllerKeyId)), did: home.did, kid };
        const did = await create();
        const { transferId } = assertOk(await transfers.offer(contextOf(ANNA), { did, toDid: home.did, lifeSeconds: 600 }));
        const answers = createOfferAnswers({ ...own, fetch: wireTo(transfers, transferId) });
        expect(assertOk(await answers.answer(contextOf(cleo), wallet, 'https://anna.example/transfers/1', 'accept'))).toMatchObject({
          state: 'moved',
          owned: true,
        });
        expect(await parts.dids.readDid(ANNA, did)).toBeUndefined();
        assertOk(await mine.addService(contextOf(cleo), did, { type: 'S', endpoint: 'https://c.example', validSeconds: 10_000 }));
        expect((await document(did)).services).toMatchObject([{ endpoints: ['https://c.example'] }]);
        assertOk(await transfers.confirm(contextOf(DSO), transferId));
      } finally {
        await relay.close();
        chain.close();
        await there.close();
      }
    });

    it('fails for good when the DID was given up meanwhile', async () => {
      const did = await create();
      const { transferId } = await offer(did);
      broken = 'suspend';
      await expect(transfers.accept(contextOf(BO), transferId)).rejects.toThrow('crash');
      broken = '';
      assertOk(await lifecycle.deactivate(contextOf(ANNA), did));
      expect(await transfers.recover('r' as RequestId)).toEqual({ finished: 1, unfinished: [] });
      const failed = (await transfers.list(BO)).find((transfer) => transfer.transferId === transferId);
      expect(failed).toMatchObject({ state: 'failed', reason: 'DID_DEACTIVATED' });
      expect(consequences).toEqual([`suspend ${did}`]);
    });
  });
});
