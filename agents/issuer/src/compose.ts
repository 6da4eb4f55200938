import Koa from 'koa';
import { Fault, InputError, SIGNATURE_ALGORITHMS, formatsOf, marketCalendar, ok, tenantId } from '@gridpass/core';
import type {
  AnchoredHead,
  AuditPort,
  AuthorityPort,
  Clock,
  DidRepository,
  DidResolverPort,
  DidSigner,
  FetchPort,
  Outcome,
  PublicJwk,
  StatusPort,
  TenantId,
} from '@gridpass/core';
import type { RequestId } from '@gridpass/core';
import { randomToken } from '@gridpass/codec';
import type { AuditLog } from '@gridpass/audit';
import type { DidTransfers } from '@gridpass/did';
import { ISSUANCE_SETTINGS, buildConfigurations, createIssuanceExchange } from '@gridpass/exchange';
import { createClientLimit } from '@gridpass/gate';
import { ENGINE_SETTINGS, createIssuerEngine } from '@gridpass/issue';
import type { EngineParts, IssuerEngine } from '@gridpass/issue';
import {
  belowPublicPath,
  issuerKeysOf,
  listen,
  meterOf,
  openStatusChecker,
  serve,
  servingOf,
  startRepeating,
  toConnectionEvent,
} from '@gridpass/program';
import type { DidOperations, KeyRotation, LostChanges, ProgramMeter, Readiness, Reload, Repeating } from '@gridpass/program';
import { openAccreditations } from './adapters/accreditations.js';
import type { AccreditationWiring, HoldingParts } from './adapters/accreditations.js';
import { createRotationGuard } from './adapters/rotation-guard.js';
import { redoLostChanges } from './adapters/redo-lost-changes.js';
import { createTransferConsequences } from './adapters/transfer-consequences.js';
import { createSchemas, type Schemas } from '@gridpass/schema';
import { createStatusIssuer } from '@gridpass/status';
import {
  createChallengeRepository,
  createDidRepository,
  createExchangeSessionRepository,
  createIssuanceRepository,
  createRegisterRepository,
  createStatusRepository,
  createTransferRepository,
} from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { createAuthoritySource } from '@gridpass/trust';
import type { TrustAnchor } from '@gridpass/trust';
import { createVerifier, type PastKeyPorts } from '@gridpass/verify';
import { createLogAnchors, type LedgerParts, type LogAnchors } from './adapters/anchor-logs.js';
import type { IssuingConfig, TenantConfig } from './config.js';
import { createErrorMapper } from './http/answer.js';
import type { RequestEvent } from './http/answer.js';
import { createRoutes } from './http/router.js';
import type { HttpParts, TenantRuntime } from './http/tenant-runtime.js';

/** What belongs to one tenant and is made before: its DID with a key, and its log with a key of its own. */
export interface IssuerIdentity {
  readonly signer: DidSigner;
  readonly audit: AuditLog;
  readonly auditKey: PublicJwk;
}

/** What issuers are wired to. */
export interface IssuerParts {
  readonly store: Store;
  readonly resolver: DidResolverPort;
  readonly fetch: FetchPort;
  readonly clock: Clock;
  readonly anchors: readonly TrustAnchor[];
  /** One for each configured tenant. */
  readonly identities: Readonly<Record<string, IssuerIdentity>>;
  /** The verbs on the tenants' did:ethr; without them nothing is written to a registry. The caller closes it. */
  readonly operations?: DidOperations;
  /** Rotates the tenants' keys; that of `operations` unless given. With neither the keys stay as they are. */
  readonly rotation?: KeyRotation;
  readonly log: (event: RequestEvent) => void;
  /** What `/readyz` says; that the database answers, unless given. */
  readonly readiness?: Readiness;
  /** Counts what the program does; nobody does unless given. */
  readonly meter?: ProgramMeter;
  /** Made here unless given: programs in one process share the caches behind them. */
  readonly schemas?: Schemas;
  readonly status?: StatusPort;
  readonly authority?: AuthorityPort;
  /** How to judge by keys of the past; without it only keys of today count. */
  readonly history?: PastKeyPorts;
  /** Where logs are anchored; without it nothing that is issued here outlives its key. */
  readonly ledger?: LedgerParts;
  /** By what the tenants hold their own accreditations; without it a wallet elsewhere holds them, and they are adopted by their address. */
  readonly holding?: HoldingParts;
  /** What a replayed log says that the database may not know; done again before the first request. */
  readonly lostChanges?: (tenant: TenantId) => Promise<LostChanges | undefined>;
}

/** Issuers that listen. */
export interface Issuer {
  readonly url: string;
  /** What SIGHUP reads again. */
  readonly reloads: readonly Reload[];
  readonly engine: IssuerEngine;
  /** Anchors the tenant's log now and returns once the chain has it; to be done before a key is rotated. Fault CHAIN_UNAVAILABLE. */
  anchorNow(tenant: TenantId): Promise<Outcome<readonly AnchoredHead[]>>;
  close(): Promise<void>;
}

/** Wires the issuers of one program, brings in what an earlier run left behind, and listens; Fault PORT_BUSY when the port is taken. */
export async function composeIssuer(config: IssuingConfig, parts: IssuerParts): Promise<Issuer> {
  const { store, resolver, fetch, clock, anchors } = parts;
  const listUri = (tenant: TenantId, listId: string): string => `${config.publicOrigin}/t/${tenant}/status/${listId}`;
  const statusIssuer = createStatusIssuer({
    repository: createStatusRepository(store),
    clock,
    listUri,
    settings: {
      listSize: config.listSize,
      listLifeSeconds: config.listLifeSeconds,
      ttlSeconds: config.listTtlSeconds,
      resignSeconds: config.listResignSeconds,
    },
  });
  const status = parts.status ?? openStatusChecker(parts, config);
  const schemas = parts.schemas ?? createSchemas();
  const authority = parts.authority ?? createAuthoritySource({ fetch });
  const verifier = createVerifier({
    resolver,
    status,
    authority,
    anchors,
    schemas,
    challenges: createChallengeRepository(store),
    algorithms: SIGNATURE_ALGORITHMS,
    methods: ['ethr', 'web', 'jwk', 'key', 'peer'],
    limits: { maxDepth: config.maxDepth, maxCredentials: 8, presentationMaxAgeSeconds: 300, clockSkewSeconds: 5 },
    ...(parts.history === undefined ? {} : { history: parts.history }),
    ...meterOf(parts),
  });
  const logAnchors = parts.ledger === undefined ? undefined : createLogAnchors(parts.ledger);
  const tenants = new Map(config.tenants.map((tenant) => [tenant.tenant, createTenant(config, tenant, parts)]));
  const proveAuthority: EngineParts['proveAuthority'] = async (reference) => {
    const text = await authority.fetchAuthority(reference);
    if (!text.ok) return text;
    const verified = await verifier.verifyCredential(text.value, clock.now());
    if (!verified.ok && verified.refusal.code === 'PROOF_INVALID') authority.forgetAuthority?.(reference);
    return verified;
  };
  const handovers = createTransferRepository(store);
  const engine = createIssuerEngine({
    tenants: config.tenants.map(({ tenant, displayName, mayIssue }) => ({ tenant: tenantId(tenant), displayName, mayIssue })),
    settings: {
      ...ENGINE_SETTINGS,
      authorityGraceSeconds: config.authorityGraceSeconds,
      maxOpenApplications: config.maxOpenApplications,
      maxStrangersApplications: config.maxStrangersApplications,
      strangersWaitSeconds: config.strangersWaitDays * 86_400,
      claimsRetentionSeconds: config.claimsRetentionSeconds,
      registerDeadlineSeconds: config.registerDeadlineSeconds,
      prerequisiteRecheckSeconds: Math.floor(config.prerequisiteWatchSeconds / 2),
    },
    anchors,
    maxDepth: config.maxDepth,
    proveAuthority,
    repository: createIssuanceRepository(store),
    register: createRegisterRepository(store),
    audit: createAuditDispatch(tenants),
    clock,
    calendar: marketCalendar(config.timeZone),
    resolver,
    schemas,
    statusIssuer,
    status,
    handoverOf: async (device) => {
      const last = await handovers.lastAccepted(device);
      return last && { at: last.acceptedAt, applicationId: last.applicationId };
    },
    // A copy: its name and its signature are of one key, also while the key is rotated.
    signerOf: async (tenant) => ({ ...runtimeOf(tenants, tenant).signer }),
    onUnexpected: (error) => parts.log({ requestId: '', method: '', route: 'refusal summary', status: 500, code: codeOf(error) }),
  });
  await beginWithLogs({ engine, tenants, logAnchors }, parts);

  const app = new Koa();
  app.on('error', (error: unknown) => {
    const { requestId, status, code } = toConnectionEvent(error);
    parts.log({ requestId, method: '', route: 'connection', status, code });
  });
  app.use(createErrorMapper(parts.log));
  const anchorNow: Issuer['anchorNow'] = async (tenant) => logAnchors?.anchorLog(runtimeOf(tenants, tenant)) ?? ok([]);
  // A log that is not the one that was anchored is nothing to go on with quietly.
  const anchorLoudly = async (tenant: TenantId): Promise<readonly AnchoredHead[]> => {
    const anchored = await anchorNow(tenant);
    if (anchored.ok) return anchored.value;
    parts.log({ requestId: '', method: '', route: 'anchoring', status: 409, code: anchored.refusal.code });
    return [];
  };
  const operations = parts.operations;
  const rotation = parts.rotation ?? operations?.rotation;
  const guard = createRotationGuard({
    clock,
    recover: () => engine.recover(),
    anchorNow: logAnchors === undefined ? undefined : anchorNow,
    audit: createAuditDispatch(tenants),
  });
  const didRoutes =
    operations === undefined
      ? undefined
      : {
          operations,
          transfers: operations.transfersWith(
            createTransferConsequences({
              engine,
              repository: createIssuanceRepository(store),
              resolver,
              clock,
              tenants: config.tenants.map(({ tenant, mayIssue }) => ({
                tenant: tenantId(tenant),
                mayIssue,
                did: runtimeOf(tenants, tenantId(tenant)).signer.did,
              })),
            }),
          ),
          maxBodyBytes: config.maxBodyBytes,
          offerLifeSeconds: config.offerLifeSeconds,
        };
  const dids = createDidRepository(store);
  const own = openAllAccreditations(config, { ...parts, engine, verifier, status, schemas }, tenants);
  app.use(
    createRoutes({
      config,
      tenants,
      engine,
      statusIssuer,
      verifier,
      clock,
      log: parts.log,
      dids,
      clients: createClientLimit({ ...config, capacity: 10_000 }),
      strangers: createClientLimit({ ...config, rateLimit: config.strangersRateLimit, capacity: 10_000 }),
      anchoredHeads: logAnchors?.heads,
      ...own.routes,
      ...(rotation === undefined ? {} : { rotationRoutes: { rotation, guard, maxBodyBytes: config.maxBodyBytes } }),
      ...(didRoutes === undefined ? {} : { didRoutes }),
      ...keyRoutesOf({ rotation, operations, transfers: didRoutes?.transfers, dids, maxBodyBytes: config.maxBodyBytes }),
    }),
  );
  const handle = app.callback();
  const server = await listen(
    serve(
      belowPublicPath(config.publicOrigin, (request, response) => void handle(request, response)),
      servingOf(parts),
    ),
    config.http,
  );
  const sessions = createExchangeSessionRepository(store);
  const housekeeping = startRepeating(
    config.housekeepingSeconds,
    async () => {
      await engine.recover();
      await rotation?.refresh();
      const recovered = await didRoutes?.transfers.recover(randomToken() as RequestId);
      for (const { transferId, code } of recovered?.unfinished ?? [])
        parts.log({ requestId: '', method: '', route: `housekeeping transfer ${transferId}`, status: 503, code });
      for (const { tenant } of tenants.values()) await sessions.dropExpired(tenant, clock.now());
      await engine.lapseApplications();
      await engine.purgeClaims();
    },
    (error) => parts.log({ requestId: '', method: '', route: 'housekeeping', status: 503, code: codeOf(error) }),
  );
  const deadlines = startRepeating(
    config.registerCheckSeconds,
    async () => void (await engine.applyDeadlines()),
    (error) => parts.log({ requestId: '', method: '', route: 'register deadlines', status: 503, code: codeOf(error) }),
  );
  // Half of the pause that is promised between rounds, half before something is asked about again.
  const watching = startRepeating(
    Math.ceil(config.prerequisiteWatchSeconds / 2),
    async () => {
      for (const { tenant, code } of (await engine.watchPrerequisites()).untold)
        parts.log({ requestId: '', method: '', route: `prerequisites of ${tenant}`, status: 503, code });
    },
    (error) => parts.log({ requestId: '', method: '', route: 'prerequisites', status: 503, code: codeOf(error) }),
  );
  const anchoring = startRepeating(
    config.anchorSeconds,
    async () => {
      for (const { tenant } of tenants.values()) await anchorLoudly(tenant);
    },
    (error) => parts.log({ requestId: '', method: '', route: 'anchoring', status: 503, code: codeOf(error) }),
  );
  const lookingAfter = own.start();
  return {
    url: config.publicOrigin,
    reloads: server.reloads,
    engine,
    anchorNow,
    close: async () => {
      await Promise.all([
        server.close(),
        ...[housekeeping, deadlines, watching, anchoring, ...lookingAfter].map((repeating) => repeating.stop()),
      ]);
      await engine.flushRefusals();
    },
  };
}

/** What the verbs on keys, services and the end of DIDs work with; none where the tenants' keys are fixed. */
function keyRoutesOf(parts: {
  readonly rotation: KeyRotation | undefined;
  readonly operations: DidOperations | undefined;
  readonly transfers: DidTransfers | undefined;
  readonly dids: DidRepository;
  readonly maxBodyBytes: number;
}): Pick<HttpParts, 'keyRoutes'> {
  const { rotation, operations, transfers, dids, maxBodyBytes } = parts;
  if (rotation === undefined) return {};
  return {
    keyRoutes: {
      web: rotation.web,
      listDids: (tenant) => dids.listDids(tenant),
      // Nothing is handed over where there is no registry.
      checkFree: async (did) => transfers?.checkFree(did) ?? ok(true),
      maxBodyBytes,
      ...(operations === undefined ? {} : { lifecycle: operations.lifecycle }),
    },
  };
}

/** The holder of each tenant's own accreditations, where the program has them, and the rounds it makes. What they try in vain is in the program's log. */
function openAllAccreditations(
  config: IssuingConfig,
  parts: IssuerParts & Pick<AccreditationWiring, 'engine' | 'verifier' | 'status' | 'schemas'>,
  tenants: ReadonlyMap<string, TenantRuntime>,
): { readonly routes: Pick<HttpParts, 'accreditations'>; readonly start: () => readonly Repeating[] } {
  const { holding, log } = parts;
  if (holding === undefined) return { routes: {}, start: () => [] };
  const tell = (tenant: TenantId, task: string, code: string): void =>
    log({ requestId: '', method: '', route: `accreditations of ${tenant}${task}`, status: 503, code });
  const wiring: AccreditationWiring = {
    ...parts,
    holding,
    findIssuerKey: issuerKeysOf(parts),
    publicOrigin: config.publicOrigin,
    settings: { renewBeforeSeconds: config.accreditationRenewDays * 86_400, retrySeconds: config.accreditationRetrySeconds },
    say: (tenant, task, code) => tell(tenant, `: ${task}`, code),
  };
  const accreditations = new Map([...tenants.values()].map((runtime) => [runtime.tenant, openAccreditations(wiring, runtime)] as const));
  return {
    routes: { accreditations },
    // Each tenant by itself: what fails for one holds up no other.
    start: () =>
      [...accreditations].map(([tenant, own]) =>
        startRepeating(
          config.accreditationSeconds,
          () => own.lookAfterOwn(),
          (error) => tell(tenant, '', codeOf(error)),
        ),
      ),
  };
}

function codeOf(error: unknown): string {
  return error instanceof Fault || error instanceof InputError ? error.code : 'INTERNAL';
}

function createTenant(config: IssuingConfig, tenant: TenantConfig, parts: IssuerParts): TenantRuntime {
  const identity = Object.hasOwn(parts.identities, tenant.tenant) ? parts.identities[tenant.tenant] : undefined;
  if (identity === undefined) throw new Fault('KEY_UNAVAILABLE', `the tenant ${tenant.tenant} has no identity`);
  const id = tenantId(tenant.tenant);
  const configurations = buildConfigurations(tenant.mayIssue, {
    formats: formatsOf,
    signingAlgorithms: [identity.signer.alg],
  });
  const exchange = createIssuanceExchange({
    tenant: id,
    credentialIssuer: `${config.publicOrigin}/t/${tenant.tenant}`,
    displayName: tenant.displayName,
    configurations,
    sessions: createExchangeSessionRepository(parts.store),
    resolver: parts.resolver,
    clock: parts.clock,
    settings: { ...ISSUANCE_SETTINGS, offerLifeSeconds: config.offerLifeSeconds },
  });
  return { tenant: id, config: tenant, exchange, ...identity };
}

function runtimeOf(tenants: ReadonlyMap<string, TenantRuntime>, tenant: TenantId): TenantRuntime {
  const runtime = tenants.get(tenant);
  if (runtime === undefined) throw new Fault('INTERNAL', 'a tenant that is not configured');
  return runtime;
}

/** Holds the logs against their anchors before anything is recorded or signed, then brings in what an earlier run or a replayed log left to do. */
async function beginWithLogs(
  {
    engine,
    tenants,
    logAnchors,
  }: {
    readonly engine: IssuerEngine;
    readonly tenants: ReadonlyMap<string, TenantRuntime>;
    readonly logAnchors: LogAnchors | undefined;
  },
  { log, lostChanges }: Pick<IssuerParts, 'log' | 'lostChanges'>,
): Promise<void> {
  if (logAnchors !== undefined) for (const runtime of tenants.values()) await assertAnchored(logAnchors, runtime, log);
  await engine.recover();
  if (lostChanges !== undefined)
    for (const { tenant } of tenants.values()) await redoLostChanges(engine, tenant, await lostChanges(tenant));
}

/** A log that the chain knows otherwise is served and signed no more. A chain that does not answer says nothing; it is asked again at each anchoring. */
async function assertAnchored(anchors: LogAnchors, runtime: TenantRuntime, log: IssuerParts['log']): Promise<void> {
  try {
    const checked = await anchors.checkLog(runtime);
    if (!checked.ok) throw new Fault('AUDIT_UNAVAILABLE', checked.refusal.detail);
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'CHAIN_UNAVAILABLE') throw error;
    log({ requestId: '', method: '', route: 'anchoring', status: 503, code: error.code });
  }
}

/** Each tenant's acts go into its own log. */
function createAuditDispatch(tenants: ReadonlyMap<string, TenantRuntime>): AuditPort {
  return { appendRecord: (tenant, record) => runtimeOf(tenants, tenant).audit.appendRecord(tenant, record) };
}
