import type { AuditLog } from '@gridpass/audit';
import type { AuditPort, Did, JsonObject, RequestId, StoredDid, TenantId } from '@gridpass/core';
import { createDidLifecycle, createDidTransfers, createOfferAnswers, createRegistryReader } from '@gridpass/did';
import type { DidLifecycle, DidTransfers, EthrChain, EthrIndex, OfferAnswers, TransferConsequences } from '@gridpass/did';
import { createRelayer } from '@gridpass/ledger';
import type { Account, AccountSigner, Chain, Relayer, RelayerSettings } from '@gridpass/ledger';
import { createDidRepository, createRelayRepository, createTransferRepository } from '@gridpass/store';
import { createKeyRotation } from './key-rotation.js';
import type { KeyRotation } from './key-rotation.js';
import type { LiveKey } from './live-signer.js';
import type { Program } from './open-program.js';

/** What the operator of a program does with did:ethr: its relayer, and the verbs on tenants' DIDs. */
export interface DidOperations {
  readonly lifecycle: DidLifecycle;
  readonly relayer: Relayer;
  transfersWith(consequences: TransferConsequences): DidTransfers;
  /** Answers offers that other programs make to tenants of this one. */
  readonly offerAnswers: OfferAnswers;
  /** Rotates, and keeps signers that are held elsewhere current. */
  readonly rotation: KeyRotation;
  /** The tenant's signer, with the key that counts now; replaced when `rotation` rotates it. */
  liveSigner(tenant: TenantId, did: Did): Promise<LiveKey>;
  /** The DIDs that a tenant manages, of whatever method, oldest first. */
  listDids(tenant: TenantId): Promise<readonly StoredDid[]>;
  /** Chain, registry, relayer and index as seen by a tenant. */
  ledgerStatus(tenant: TenantId): Promise<JsonObject>;
  /** Builds the index of the registry's events again from the chain; false where there is no index. */
  rebuildLedger(tenant: TenantId, actor: string, requestId: RequestId): Promise<boolean>;
  close(): Promise<void>;
}

/** An index in words: what is no JSON stays away. */
function indexView(index: EthrIndex): JsonObject {
  const { fault, ...status } = index.status();
  return { ...(JSON.parse(JSON.stringify(status)) as JsonObject), ...(fault === undefined ? {} : { fault: fault.code }) };
}

/** What operations are opened with. */
export interface DidOperationsSettings {
  readonly chain: EthrChain;
  readonly connection: Chain;
  readonly registry: Account;
  /** Pays for all tenants' changes. */
  readonly account: AccountSigner;
  readonly auditOf: (tenant: TenantId) => Promise<Pick<AuditLog, 'appendRecord'>>;
  readonly index?: EthrIndex;
  readonly relayer?: Partial<RelayerSettings>;
}

/** Starts the relayer and wires the verbs; what a crash cut off goes on by itself. */
export function openDidOperations(
  program: Pick<Program, 'store' | 'vault' | 'resolver' | 'fetch' | 'chainFetch' | 'clock'>,
  settings: DidOperationsSettings,
): DidOperations {
  const { store, vault, resolver, fetch, chainFetch, clock } = program;
  const { chain, connection, index } = settings;
  const dids = createDidRepository(store);
  const registry = createRegistryReader(chain, chainFetch);
  const audit: AuditPort = { appendRecord: async (tenant, record) => (await settings.auditOf(tenant)).appendRecord(tenant, record) };
  const relayer = createRelayer({
    repository: createRelayRepository(store),
    chain: connection,
    signer: settings.account,
    registry: settings.registry,
    clock,
    ...(settings.relayer === undefined ? {} : { settings: settings.relayer }),
  });
  const verbs = createDidLifecycle({ chain, registry, relay: relayer, vault, dids, resolver, audit, clock });
  const rotation = createKeyRotation({ program, audit, lifecycle: verbs });
  const lifecycle: DidLifecycle = {
    ...verbs,
    rotateKey: async (context, did) => {
      const rotated = await verbs.rotateKey(context, did);
      if (rotated.ok) await rotation.refresh();
      return rotated;
    },
  };
  return {
    lifecycle,
    rotation,
    relayer,
    offerAnswers: createOfferAnswers({ chain, registry, vault, dids, fetch, audit, clock }),
    transfersWith: (consequences) =>
      createDidTransfers({
        chain,
        registry,
        lifecycle,
        transfers: createTransferRepository(store),
        dids,
        vault,
        resolver,
        consequences,
        audit,
        clock,
      }),
    liveSigner: rotation.liveSigner,
    listDids: (tenant) => dids.listDids(tenant),
    ledgerStatus: async (tenant) => {
      const { account, states, lastFault } = await relayer.status(tenant);
      const head = await connection.use((provider) => provider.getBlockNumber());
      return {
        chainId: chain.chainId,
        registry: chain.registry,
        head,
        relayer: { account, ...states, ...(lastFault === '' ? {} : { lastFault }) },
        index: index === undefined ? null : indexView(index),
      };
    },
    rebuildLedger: async (tenant, actor, requestId) => {
      if (index === undefined) return false;
      await audit.appendRecord(tenant, {
        kind: 'act',
        requestId,
        at: clock.now(),
        action: 'ledger.rebuild',
        reasons: [],
        actor,
        evidence: { registry: chain.registry },
      });
      await index.rebuild();
      return true;
    },
    close: () => relayer.close(),
  };
}
