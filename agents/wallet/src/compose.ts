import { createHmac, randomBytes } from 'node:crypto';
import Koa from 'koa';
import type { DidLifecycle } from '@gridpass/did';
import { Fault, tenantId } from '@gridpass/core';
import type { AuthorityPort, Clock, DidRepository, DidResolverPort, FetchPort, StatusPort } from '@gridpass/core';
import { createArchiveTurns, createGateClient, createHolder, createIssuerTrust, lendDidKeys } from '@gridpass/hold';
import type { WalletIdentity } from '@gridpass/hold';
import type { KeyVault } from '@gridpass/keys';
import {
  belowPublicPath,
  issuerKeysOf,
  listen,
  openStatusChecker,
  serve,
  servingOf,
  startRepeating,
  toConnectionEvent,
} from '@gridpass/program';
import type { KeyRotation, LiveKey, ProgramMeter, Readiness, Reload, TenantIdentity } from '@gridpass/program';
import { createSchemas, type Schemas } from '@gridpass/schema';
import { createDidRepository, createWalletRepository } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { createAuthoritySource } from '@gridpass/trust';
import type { TrustAnchor } from '@gridpass/trust';
import type { PastKeyPorts } from '@gridpass/verify';
import { SPARE_FACES } from './config.js';
import type { WalletTenantConfig, WalletsConfig } from './config.js';
import { createErrorMapper } from './http/answer.js';
import type { RequestEvent } from './http/answer.js';
import { createHostCheck } from './http/own-host.js';
import { createPage } from './http/page.js';
import { createWalletRoutes } from './http/wallet-routes.js';
import type { WalletRuntime } from './wallet-runtime.js';

/** An organisation's DID and the vault's name for its key; read each time, so that a rotated key is used at once. */
export type OrganisationIdentity = Pick<LiveKey, 'did' | 'kid' | 'keyId' | 'publicJwk'>;

/** What wallets are wired to. */
export interface WalletParts {
  readonly store: Store;
  readonly vault: Pick<KeyVault, 'keysOf'>;
  readonly resolver: DidResolverPort;
  readonly fetch: FetchPort;
  readonly clock: Clock;
  readonly anchors: readonly TrustAnchor[];
  /** One for each wallet of an organisation, by tenant. */
  readonly identities: Readonly<Record<string, OrganisationIdentity>>;
  /** The logs of organisations, by tenant: what was done to their DIDs. Without them no owner can read one. */
  readonly logs?: Readonly<Record<string, Pick<TenantIdentity['audit'], 'exportLog'>>>;
  /** Rotates the keys of organisations; without it they stay as they are. */
  readonly rotation?: KeyRotation;
  /** The verbs on did:ethr; without them such a DID changes nothing but its key, if that. */
  readonly lifecycle?: DidLifecycle;
  /** How to judge by keys that issuers had; without it only keys of today count. */
  readonly history?: PastKeyPorts;
  readonly log: (event: RequestEvent) => void;
  /** What `/readyz` says; that the database answers, unless given. */
  readonly readiness?: Readiness;
  /** Counts what the program does; nobody does unless given. */
  readonly meter?: ProgramMeter;
  /** Shared with other programs of the same process; the wallet's own unless given. */
  readonly schemas?: Schemas;
  readonly status?: StatusPort;
  readonly authority?: AuthorityPort;
}

/** Wallets that listen. */
export interface Wallet {
  readonly url: string;
  /** What SIGHUP reads again. */
  readonly reloads: readonly Reload[];
  /** For programs of the same process; throws Fault INTERNAL for a tenant that is not configured. */
  walletOf(tenant: string): WalletRuntime;
  close(): Promise<void>;
}

/** Wires the wallets of one program and listens; Fault PORT_BUSY when the port is taken. */
export async function composeWallet(config: WalletsConfig, parts: WalletParts): Promise<Wallet> {
  const { store, resolver, fetch, clock } = parts;
  const schemas = parts.schemas ?? createSchemas();
  const status = parts.status ?? openStatusChecker(parts, config);
  const authority = parts.authority ?? createAuthoritySource({ fetch });
  const findIssuerKey = issuerKeysOf(parts);
  const issuerTrust = createIssuerTrust({
    anchors: parts.anchors,
    authority,
    resolver,
    schemas,
    status,
    findIssuerKey,
    maxDepth: config.maxDepth,
  });
  const archives = createArchiveTurns();
  const repository = createWalletRepository(store);
  const dids = createDidRepository(store);
  const wallets = new Map(
    config.wallets.map((wallet): readonly [string, WalletRuntime] => {
      const identity = identityOf(wallet, { ...parts, dids });
      const holder = createHolder({
        tenant: tenantId(wallet.tenant),
        identity,
        repository,
        resolver,
        fetch,
        status,
        clock,
        schemas,
        issuerTrust,
        findIssuerKey,
        unregisteredVerifiers: config.unregisteredVerifiers,
        clockSkewSeconds: 5,
        archives,
      });
      return [
        wallet.tenant,
        {
          config: wallet,
          name: nameOf(wallet),
          identity: identity.kind === 'single' ? parts.identities[wallet.tenant] : undefined,
          exportLog: logOf(wallet, parts.logs),
          holder,
          client: createGateClient({ holder, fetch, clock }),
        },
      ];
    }),
  );

  const app = new Koa();
  app.on('error', (error: unknown) => {
    const { requestId, status, code } = toConnectionEvent(error);
    parts.log({ requestId, method: '', route: 'connection', status, code });
  });
  app.use(createErrorMapper(parts.log));
  app.use(createHostCheck(config.publicOrigin));
  app.use(createPage());
  app.use(
    createWalletRoutes({
      wallets,
      clock,
      fetch,
      dids,
      maxBodyBytes: config.maxBodyBytes,
      rotation: parts.rotation,
      lifecycle: parts.lifecycle,
    }),
  );
  const answer = app.callback();
  const server = await listen(
    serve(
      belowPublicPath(config.publicOrigin, (request, response) => void answer(request, response)),
      servingOf(parts),
    ),
    config.http,
  );
  const tellOfRefreshing = (error: unknown): void =>
    parts.log({ requestId: '', method: '', route: 'refreshing', status: 503, code: error instanceof Fault ? error.code : 'INTERNAL' });
  const refreshing = startRepeating(
    config.refreshSeconds,
    async () => {
      const steps = [...wallets.values()].flatMap(({ holder }) => [() => holder.refreshStates(), () => holder.refreshApplications()]);
      // Each by itself: what one wallet waits for is no reason for another to hear nothing of revocations.
      for (const step of [async () => parts.rotation?.refresh(), ...steps]) await step().catch(tellOfRefreshing);
    },
    tellOfRefreshing,
  );
  return {
    url: config.publicOrigin,
    reloads: server.reloads,
    walletOf(tenant) {
      const wallet = wallets.get(tenant);
      if (wallet === undefined) throw new Fault('INTERNAL', `the wallet ${tenant} is not configured`);
      return wallet;
    },
    close: async () => {
      await Promise.all([server.close(), refreshing.stop()]);
    },
  };
}

const NAME_KEY = randomBytes(32);

function nameOf({ tenant, kind }: WalletTenantConfig): string {
  if (kind === 'organisation') return tenant;
  return `household-${createHmac('sha256', NAME_KEY).update(tenant).digest('hex').slice(0, 12)}`;
}

function logOf({ tenant }: WalletTenantConfig, logs: WalletParts['logs'] = {}): WalletRuntime['exportLog'] {
  const log = Object.hasOwn(logs, tenant) ? logs[tenant] : undefined;
  return log === undefined ? undefined : () => log.exportLog(tenantId(tenant));
}

function identityOf(
  wallet: WalletTenantConfig,
  { identities, vault, dids }: Pick<WalletParts, 'identities' | 'vault'> & { readonly dids: DidRepository },
): WalletIdentity {
  const tenant = tenantId(wallet.tenant);
  if (wallet.kind === 'household')
    return { kind: 'pairwise', spareFaces: wallet.spareFaces ?? SPARE_FACES, keys: vault.keysOf(tenant, 'holding') };
  const identity = Object.hasOwn(identities, wallet.tenant) ? identities[wallet.tenant] : undefined;
  if (identity === undefined) throw new Fault('KEY_UNAVAILABLE', `the wallet ${wallet.tenant} has no identity`);
  return {
    kind: 'single',
    did: identity.did,
    keys: lendDidKeys({ vault, dids, tenant }, identity.did),
    get kid() {
      return identity.kid;
    },
    get keyId() {
      return identity.keyId;
    },
  };
}
