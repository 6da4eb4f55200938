import type { AuditLog } from '@gridpass/audit';
import type { AuditPort, Did, DidSigner, JsonObject, RequestId, TenantId } from '@gridpass/core';
import { createDidLifecycle, createDidTransfers, createRegistryReader } from '@gridpass/did';
import type { DidLifecycle, DidTransfers, EthrChain, EthrIndex, TransferConsequences } from '@gridpass/did';
import { createRelayer } from '@gridpass/ledger';
import type { Account, AccountSigner, Chain, Relayer, RelayerSettings } from '@gridpass/ledger';
import { createDidRepository, createRelayRepository, createTransferRepository } from '@gridpass/store';
import { didSigner } from '@gridpass/veramo';
import { createLiveSigner } from './live-signer.js';
import type { LiveSigner } from './live-signer.js';
import type { Program } from './open-program.js';

/** What the operator of a program does with did:ethr: its relayer, and the verbs on tenants' DIDs. */
export interface DidOperations {
  readonly lifecycle: DidLifecycle;
  readonly relayer: Relayer;
  transfersWith(consequences: TransferConsequences): DidTransfers;
  /** The tenant's signer, with the key that counts now; replaced when `lifecycle` rotates it. */
  liveSigner(tenant: TenantId, did: Did): Promise<DidSigner>;
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
  program: Pick<Program, 'store' | 'vault' | 'resolver' | 'fetch' | 'clock'>,
  settings: DidOperationsSettings,
): DidOperations {
  const { store, vault, resolver, fetch, clock } = program;
  const { chain, connection, index } = settings;
  const dids = createDidRepository(store);
  const registry = createRegistryReader(chain, fetch);
  const audit: AuditPort = { appendRecord: async (tenant, record) => (await settings.auditOf(tenant)).appendRecord(tenant, record) };
  const relayer = createRelayer({
    repository: createRelayRepository(store),
    chain: connection,
    signer: settings.account,
    registry: settings.registry,
    clock,
    ...(settings.relayer === undefined ? {} : { settings: settings.relayer }),
  });
  const plain = createDidLifecycle({ chain, registry, relay: relayer, vault, dids, resolver, audit, clock });
  const live = new Map<string, LiveSigner>();
  const signerOf = (tenant: TenantId, did: Did): Promise<DidSigner> => didSigner({ repository: dids, vault, tenant, resolver }, did);
  const lifecycle: DidLifecycle = {
    ...plain,
    rotateKey: async (context, did) => {
      const rotated = await plain.rotateKey(context, did);
      if (rotated.ok) live.get(`${context.tenant} ${did}`)?.replace(await signerOf(context.tenant, did));
      return rotated;
    },
  };
  return {
    lifecycle,
    relayer,
    transfersWith: (consequences) =>
      createDidTransfers({
        chainId: chain.chainId,
        registry,
        lifecycle,
        transfers: createTransferRepository(store),
        dids,
        vault,
        consequences,
        audit,
        clock,
      }),
    liveSigner: async (tenant, did) => {
      const key = `${tenant} ${did}`;
      // A rotation of an earlier run may have reached the registry and not the store.
      await plain.recover(tenant);
      const made = live.get(key) ?? createLiveSigner(await signerOf(tenant, did));
      live.set(key, made);
      return made.signer;
    },
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
