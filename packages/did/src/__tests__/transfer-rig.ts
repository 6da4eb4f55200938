import { Fault, assertOk, ok, refuse, tenantId } from '@gridpass/core';
import type { AuditRecord, Did, DidSigner, DidUrl, FetchPort, RefusalCode, RequestId, TenantId } from '@gridpass/core';
import { createSigner, generatePrivateJwk, openKeyVault } from '@gridpass/keys';
import { createDidRepository, createKeyRepository, createTransferRepository } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { createFakeClock, createFakeResolver, openTestStore } from '@gridpass/testkit';
import { createDidTransfers } from '../index.js';
import type { DidTransfers, LifecycleContext, TransferAnswer } from '../index.js';
import { toDidEthr, toDidJwk } from '../create.js';
import { accountOf } from '../lifecycle/registry-reader.js';

export const [ANNA, BO, DSO, EVE] = ['anna', 'bo', 'dso', 'eve'].map(tenantId) as [TenantId, TenantId, TenantId, TenantId];
export const CHAIN = { chainId: 31_337, registry: `0x${'ab'.repeat(20)}` };
export const REQUEST = 'r' as RequestId;
export const as = (tenant: TenantId): LifecycleContext => ({ tenant, actor: `${tenant} operator`, requestId: REQUEST });

/** Transfers on a registry in memory, where every step can be cut off; the store is real. */
export interface TransferRig {
  readonly store: Store;
  readonly transfers: DidTransfers;
  readonly parts: Parameters<typeof createDidTransfers>[0];
  readonly clock: ReturnType<typeof createFakeClock>;
  readonly resolver: ReturnType<typeof createFakeResolver>;
  readonly owners: Map<string, string>;
  readonly nonces: Map<string, number>;
  readonly identities: Map<Did, string>;
  identityOf(did: Did): string;
  log: { readonly tenant: TenantId; readonly record: AuditRecord }[];
  done: string[];
  /** The next call of this name breaks, before or after it did its work. */
  breaks: { readonly at: string; readonly when: 'before' | 'after' } | undefined;
  /** What the registry, or the look at the device's credentials, refuses with. */
  refusesWith: RefusalCode | undefined;
  confirmer: TenantId | '';
  /** A device of Anna's; everything else begins anew with it. */
  addDevice(): Promise<Did>;
  /** Somebody with a DID of no tenant here. */
  newcomer(): DidSigner;
}

export async function openTransferRig(): Promise<TransferRig> {
  const [owners, nonces, identities] = [new Map<string, string>(), new Map<string, number>(), new Map<Did, string>()];
  const store = await openTestStore();
  const clock = createFakeClock();
  const resolver = createFakeResolver();
  const identityOf = (of: Did): string => identities.get(of) ?? '';

  async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
    const mine = rig.breaks?.at === name ? rig.breaks : undefined;
    if (mine !== undefined) rig.breaks = undefined;
    if (mine?.when === 'before') throw new Fault('CHAIN_UNAVAILABLE', 'cut off');
    const value = await work();
    if (mine?.when === 'after') throw new Fault('CHAIN_UNAVAILABLE', 'cut off');
    rig.done.push(name);
    return value;
  }

  const vault = openKeyVault({ repository: createKeyRepository(store), keks: [{ id: 'k', bytes: new Uint8Array(32).fill(7) }], clock });
  const dids = createDidRepository(store);
  const repository = createTransferRepository(store);
  const parts: TransferRig['parts'] = {
    chain: CHAIN,
    clock,
    resolver,
    vault,
    registry: {
      ownerOf: async (identity) => owners.get(identity) ?? identity,
      nonceOf: async (owner) => nonces.get(owner) ?? 0,
    },
    lifecycle: {
      changeOwner: async (context, of, newOwner) =>
        step('registry', async () => {
          if (rig.refusesWith !== undefined) return refuse(rig.refusesWith, 'registry', '');
          const identity = identityOf(of);
          const before = owners.get(identity) ?? identity;
          nonces.set(before, (nonces.get(before) ?? 0) + 1);
          owners.set(identity, newOwner);
          await dids.deleteDid(context.tenant, of);
          return ok({ did: of, transactions: [], block: 1 });
        }),
    },
    dids: { ...dids, saveDid: (row) => step('keep', () => dids.saveDid(row)) },
    transfers: {
      ...repository,
      changeTransfer: (transfer, change) => step(`write ${change.state}`, () => repository.changeTransfer(transfer, change)),
    },
    consequences: {
      checkDevice: async () =>
        rig.refusesWith === 'DEVICE_REVOKED' ? refuse('DEVICE_REVOKED', 'test', '') : ok({ confirmer: rig.confirmer }),
      hasStanding: async () => rig.confirmer !== '',
      suspend: () => step('suspend', async () => ok(1)),
      restore: () => step('restore', async () => ok(1)),
      handOver: () => step('hand over', async () => ok({ witness: DSO, applicationId: 'application' })),
      confirm: () => step('confirm', async () => ok(1)),
    },
    audit: {
      appendRecord: (tenant, record) =>
        step(`log ${record.action.split('.').at(-1) ?? ''}`, async () => {
          rig.log.push({ tenant, record });
          return { origin: '', index: 0, leafHash: '', treeSize: 1, rootHash: '' } as never;
        }),
    },
  };

  const rig: TransferRig = {
    store,
    transfers: createDidTransfers(parts),
    parts,
    clock,
    resolver,
    owners,
    nonces,
    identities,
    identityOf,
    log: [],
    done: [],
    breaks: undefined,
    refusesWith: undefined,
    confirmer: DSO,
    addDevice: async () => {
      const key = await vault.keysOf(ANNA, 'owning').createKey('ES256K');
      const did = toDidEthr(key.publicJwk, CHAIN.chainId);
      identities.set(did, accountOf(key.publicJwk));
      resolver.publishKey(did, `${did}#controllerKey` as DidUrl, key.publicJwk);
      await store.db.deleteFrom('did_transfer').execute();
      const of = {
        tenant: ANNA,
        did,
        alias: '',
        provider: 'did:ethr:0x7a69',
        keyNamespace: 'owning' as const,
        services: [],
        createdAt: clock.now(),
      };
      assertOk(await dids.saveDid({ ...of, controllerKeyId: key.keyId, keyIds: [key.keyId] }));
      Object.assign(rig, { log: [], done: [], breaks: undefined, refusesWith: undefined, confirmer: DSO });
      return did;
    },
    newcomer: () => {
      const signer = createSigner(generatePrivateJwk('ES256'));
      const did = toDidJwk(signer.publicJwk);
      const kid = `${did}#0` as DidUrl;
      resolver.publishKey(did, kid, signer.publicJwk);
      return { ...signer, did, kid };
    },
  };
  return rig;
}

/** The offering program on the other end of a wire; `shown` is what it says otherwise than it is. */
export function wireTo(transfers: DidTransfers, transferId: string, shown: object = {}): FetchPort {
  const reply = async (body: Uint8Array | undefined): Promise<object> => {
    if (body === undefined) return { ...assertOk(await transfers.showOffer(ANNA, transferId)), ...shown };
    const answer = JSON.parse(new TextDecoder().decode(body)) as TransferAnswer;
    const outcome = await transfers.answer(ANNA, transferId, answer, REQUEST);
    return outcome.ok ? { state: outcome.value.state, ownershipOffer: 'openid-credential-offer://x' } : { code: outcome.refusal.code };
  };
  return {
    fetchDocument: async (_url, { body }) => {
      const json = await reply(body);
      const bytes = new TextEncoder().encode(JSON.stringify(json));
      return ok({ status: 'code' in json ? 409 : 200, mediaType: 'application/json', bytes });
    },
  };
}
