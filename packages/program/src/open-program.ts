import {
  Fault,
  type Clock,
  type Did,
  type DidNamespace,
  type DidSigner,
  type FetchPort,
  type NonceSecrets,
  type PublicJwk,
  type TenantId,
} from '@gridpass/core';
import { createAuditLog, createForgetfulCheckpoints, type AuditLog } from '@gridpass/audit';
import { DID_METHODS, createDidResolver, createEthrIndex, createJsonRpc, type EthrChain, type EthrIndex } from '@gridpass/did';
import { openKeyVault, type KeyEncryptionKey, type KeyVault } from '@gridpass/keys';
import { createGuardedFetch, withHeaderFor, withoutOrigins } from '@gridpass/net';
import {
  createAuditRepository,
  createDidRepository,
  createEthrEventRepository,
  createKeyRepository,
  createStatusRepository,
  openStore,
  takeTurn,
  type Store,
  type StoreSettings,
} from '@gridpass/store';
import { createAgent, didSigner, type GridpassAgent } from '@gridpass/veramo';
import type { PastKeyPorts } from '@gridpass/verify';
import { assertRestored } from './backup/assert-restored.js';
import { serveSnapshots } from './backup/live-snapshot.js';
import { createCheckpointFiles } from './checkpoint-files.js';
import { openAll, type Closers } from './closers.js';
import { startEntryCheck } from './entry-check.js';
import { readLostChanges, type LostChanges } from './lost-changes.js';
import { openNonceSecrets } from './nonce-secrets.js';
import { openTenantLog } from './open-log.js';
import { openPastKeys, type AnchoringChain } from './past-keys.js';
import { evidenceStore, openEvidence, rewrapKeptEvidence, type EvidenceRequest, type KeptEvidence } from './kept-evidence.js';
import { meterOf, type ProgramMeter } from './metrics.js';
import { tellOperator, type ProgramEvent } from './program-event.js';
import { startRepeating } from './repeat.js';
import { systemClock } from './system-clock.js';

/** A chain of did:ethr; what is left out is as in `chainConfig`. */
export interface ProgramChain extends EthrChain, Pick<AnchoringChain, 'auditAnchor'> {
  /** False: the node is asked each time. Counts only where `indexTenant` is named. */
  readonly index?: boolean;
  readonly startBlock?: number;
  readonly finalityDepth?: number;
  readonly witnessRpcUrl?: string | undefined;
}

/** What a program is opened with. */
export interface ProgramSettings {
  readonly database: StoreSettings;
  /** The first wraps new keys, the others still open old ones. */
  readonly keks: readonly KeyEncryptionKey[];
  /**
   * Where the last checkpoint of each log is kept, outside the database; `forget-at-exit` for a program whose database lives no
   * longer than itself: a log that is found again is then held against nothing, and is not opened.
   */
  readonly checkpointDirectory: string;
  readonly chains: readonly ProgramChain[];
  /** `trace` are origins that are told the trace of a request; nobody unless given. */
  readonly fetch: { readonly allow: readonly string[]; readonly allowPrivate: boolean; readonly trace?: readonly string[] | undefined };
  readonly clock?: Clock;
  /** Counts what the program does; nobody does unless given. */
  readonly meter?: ProgramMeter | undefined;
  /** Told what goes wrong beside every answer; a line on standard error unless given. */
  readonly tell?: (event: ProgramEvent) => void;
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
  /** A provider of the Veramo agent: `did:ethr`, `did:web`, `did:jwk`, `did:key`, `did:peer`. */
  readonly provider: string;
  readonly keyType: 'Secp256k1' | 'Secp256r1' | 'Ed25519';
  /** What it is for, and so where its keys lie. One that is there already stays where it is. */
  readonly namespace: DidNamespace;
}

/** The parts that every program is made of. Close it once, at the end. */
export interface Program {
  readonly store: Store;
  readonly vault: KeyVault;
  readonly resolver: ReturnType<typeof createDidResolver>;
  /** For addresses that others choose: it never reaches the nodes of the chains. */
  readonly fetch: FetchPort;
  /** For the program's own questions to the nodes of its chains; never handed to who chooses addresses. */
  readonly chainFetch: FetchPort;
  readonly clock: Clock;
  /** That of the settings. */
  readonly meter?: ProgramMeter;
  /** For verifiers: how to judge by keys of the past. Absent where no chain has anchors. */
  readonly history?: PastKeyPorts;
  readonly ethrIndexes: readonly EthrIndex[];
  agentOf(tenant: TenantId, namespace: DidNamespace): GridpassAgent;
  /** The tenant's DID of that alias, made the first time. */
  didOf(tenant: TenantId, request: IdentityRequest): Promise<Did>;
  /** The same with the signer of its key as it is now; where keys are rotated, `KeyRotation.liveSigner` is what stays right. */
  identity(tenant: TenantId, request: IdentityRequest): Promise<DidSigner>;
  /**
   * The tenant's audit log, signed with a key of its own and held against the last checkpoint that was kept: to be opened before
   * anything is signed for the tenant. Fault AUDIT_UNAVAILABLE, with what an operator can do, where the two do not agree.
   */
  auditLog(tenant: TenantId, origin: string): Promise<AuditLog>;
  /** Throws Fault AUDIT_UNAVAILABLE where a log that this program opened is given up. */
  assertLogs(): Promise<void>;
  /** What is to be done again after a log was replayed; undefined where there is nothing. */
  lostChanges(tenant: TenantId): Promise<LostChanges | undefined>;
  /** What the tenant's decisions were taken on, kept beside its log for so many days; erases what is older, now and from time to time. */
  keptEvidence(tenant: TenantId, request: EvidenceRequest): Promise<KeptEvidence>;
  /** The tenant's evidence as NDJSON without line ends, for whoever may read what persons showed. */
  exportEvidence(tenant: TenantId): AsyncIterable<string>;
  /** For the gate of a tenant: every replica on this store knows its nonces. Once for each gate that is made, as a call is a start. */
  nonceSecrets(tenant: TenantId): Promise<NonceSecrets>;
  /** The public half of that key. */
  auditKey(tenant: TenantId): Promise<PublicJwk>;
  close(): Promise<void>;
}

const RESOLVER_CACHE = { cacheSeconds: 30, maxEntries: 10_000 };
const FORGET = 'forget-at-exit';
/** Under which name the key of a tenant's log is in its namespace `log`. */
export const AUDIT_KEY = 'audit-log';
/** How often a checkpoint is kept of a log that grew: what can be rewritten unseen while the program is off was written since the last. */
const CHECKPOINT_SECONDS = 30;

/** Opens the store (and migrates it), the vault, the resolver and the Veramo agents. Nothing listens yet; a start that fails leaves nothing open. */
export function openProgram(settings: ProgramSettings): Promise<Program> {
  return openAll((closers) => open(settings, closers));
}

async function open(settings: ProgramSettings, closers: Closers): Promise<Omit<Program, 'close'>> {
  const clock = settings.clock ?? systemClock;
  const { chains } = settings;
  const metered = meterOf(settings);
  const store = await openStore(settings.database);
  closers.add(() => store.close());
  await assertRestored(store);
  await store.migrate();
  await openSnapshots(settings, store, closers);
  const vault = openKeyVault({ repository: createKeyRepository(store), keks: settings.keks, clock });
  await vault.checkKeks();
  // A new first key-encryption key takes over what the others still wrap; they can go once this has run.
  if (settings.keks.length > 1) {
    await vault.rewrapKeys();
    await rewrapKeptEvidence({ store, keks: settings.keks });
  }
  await vault.resealKeys();
  const { trace = [], ...fetching } = settings.fetch;
  const fetch = createGuardedFetch({ ...fetching, maxRedirects: 0, clock });
  closers.add(() => fetch.close());
  // INVARIANT: what leaves here goes to addresses that others choose; the nodes are for the program's own resolver and registry.
  const away = withoutOrigins(
    fetch,
    chains.flatMap(({ rpcUrl, witnessRpcUrl }) => [rpcUrl, ...(witnessRpcUrl === undefined ? [] : [witnessRpcUrl])]),
  );
  // INVARIANT: an issuer whose status list is fetched must not learn which visit of a wallet it was fetched for. So who may be fetched from is not who is told.
  const traceparent = settings.meter?.traceparent;
  const outward = traceparent === undefined ? away : withHeaderFor(away, trace, { name: 'traceparent', value: traceparent });
  const pastKeys = openPastKeys(chains, fetch);
  if (pastKeys !== undefined) closers.add(() => pastKeys.close());
  const ethrIndexes = openIndexes(settings, { store, fetch, clock }, closers);
  if (settings.ownChains === true) await Promise.all(ethrIndexes.map(catchUp));
  const resolver = createDidResolver({
    ethrIndexes,
    methods: chains.length === 0 ? DID_METHODS.filter((method) => method !== 'ethr') : DID_METHODS,
    chains,
    fetch: outward,
    chainFetch: fetch,
    clock,
    ...RESOLVER_CACHE,
    ...metered,
  });
  const repository = createDidRepository(store);
  const agents = new Map<string, GridpassAgent>();
  const agentOf: Program['agentOf'] = (tenant, namespace) => {
    const name = `${tenant} ${namespace}`;
    const keys = vault.keysOf(tenant, namespace);
    const agent =
      agents.get(name) ?? createAgent({ keys, repository, resolver, chains, chainFetch: fetch, clock, defaultProvider: 'did:jwk' });
    agents.set(name, agent);
    return agent;
  };
  const didOf: Program['didOf'] = async (tenant, { alias, provider, keyType, namespace }) => {
    const known = await repository.readDidByAlias(tenant, alias);
    if (known !== undefined) return known.did;
    // Of replicas that start at once the first makes it. A did:web of two would be one DID with the key of the second.
    return takeTurn(store, async () => {
      const { did } =
        (await repository.readDidByAlias(tenant, alias)) ??
        (await agentOf(tenant, namespace).didManagerCreate({ alias, provider, options: { keyType } }));
      return did as Did;
    });
  };
  return {
    store,
    vault,
    resolver,
    fetch: outward,
    chainFetch: fetch,
    clock,
    ...metered,
    ...(pastKeys === undefined ? {} : { history: pastKeys.history }),
    agentOf,
    didOf,
    identity: async (tenant, request) => didSigner({ repository, vault, tenant, resolver }, await didOf(tenant, request)),
    ...createLogOpener(settings, { store, vault }, closers),
    lostChanges: async (tenant) =>
      settings.checkpointDirectory === FORGET ? undefined : readLostChanges(settings.checkpointDirectory, tenant, settings.tell),
    keptEvidence: (tenant, request) => openEvidence({ store, clock, keks: settings.keks }, { tenant, ...request }, closers),
    exportEvidence: (tenant) => evidenceStore({ store, keks: settings.keks }, tenant).exportEvidence(),
    nonceSecrets: (tenant) => openNonceSecrets({ store, keks: settings.keks, clock }, tenant),
    auditKey: (tenant) => vault.keysOf(tenant, 'log').publicJwk(AUDIT_KEY),
    ethrIndexes,
  };
}

/** Opens each log once: creates its key, holds it against its last checkpoint, keeps a new one from time to time and at the end, and reads the whole log once meanwhile. */
function createLogOpener(
  { checkpointDirectory: directory, tell = tellOperator }: Pick<ProgramSettings, 'checkpointDirectory' | 'tell'>,
  { store, vault }: Pick<Program, 'store' | 'vault'>,
  closers: Closers,
): Pick<Program, 'auditLog' | 'assertLogs'> {
  const checkpoints = directory === FORGET ? createForgetfulCheckpoints() : createCheckpointFiles(directory);
  const opened = new Map<string, Promise<AuditLog>>();
  const standing = new Map<TenantId, AuditLog>();
  const openLog: Program['auditLog'] = async (tenant, origin) => {
    const keys = vault.keysOf(tenant, 'log');
    await takeTurn(store, async () => {
      // INVARIANT: with the key in it the database is not empty any more. A restore that began before is through, or this program does not go on.
      await assertRestored(store);
      if ((await keys.findKey(AUDIT_KEY)) === undefined) await keys.createKey('EdDSA', { keyId: AUDIT_KEY, label: 'signs checkpoints' });
    });
    const signer = await keys.signer(AUDIT_KEY);
    const log = createAuditLog({ repository: createAuditRepository(store), checkpoints, signer, origin });
    if (directory === FORGET) await log.openLog(tenant);
    else await openTenantLog({ log, tenant, directory, status: createStatusRepository(store), tell });
    standing.set(tenant, log);
    const keep = async (): Promise<void> => void (await log.checkpoint(tenant));
    const keeping = startRepeating(CHECKPOINT_SECONDS, keep, (error) => {
      if (!(error instanceof Fault)) tell({ kind: 'fault', code: 'INTERNAL', tenant, detail: 'no checkpoint could be kept' });
    });
    const checking = startEntryCheck({ log, tenant, tell });
    closers.add(async () => {
      await Promise.all([keeping.stop(), checking.stop()]);
      await keep().catch(isToldElsewhere);
    });
    return log;
  };
  return {
    auditLog: (tenant, origin) => {
      const key = `${tenant} ${origin}`;
      const log = opened.get(key) ?? openLog(tenant, origin);
      opened.set(key, log);
      log.catch(() => opened.delete(key));
      return log;
    },
    assertLogs: async () => {
      for (const [tenant, log] of standing) await log.assertStands(tenant);
    },
  };
}

/** A log that is given up, or a store that is away, says so to whoever appends, and at the next start. */
function isToldElsewhere(error: unknown): void {
  if (!(error instanceof Fault)) throw error;
}

/** A store that is this process's alone is backed up through it. */
async function openSnapshots({ database }: Pick<ProgramSettings, 'database'>, store: Store, closers: Closers): Promise<void> {
  if (database.kind !== 'pglite' || 'engine' in database || database.directory === undefined) return;
  const close = await serveSnapshots(store, database.directory);
  if (close !== undefined) closers.add(close);
}

/** An index for each chain that is to have one; where no tenant is named for their rows, none. */
function openIndexes(
  { indexTenant, chains, ownChains }: ProgramSettings,
  { store, fetch, clock }: Pick<Program, 'store' | 'fetch' | 'clock'>,
  closers: Closers,
): readonly EthrIndex[] {
  if (indexTenant === undefined) return [];
  return chains
    .filter(({ index }) => index !== false)
    .map(({ chainId, registry, rpcUrl, witnessRpcUrl, startBlock, finalityDepth }) => {
      const index = createEthrIndex({
        tenant: indexTenant,
        chainId,
        registry,
        clock,
        rpc: createJsonRpc({ url: rpcUrl, fetch }),
        ...(witnessRpcUrl === undefined ? {} : { witness: createJsonRpc({ url: witnessRpcUrl, fetch }) }),
        repository: createEthrEventRepository(store),
        // The embedded node makes a new block 0 whenever it starts; its state begins with block 1.
        startBlock: startBlock ?? (ownChains === true ? 1 : 0),
        ...(finalityDepth === undefined ? {} : { finalityDepth }),
      });
      closers.add(() => index.close());
      return index;
    });
}

async function catchUp(index: EthrIndex): Promise<void> {
  try {
    await index.ready();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    await index.rebuild();
  }
}
