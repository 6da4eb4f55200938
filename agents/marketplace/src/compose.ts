import Koa from 'koa';
import {
  SIGNATURE_ALGORITHMS,
  tenantId,
  type AuditPort,
  type AuthorityPort,
  type Clock,
  type DidResolverPort,
  type Digest,
  type DidSigner,
  type FetchPort,
  type NonceSecrets,
  type StatusPort,
} from '@gridpass/core';
import { createGate, toUnexpectedEvent, type GateEvent } from '@gridpass/gate';
import { buildDcqlQuery, clientIdOf, createPresentationRequest } from '@gridpass/exchange';
import {
  belowPublicPath,
  createPolicyReload,
  listen,
  meterOf,
  openStatusChecker,
  policyIn,
  serve,
  servingOf,
  toConnectionEvent,
  type ChannelPolicy,
  type KeptEvidence,
  type OwnDid,
  type ProgramMeter,
  type Readiness,
  type Reload,
  type RequestLine,
} from '@gridpass/program';
import { createSchemas, type Schemas } from '@gridpass/schema';
import { createChallengeRepository, createGrantRepository, createMarketRepository, type Store } from '@gridpass/store';
import { createAuthoritySource, type TrustAnchor } from '@gridpass/trust';
import { createVerifier, type PastKeyPorts } from '@gridpass/verify';
import type { MarketplaceConfig } from './config.js';
import { createMarketRoutes, type RouteParts } from './http/routes.js';
import { listenForReadings } from './mqtt/intake.js';
import { OPEN_CHANNELS, readMarketPolicies } from './policies.js';
import { createVerifierInfo, type ReadRegistration } from './registration.js';

/** What a marketplace is wired to. */
export interface MarketplaceParts {
  readonly store: Store;
  readonly signer: DidSigner;
  readonly audit: AuditPort;
  readonly resolver: DidResolverPort;
  readonly fetch: FetchPort;
  readonly clock: Clock;
  readonly anchors: readonly TrustAnchor[];
  readonly log: (event: GateEvent | RequestLine) => void;
  /** What `/readyz` says; that the database answers, unless given. */
  readonly readiness?: Readiness;
  /** Counts what the program does; nobody does unless given. */
  readonly meter?: ProgramMeter;
  /** The verbs on the market's own DID; without them its operator has none. */
  readonly ownDid?: OwnDid;
  /** The log and what its decisions were taken on, for whom `auditorTokenDigest` names; without them nothing is kept or shown. */
  readonly exportLog?: () => AsyncIterable<string>;
  readonly evidence?: KeptEvidence;
  /** Made here unless given: programs in one process share the caches behind them. */
  readonly schemas?: Schemas;
  readonly status?: StatusPort;
  readonly authority?: AuthorityPort;
  /** The market's own MarketOperatorRole; what `registration` of the configuration names unless given. */
  readonly registration?: ReadRegistration;
  /** Of one start, for one gate; shared by all replicas on the store. */
  readonly nonceSecrets: NonceSecrets;
  /** How to judge by keys that issuers had; without it only keys of today count. */
  readonly history?: PastKeyPorts;
}

/** A marketplace that listens. */
export interface Marketplace {
  readonly url: string;
  readonly mqttUrl: string;
  /** What SIGHUP reads again. */
  readonly reloads: readonly Reload[];
  close(): Promise<void>;
}

/** Wires a marketplace and listens on both of its ports; throws Fault PORT_BUSY when one is taken. */
export async function composeMarketplace(
  config: Omit<MarketplaceConfig, 'database' | 'keyEncryptionKeys' | 'anchors' | 'chains' | 'fetch'>,
  parts: MarketplaceParts,
): Promise<Marketplace> {
  const { store, signer, audit, resolver, fetch, clock, anchors, log } = parts;
  const tenant = tenantId(config.tenant);
  const status = parts.status ?? openStatusChecker(parts, config);
  const challenges = createChallengeRepository(store);
  const market = createMarketRepository(store);
  const authority = parts.authority ?? createAuthoritySource({ fetch });
  const registration = parts.registration ?? registrationAt(config.registration, authority);
  const verifierInfo = registration === undefined ? undefined : createVerifierInfo(registration, log);
  const verifier = createVerifier({
    resolver,
    status,
    challenges,
    anchors,
    authority,
    schemas: parts.schemas ?? createSchemas(),
    algorithms: SIGNATURE_ALGORITHMS,
    methods: ['ethr', 'web', 'jwk', 'key', 'peer'],
    limits: { maxDepth: 4, maxCredentials: 8, presentationMaxAgeSeconds: 300, clockSkewSeconds: 5 },
    ...(parts.history === undefined ? {} : { history: parts.history }),
    ...meterOf(parts),
  });
  let policies = readMarketPolicies(config);
  const policyOf = (channel: string): ChannelPolicy => policyIn(policies, channel);
  // A reading names no zone: its days are the market's, for the policy and for what is held against the commissioning.
  const calendar = policyOf('telemetry').policySet.calendarOf({});
  const [zone = '', { jurisdiction = '' } = {}] = Object.entries(config.zones)[0] ?? [];
  const admission = { zone, orderWh: 0, jurisdiction, requiredSecurityCents: 0 };
  const gate = createGate({
    tenant,
    verifier,
    audit,
    challenges,
    grants: createGrantRepository(store),
    status,
    signer,
    clock,
    log,
    policies: {
      ...Object.fromEntries(OPEN_CHANNELS.map((channel) => [channel, { policySet: policyOf(channel).policySet, admission }])),
      telemetry: { policySet: policyOf('telemetry').policySet, admissionAction: 'connect' },
    },
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
    ...(verifierInfo === undefined ? {} : { verifierInfo }),
  });

  const app = new Koa();
  app.on('error', (error: unknown) => log(toConnectionEvent(error)));
  app.use(gate.routes());
  app.use(
    createMarketRoutes({
      tenant,
      gate,
      market,
      calendar,
      clock,
      zones: config.zones,
      maxOpenOrders: config.maxOpenOrders,
      operatorTokenDigest: config.operatorTokenDigest,
      ...(parts.ownDid === undefined ? {} : { ownDid: parts.ownDid }),
      ...auditorOf(config, parts),
      channels: OPEN_CHANNELS,
      policyText: (channel) => policyOf(channel).text,
      about: {
        program: 'gridpass marketplace',
        did: signer.did,
        stalenessBoundSeconds: config.stalenessBoundSeconds,
        tokenLifeSeconds: config.tokenLifeSeconds,
      },
    }),
  );
  const answer = app.callback();
  const server = await listen(
    serve(
      belowPublicPath(config.publicOrigin, (request, response) => void answer(request, response)),
      servingOf(parts, tenant),
    ),
    config.http,
  );
  const intake = await listenForReadings(
    {
      tenant,
      gate,
      market,
      calendar,
      clock,
      maxPacketBytes: config.mqtt.maxPacketBytes,
      connectSeconds: config.mqtt.connectSeconds,
      proveSeconds: config.mqtt.proveSeconds,
      limits: config.mqtt,
      ...meterOf(parts),
      onUnexpected: (error) => log(toUnexpectedEvent(error)),
      requestObject: async (challenge) =>
        (
          await createPresentationRequest({
            clientId: clientIdOf(signer.did),
            signer,
            nonce: challenge.nonce,
            state: challenge.state,
            dcql: buildDcqlQuery(policyOf('telemetry').policySet.needs),
            responseUri: `${config.publicOrigin}/.gridpass/responses/${challenge.state}`,
            at: clock.now(),
            lifeSeconds: Math.max(1, challenge.expiresAt - clock.now()),
            verifierInfo: (await verifierInfo?.()) ?? [],
          })
        ).requestObject,
    },
    config.mqtt,
  ).catch(async (error: unknown) => {
    await server.close();
    throw error;
  });
  return {
    url: config.publicOrigin,
    mqttUrl: intake.url,
    reloads: [
      ...server.reloads,
      ...intake.reloads,
      createPolicyReload({
        tenant,
        audit,
        clock,
        read: () => readMarketPolicies(config),
        current: () => policies,
        put: (next) => {
          gate.replacePolicies(Object.fromEntries([...next].map(([channel, { policySet }]) => [channel, policySet])));
          policies = next;
        },
      }),
    ],
    close: async () => {
      // What was asked over HTTP is answered; devices are told at once to come again elsewhere.
      await Promise.all([server.close(), intake.close()]);
      await gate.close();
    },
  };
}

/** Who may read the log and the evidence, where the configuration names somebody. */
function auditorOf(
  { auditorTokenDigest }: Pick<MarketplaceConfig, 'auditorTokenDigest'>,
  { exportLog, evidence, audit }: Pick<MarketplaceParts, 'exportLog' | 'evidence' | 'audit'>,
): Pick<RouteParts, 'auditor'> {
  return auditorTokenDigest === undefined || exportLog === undefined || evidence === undefined
    ? {}
    : { auditor: { auditorTokenDigest, exportLog, evidence, audit } };
}

/** Kept under its digest once fetched: a request asks nobody. */
function registrationAt(reference: MarketplaceConfig['registration'], authority: AuthorityPort): ReadRegistration | undefined {
  return reference === undefined ? undefined : () => authority.fetchAuthority({ uri: reference.uri, digest: reference.digest as Digest });
}
