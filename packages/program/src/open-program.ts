import { Fault, type Clock, type Did, type DidSigner, type TenantId } from '@gridpass/core';
import { createAuditLog, type AuditLog } from '@gridpass/audit';
import { DID_METHODS, createDidResolver, createEthrIndex, createJsonRpc, type EthrChain, type EthrIndex } from '@gridpass/did';
import { openKeyVault, type KeyEncryptionKey, type KeyVault } from '@gridpass/keys';
import { createGuardedFetch, type GuardedFetch } from '@gridpass/net';
import {
  createAuditRepository,
  createDidRepository,
  createEthrEventRepository,
  createKeyRepository,
  openStore,
  type Store,
  type StoreSettings,
} from '@gridpass/store';
import { createAgent, didSigner, type GridpassAgent } from '@gridpass/veramo';
import type { PastKeyPorts } from '@gridpass/verify';
import { openPastKeys, type AnchoringChain } from './past-keys.js';
import { systemClock } from './system-clock.js';

/** What a program is opened with. */
export interface ProgramSettings {
  readonly database: StoreSettings;
  /** The first wraps new keys, the others still open old ones. */
  readonly keks: readonly KeyEncryptionKey[];
  readonly chains: readonly (EthrChain & Pick<AnchoringChain, 'auditAnchor'>)[];
  readonly fetch: { readonly allow: readonly string[]; readonly allowPrivate: boolean };
  readonly clock?: Clock;
  /** Answers did:ethr from indexes of the chains' registries, kept in the store under this tenant; the chains are asked each time without it. */
  readonly indexTenant?: TenantId;
  /**
   * The chains are nodes of this program's own, which after a crash may have lost their newest blocks. An index that does not
   * agree with them at start is read again from them; with anybody else's node that is an operator's decision.
   */
  readonly ownChains?: boolean;
}

/** How a DID of a tenant is made when it is first asked for. */
export interface IdentityRequest {
  readonly alias: string;
  /** A provider of the Veramo agent: `did:ethr`, `did:web`, `did:jwk`, `did:key`. */
  readonly provider: string;
  readonly keyType: 'Secp256k1' | 'Secp256r1' | 'Ed25519';
}

/** The parts that every program is made of. Close it once, at the end. */
export interface Program {
  readonly store: Store;
  readonly vault: KeyVault;
  readonly resolver: ReturnType<typeof createDidResolver>;
  readonly fetch: GuardedFetch;
  readonly clock: Clock;
  /** For verifiers: how to judge by keys of the past. Absent where no chain has anchors. */
  readonly history?: PastKeyPorts;
  readonly ethrIndexes: readonly EthrIndex[];
  agentOf(tenant: TenantId): GridpassAgent;
  /** The tenant's DID of that alias, made the first time, with its signer. */
  identity(tenant: TenantId, request: IdentityRequest): Promise<DidSigner>;
  /** The tenant's audit log, signed with a key of its own. */
  auditLog(tenant: TenantId, origin: string): Promise<AuditLog>;
  close(): Promise<void>;
}

const RESOLVER_CACHE = { cacheSeconds: 30, maxEntries: 10_000 };
const AUDIT_KEY = 'audit-log';

/** Opens the store (and migrates it), the vault, the resolver and the Veramo agents. Nothing listens yet. */
export async function openProgram(settings: ProgramSettings): Promise<Program> {
  const clock = settings.clock ?? systemClock;
  const { chains } = settings;
  const store = await openStore(settings.database);
  try {
    await store.migrate();
    const vault = openKeyVault({ repository: createKeyRepository(store), keks: settings.keks, clock });
    // A new first key-encryption key takes over what the others still wrap; they can go once this has run.
    if (settings.keks.length > 1) await vault.rewrapKeys();
    const fetch = createGuardedFetch({ ...settings.fetch, maxRedirects: 0, clock });
    const { indexTenant } = settings;
    const ethrIndexes =
      indexTenant === undefined
        ? []
        : chains.map(({ chainId, registry, rpcUrl }) =>
            createEthrIndex({
              tenant: indexTenant,
              chainId,
              registry,
              clock,
              rpc: createJsonRpc({ url: rpcUrl, fetch }),
              repository: createEthrEventRepository(store),
              // The embedded node makes a new block 0 whenever it starts; its state begins with block 1.
              startBlock: settings.ownChains === true ? 1 : 0,
            }),
          );
    if (settings.ownChains === true) await Promise.all(ethrIndexes.map(catchUp));
    const resolver = createDidResolver({
      ethrIndexes,
      methods: chains.length === 0 ? DID_METHODS.filter((method) => method !== 'ethr') : DID_METHODS,
      chains,
      fetch,
      clock,
      ...RESOLVER_CACHE,
    });
    const pastKeys = openPastKeys(chains, fetch);
    const repository = createDidRepository(store);
    const agents = new Map<TenantId, GridpassAgent>();
    const agentOf = (tenant: TenantId): GridpassAgent => {
      const agent =
        agents.get(tenant) ??
        createAgent({ tenant, repository, vault, resolver, chains, chainFetch: fetch, clock, defaultProvider: 'did:jwk' });
      agents.set(tenant, agent);
      return agent;
    };
    return {
      store,
      vault,
      resolver,
      fetch,
      clock,
      ...(pastKeys === undefined ? {} : { history: pastKeys.history }),
      agentOf,
      identity: async (tenant, { alias, provider, keyType }) => {
        const agent = agentOf(tenant);
        const known = (await agent.didManagerFind({ alias })).find((identifier) => identifier.alias === alias);
        const { did } = known ?? (await agent.didManagerCreate({ alias, provider, options: { keyType } }));
        return didSigner({ repository, vault, tenant, resolver }, did as Did);
      },
      auditLog: async (tenant, origin) => {
        const known = (await vault.listKeys(tenant)).some(({ keyId }) => keyId === AUDIT_KEY);
        if (!known) await vault.createKey(tenant, 'EdDSA', { keyId: AUDIT_KEY, label: 'signs checkpoints' });
        return createAuditLog({ repository: createAuditRepository(store), signer: await vault.signer(tenant, AUDIT_KEY), origin });
      },
      ethrIndexes,
      close: async () => {
        for (const index of ethrIndexes) await index.close();
        pastKeys?.close();
        await fetch.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error instanceof Error ? error : new Fault('INTERNAL', 'the program could not be opened');
  }
}

async function catchUp(index: EthrIndex): Promise<void> {
  try {
    await index.ready();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    await index.rebuild();
  }
}
