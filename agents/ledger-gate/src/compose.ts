import type { IncomingMessage, ServerResponse } from 'node:http';
import Router from '@koa/router';
import Koa from 'koa';
import type { Middleware } from 'koa';
import { Fault, SIGNATURE_ALGORITHMS, tenantId } from '@gridpass/core';
import type {
  AuditPort,
  AuthorityPort,
  Clock,
  DidResolverPort,
  DidSigner,
  FetchPort,
  LedgerRepository,
  NonceSecrets,
  StatusPort,
  TenantId,
} from '@gridpass/core';
import { checkQueries, createClientLimit, createGate, toUnexpectedEvent } from '@gridpass/gate';
import type { GateEvent, QueryTable, RateLimit } from '@gridpass/gate';
import {
  connectChain,
  createAdmissionKeeper,
  createAdmissionReader,
  createAdmissionWriter,
  createSender,
  deployContracts,
  isDeployed,
  openTargets,
  parseAccount,
} from '@gridpass/ledger';
import type { AccountSigner, AdmissionKeeper, Chain, ContractAddresses } from '@gridpass/ledger';
import {
  belowPublicPath,
  addAuditorRoutes,
  createPolicyReload,
  addOwnDidRoutes,
  listen,
  meterOf,
  openStatusChecker,
  policyIn,
  serve,
  servingOf,
  toConnectionEvent,
  type AuditorRouteParts,
  type KeptEvidence,
  type OwnDid,
  type ProgramMeter,
  type Readiness,
  type Reload,
  type RequestLine,
} from '@gridpass/program';
import { createSchemas, type Schemas } from '@gridpass/schema';
import { createChallengeRepository, createGrantRepository, createLedgerRepository } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { createAuthoritySource } from '@gridpass/trust';
import type { TrustAnchor } from '@gridpass/trust';
import { createVerifier, type PastKeyPorts } from '@gridpass/verify';
import { createNodeClient } from './adapters/node-client.js';
import type { LedgerGateConfig } from './config.js';
import { admitAccount, showClaim, withdrawAccount } from './http/admission-routes.js';
import { createOpenHandler, createSessionHandler, createStrangersHandler } from './http/rpc-routes.js';
import { registerLogWriters } from './log-writers.js';
import { readLedgerPolicies } from './policies.js';
import { createRpcAnswerer } from './rpc/answer.js';
import { methodsOf } from './rpc/methods.js';
import { createPlaces } from './rpc/places.js';
import { createRateBucket } from './rpc/rate-bucket.js';
import type { RateBucket } from './rpc/rate-bucket.js';
import { createTransactionGate } from './rpc/transaction-gate.js';
import { createSockets } from './socket/socket-routes.js';
import { startUpkeep } from './upkeep.js';
import type { UpkeepEvent } from './upkeep.js';

/** What a ledger gate is wired to. */
export interface LedgerGateParts {
  readonly store: Store;
  readonly signer: DidSigner;
  readonly audit: AuditPort;
  readonly resolver: DidResolverPort;
  readonly fetch: FetchPort;
  readonly clock: Clock;
  readonly anchors: readonly TrustAnchor[];
  /** The account that admits; the only one with the gate role. */
  readonly account: AccountSigner;
  /** Deploys the contracts where they are missing; the gate's own account unless told. */
  readonly deployer?: AccountSigner;
  /** Instead of the ones that fetch. */
  readonly schemas?: Schemas;
  readonly status?: StatusPort;
  readonly authority?: AuthorityPort;
  /** Of one start, for one gate; shared by all replicas on the store. */
  readonly nonceSecrets: NonceSecrets;
  /** How to judge by keys that issuers had; without it only keys of today count. */
  readonly history?: PastKeyPorts;
  /** The verbs on the gate's own DID, for whom `operatorTokenDigest` names; without them nobody has any. */
  readonly ownDid?: OwnDid;
  /** The log and what its decisions were taken on, for whom `auditorTokenDigest` names; without them nothing is kept or shown. */
  readonly exportLog?: () => AsyncIterable<string>;
  readonly evidence?: KeptEvidence;
  readonly log: (event: GateEvent | UpkeepEvent | RequestLine) => void;
  /** What `/readyz` says beside that the node answers; that the database does, unless given. */
  readonly readiness?: Readiness;
  /** Counts what the program does; nobody does unless given. */
  readonly meter?: ProgramMeter;
}

/** A ledger gate that listens. */
export interface LedgerGate {
  readonly url: string;
  /** Where wallets and programs send JSON-RPC. */
  readonly rpcUrl: string;
  readonly contracts: ContractAddresses;
  readonly keeper: AdmissionKeeper;
  /** What SIGHUP reads again. */
  readonly reloads: readonly Reload[];
  /** One round of upkeep now; the next scheduled one still comes. */
  upkeep(): Promise<void>;
  close(): Promise<void>;
}

type Settings = Omit<
  LedgerGateConfig,
  'database' | 'keyEncryptionKeys' | 'anchors' | 'chains' | 'fetch' | 'did' | 'accountKeyFile' | 'relayer'
>;

/** Wires a ledger gate and listens; the chain says what the store says before the first request. Throws Fault PORT_BUSY, CHAIN_UNAVAILABLE or CHAIN_INCONSISTENT. */
export async function composeLedgerGate(config: Settings, parts: LedgerGateParts): Promise<LedgerGate> {
  const { store, signer, audit, resolver, fetch, clock, account } = parts;
  const tenant = tenantId(config.tenant);
  const chain = connectChain(config.chain);
  const { chainId } = config.chain;
  const repository = createLedgerRepository(store);
  const channels = Object.keys(config.channels);
  const contracts = await placeContracts(chain, repository, tenant, { parts, channels });
  await registerLogWriters({ chain, auditAnchor: contracts.AuditAnchor, registrar: parts.deployer ?? account }, config.logWriters);

  const status = parts.status ?? openStatusChecker(parts, config);
  const challenges = createChallengeRepository(store);
  const verifier = createVerifier({
    resolver,
    status,
    challenges,
    anchors: parts.anchors,
    authority: parts.authority ?? createAuthoritySource({ fetch }),
    schemas: parts.schemas ?? createSchemas(),
    algorithms: SIGNATURE_ALGORITHMS,
    methods: ['ethr', 'web', 'jwk', 'key', 'peer'],
    limits: { maxDepth: 4, maxCredentials: 8, presentationMaxAgeSeconds: 300, clockSkewSeconds: 5 },
    ...(parts.history === undefined ? {} : { history: parts.history }),
    ...meterOf(parts),
  });
  const keeper = createAdmissionKeeper({
    tenant,
    chainId,
    gate: account.account,
    repository,
    status,
    checkHolder: (did, at) => verifier.checkHolder({ did, boundBy: 'key' }, at),
    audit,
    clock,
    reader: createAdmissionReader(chain, contracts.ChannelAdmission),
    writer: createAdmissionWriter(chain, contracts.ChannelAdmission, createSender(chain, account)),
    leaseSeconds: config.leaseSeconds,
    statusGraceSeconds: config.statusGraceSeconds,
    accountsPerHolder: config.accountsPerHolder,
  });
  await keeper.reconcile();

  const grants = createGrantRepository(store);
  let policies = readLedgerPolicies(config);
  const gate = createGate({
    tenant,
    audit,
    challenges,
    grants,
    status,
    signer,
    clock,
    log: parts.log,
    verifier,
    policies: Object.fromEntries([...policies].map(([channel, { policySet }]) => [channel, { policySet, admission: { channel } }])),
    publicOrigin: config.publicOrigin,
    tokenLifeSeconds: config.tokenLifeSeconds,
    bindTo: config.bindTo,
    ...meterOf(parts),
    rateLimit: config.rateLimit,
    rateLimitTogether: config.rateLimitTogether,
    trustedProxies: config.trustedProxies,
    forwardingHeader: config.forwardingHeader,
    nonceSecrets: parts.nonceSecrets,
    ...(parts.evidence?.keepEvidence === undefined ? {} : { keepEvidence: parts.evidence.keepEvidence }),
  });

  const {
    node,
    pass,
    close: closeNode,
  } = createNodeClient({
    rpcUrl: config.chain.rpcUrl,
    timeoutMs: config.chain.timeoutMs,
    lateMs: LATE_TIMES * config.chain.timeoutMs,
    maxAnswerBytes: config.limits.answerBytes,
    stopsWhenLeft: config.chain.stopsWhenLeft,
  });
  const { calls, inFlight } = config.limits;
  const targets = openTargets(contracts, channels);
  const places = createPlaces({ ...inFlight, waitMs: config.chain.timeoutMs });
  parts.meter?.watchQueue?.('node', places.count);
  const answer = createRpcAnswerer({
    node,
    pass,
    maxLogBlocks: config.limits.logBlocks,
    maxBytes: config.limits.bodyBytes,
    maxBatch: config.limits.batch,
    bounds: {
      session: { gas: calls.gas, dataBytes: calls.dataBytes },
      stranger: { gas: calls.strangerGas, dataBytes: calls.strangerDataBytes },
    },
    places,
    judgeTransaction: createTransactionGate({
      tenant,
      chainId,
      keeper,
      audit,
      maxTransactionBytes: config.limits.transactionBytes,
      targets,
      perSender: createRateBucket(config.limits.sender),
      count: gate.count,
    }),
  });
  // Calls are counted, not requests: a batch spends as many as it has entries, and a socket goes on in the name that opened it.
  const clients = createClientLimit({
    rateLimit: config.limits.address,
    rateLimitTogether: config.limits.together ?? tenfold(config.limits.address),
    trustedProxies: config.trustedProxies,
    forwardingHeader: config.forwardingHeader,
    capacity: 10_000,
  });
  const { clientOf, waitSeconds } = clients;
  const perAddress: RateBucket = { take: (client, at, count = 1) => clients.takeClient(client, at, count).ok };
  const perGrant = createRateBucket(config.limits.grant);
  const onUnexpected = (error: unknown): void => parts.log(toUnexpectedEvent(error));
  const rpc = {
    answer,
    clock,
    maxBytes: config.limits.bodyBytes,
    bodyMs: 5_000,
    clientOf,
    perAddress,
    waitSeconds,
    perGrant,
    onUnexpected,
  };
  const sockets = createSockets({
    answer,
    node,
    gate,
    clock,
    origins: config.origins,
    openContracts: new Set([...targets.keys()].flatMap((target) => (target === undefined ? [] : [target.toLowerCase()]))),
    maxBytes: config.limits.bodyBytes,
    limits: config.limits.sockets,
    clientOf,
    perAddress,
    waitSeconds,
    perGrant,
    pings: createRateBucket(config.limits.sockets.pings),
    pollMs: config.pollMs,
    recheckSeconds: config.recheckSeconds,
    onFault: (cause) => parts.log({ kind: 'fault', code: cause instanceof Fault ? cause.code : 'INTERNAL' }),
  });
  const admission = { tenant, chainId, publicOrigin: config.publicOrigin, grants, keeper };

  const router = new Router({ sensitive: true, strict: true });
  router.use(checkQueries(queriesOf(policies.keys())));
  router.get('/', (ctx) => {
    ctx.body = {
      program: 'gridpass ledger-gate',
      did: signer.did,
      chainId,
      contracts,
      channels,
      rpc: `${config.publicOrigin}/rpc`,
      methods: methodsOf(config.withoutSession),
      leaseSeconds: config.leaseSeconds,
      revocationBoundSeconds: config.recheckSeconds + config.stalenessBoundSeconds + WRITE_SECONDS,
    };
  });
  router.get('/rpc', sockets.route(config.withoutSession));
  // In another spelling than the one that is answered in front.
  router.post('/rpc', createOpenHandler(rpc, config.withoutSession));
  for (const channel of channels) {
    const resource = (): { channel: string } => ({ channel });
    router.get(`/channels/${channel}/policy`, (ctx) => {
      ctx.type = 'text/plain';
      ctx.body = policyIn(policies, channel).text;
    });
    router.get(`/admissions/${channel}/claim`, gate.protect({ channel, action: 'claim', resource }), showClaim(admission));
    router.post(`/admissions/${channel}`, gate.protect({ channel, action: 'admit-account', resource }), admitAccount(admission));
    router.delete(`/admissions/${channel}`, gate.protect({ channel, action: 'withdraw-account', resource }), withdrawAccount(admission));
    router.post(
      `/rpc/${channel}`,
      gate.protect({ channel, action: 'rpc', resource, restSeconds: config.recheckSeconds }),
      createSessionHandler(rpc, config.channels[channel] ?? 'none'),
    );
    router.get(
      `/rpc/${channel}`,
      gate.protect({ channel, action: 'rpc', resource, restSeconds: config.recheckSeconds }),
      sockets.route(config.channels[channel] ?? 'none', channel),
    );
  }
  const { ownDid } = parts;
  const { operatorTokenDigest } = config;
  if (ownDid !== undefined && operatorTokenDigest !== undefined)
    addOwnDidRoutes((path, limit, handler) => router.post(path, limit, handler), { gate, ownDid, operatorTokenDigest });
  addAuditor(router, config, { ...parts, tenant, gate });
  const app = new Koa();
  app.on('error', (error: unknown) => parts.log(toConnectionEvent(error)));
  app.use(gate.routes());
  app.use(router.routes() as unknown as Middleware);
  const answerHttp = app.callback();
  const answerStrangers = createStrangersHandler(rpc, { path: '/rpc', role: config.withoutSession });
  const serving = servingOf(parts, tenant);
  // Without its node this program does nothing that it is for.
  serving.readiness.add({ name: 'chain', ask: async () => void (await node([{ method: 'eth_blockNumber', params: [] }])) });
  const answerRequest = (request: IncomingMessage, response: ServerResponse): void => {
    if (!answerStrangers(request, response)) void answerHttp(request, response);
  };
  const server = await listen(
    serve(belowPublicPath(config.publicOrigin, answerRequest), serving),
    config.http,
    // What is no WebSocket is answered behind the path, which is off by then.
    { upgrade: belowPublicPath(config.publicOrigin, sockets.upgrade(serve(answerRequest, serving))) },
  );
  const upkeep = startUpkeep({
    keeper,
    recheckSeconds: config.recheckSeconds,
    reconcileEvery: config.reconcileEvery,
    log: parts.log,
    hasChainLostState: createStateWatch(chain, contracts, () => placeContracts(chain, repository, tenant, { parts, channels })),
  });
  return {
    url: config.publicOrigin,
    rpcUrl: `${config.publicOrigin}/rpc`,
    contracts,
    keeper,
    reloads: [
      ...server.reloads,
      createPolicyReload({
        tenant,
        audit,
        clock,
        read: () => readLedgerPolicies(config),
        current: () => policies,
        put: (next) => {
          gate.replacePolicies(Object.fromEntries([...next].map(([channel, { policySet }]) => [channel, policySet])));
          policies = next;
        },
      }),
    ],
    upkeep: async () => {
      await upkeep.round();
      await sockets.recheck();
    },
    close: async () => {
      sockets.close();
      await server.close();
      await upkeep.stop();
      await closeNode();
      await gate.close();
      chain.close();
    },
  };
}

/** The routes of whoever reads log and evidence, where the configuration names somebody. */
function addAuditor(
  router: Router,
  { auditorTokenDigest }: Pick<Settings, 'auditorTokenDigest'>,
  parts: Pick<LedgerGateParts, 'exportLog' | 'evidence' | 'audit' | 'clock'> & Pick<AuditorRouteParts, 'tenant' | 'gate'>,
): void {
  const { exportLog, evidence, audit, clock, tenant, gate } = parts;
  if (exportLog === undefined || evidence === undefined || auditorTokenDigest === undefined) return;
  addAuditorRoutes((path, limit, handler) => router.get(path, limit, handler), {
    tenant,
    gate,
    audit,
    clock,
    exportLog,
    evidence,
    auditorTokenDigest,
  });
}

/** What this program's own routes read of their queries. */
const queriesOf = (channels: Iterable<string>): QueryTable =>
  Object.fromEntries([...channels].map((channel) => [`GET /admissions/${channel}/claim`, { account: { kind: 'text' } }]));

const tenfold = ({ burst, perMinute }: RateLimit): RateLimit => ({ burst: burst * 10, perMinute: perMinute * 10 });

/** For so many times its time to answer a node is listened to that did not, before its work is no longer counted. */
const LATE_TIMES = 6;

/** Time for the chain to take a withdrawal in, part of the published bound. */
const WRITE_SECONDS = 10;

/** Watches for a chain that is lower than it was, or empty; on an empty one the contracts are placed again. */
function createStateWatch(chain: Chain, contracts: ContractAddresses, place: () => Promise<ContractAddresses>): () => Promise<boolean> {
  let highest = 0;
  return async () => {
    // Another node may answer by now: each round asks which chain it is.
    await chain.assertChain();
    const height = await chain.use((provider) => provider.getBlockNumber());
    const lower = height < highest;
    highest = height;
    if (await isDeployed(chain, 'ChannelAdmission', contracts.ChannelAdmission)) return lower;
    // A node that lost everything gives the same addresses to the same deployment.
    const again = await place();
    if (again.ChannelAdmission !== contracts.ChannelAdmission)
      throw new Fault('CHAIN_INCONSISTENT', 'the contracts have moved; start again');
    return true;
  };
}

async function placeContracts(
  chain: Chain,
  repository: LedgerRepository,
  tenant: TenantId,
  { parts, channels }: { readonly parts: LedgerGateParts; readonly channels: readonly string[] },
): Promise<ContractAddresses> {
  const recorded = Object.fromEntries(
    Object.entries(await repository.readContracts(tenant, chain.chainId)).flatMap(([name, address]) => {
      const account = parseAccount(address);
      return account.ok ? [[name, account.value]] : [];
    }),
  );
  const contracts = await deployContracts({
    chain,
    deployer: parts.deployer ?? parts.account,
    gate: parts.account.account,
    channels,
    recorded,
  });
  await repository.keepContracts(tenant, chain.chainId, contracts);
  return contracts;
}
