import { instant, marketCalendar, tenantId } from '@gridpass/core';
import type { CredentialType, Did, DidResolverPort, DidSigner, DidUrl, JsonObject, StatusPort } from '@gridpass/core';
import { createDidResolver, toDidJwk } from '@gridpass/did';
import { buildDpopProof } from '@gridpass/exchange';
import { accessOf, createGate } from '@gridpass/gate';
import { createSigner, generatePrivateJwk, openKeyVault } from '@gridpass/keys';
import type { KeyVault } from '@gridpass/keys';
import { parsePolicySet } from '@gridpass/policy';
import { listen } from '@gridpass/program';
import { createClaimShapes, createSchemas } from '@gridpass/schema';
import { createChallengeRepository, createGrantRepository, createKeyRepository, createStatusRepository } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { SIGNED_AGE_BOUNDS, createForgetfulSeenLists, createStatusChecker, createStatusIssuer } from '@gridpass/status';
import { issueVcJwt } from '@gridpass/suite';
import { CLAIMS, createFakeAuthority, createFakeStatus, loopbackFetch, startTestIssuer, openTestStore } from '@gridpass/testkit';
import type { FakeClock, TestIssuer } from '@gridpass/testkit';
import { createVerifier } from '@gridpass/verify';
import Koa from 'koa';

export const ZONE = '10YNO-0--------C';
const DAY = 86_400;

/** A marketplace behind a real gate, an accredited issuer, and what wallets need to meet them; everybody is a did:jwk. */
export interface MarketRig {
  readonly store: Store;
  readonly vault: KeyVault;
  readonly clock: FakeClock;
  readonly resolver: DidResolverPort;
  readonly status: StatusPort;
  readonly authority: ReturnType<typeof createFakeAuthority>;
  readonly issuer: TestIssuer;
  readonly regulator: DidSigner;
  readonly market: DidSigner;
  readonly origin: string;
  /** Orders that reached the handler. */
  readonly orders: JsonObject[];
  offer(...types: CredentialType[]): Promise<string>;
  /** Opens a presentation request as another device would, and returns its address. */
  gateRequest(): Promise<{ readonly uri: string; readonly signer: DidSigner }>;
  stop(): Promise<void>;
}

export function createJwkParty(): DidSigner {
  const signer = createSigner(generatePrivateJwk('ES256'));
  const did = toDidJwk(signer.publicJwk);
  return { ...signer, did, kid: `${did}#0` as DidUrl };
}

/** The real time, which third-party wallets read, moved by what a test advances. */
function createTickingClock(): FakeClock {
  let offset = 0;
  const now = () => instant(Math.floor(Date.now() / 1000) + offset);
  return {
    now,
    advance: (seconds) => {
      offset += seconds;
    },
    set: (at) => {
      offset += at - now();
    },
  };
}

export async function startMarket(
  options: { readonly bindTo?: 'holder' | 'session'; readonly claims?: Partial<Record<CredentialType, JsonObject>> } = {},
): Promise<MarketRig> {
  const store = await openTestStore();
  const clock = createTickingClock();
  const resolver = createDidResolver({
    methods: ['jwk', 'key'],
    chains: [],
    fetch: loopbackFetch,
    clock,
    cacheSeconds: 60,
    maxEntries: 100,
  });
  const [regulator, dso, market] = [createJwkParty(), createJwkParty(), createJwkParty()];
  const authority = createFakeAuthority();
  // Lists of the issuer are real and signed; those of the regulator, who serves nothing here, stand.
  const real = createStatusChecker({
    fetch: loopbackFetch,
    resolver,
    clock,
    stalenessBoundSeconds: 60,
    signedAge: SIGNED_AGE_BOUNDS,
    seen: createForgetfulSeenLists(),
  });
  const paper = createFakeStatus();
  const status: StatusPort = { checkStatus: (query) => (query.issuer === regulator.did ? paper : real).checkStatus(query) };
  const accredit = async (
    type: 'RegulatorAccreditation' | 'SystemOperatorRole' | 'MarketOperatorRole',
    subject: Did,
    parent?: ReturnType<typeof authority.publish>,
    claims: JsonObject = CLAIMS[type],
  ) =>
    issueVcJwt({
      type,
      issuer: regulator,
      subject,
      claims,
      issuedAt: instant(clock.now() - 10 * DAY),
      validFrom: instant(clock.now() - 10 * DAY),
      validUntil: instant(clock.now() + 100 * DAY),
      status: (['revocation', 'suspension'] as const).map((purpose) => ({
        kind: 'bitstring',
        purpose,
        uri: `https://regulator.example/${purpose}`,
        index: 1,
      })),
      ...(parent === undefined ? {} : { authority: parent }),
    });
  const root = authority.publish((await accredit('RegulatorAccreditation', regulator.did)).compact);
  const dsoRole = authority.publish((await accredit('SystemOperatorRole', dso.did, root)).compact);
  const registration = await accredit('MarketOperatorRole', market.did, root, {
    ...CLAIMS.MarketOperatorRole,
    requestableClaims: [
      { type: 'CustomerStatus', claims: ['active', 'biddingZoneEic'] },
      { type: 'MeteringPointEntitlement', claims: ['exportLimitW'] },
    ],
  });
  const issuer = await startTestIssuer({
    store,
    clock,
    signer: dso,
    exchangeResolver: resolver,
    alter: (input) => ({ ...input, authority: dsoRole }),
    statusLists: (issuerOrigin, signer) => {
      const lists = createStatusIssuer({
        repository: createStatusRepository(store),
        clock,
        settings: { listSize: 131_072, listLifeSeconds: 3_600, ttlSeconds: 30, resignSeconds: 120 },
        listUri: (_tenant, listId) => `${issuerOrigin}/status/${listId}`,
      });
      return {
        allocate: (format) => lists.allocateStatus(tenantId('dso'), format),
        async publish(path) {
          const listId = /^\/status\/([\w-]+)$/.exec(path)?.[1];
          const published = listId === undefined ? undefined : await lists.publishList(tenantId('dso'), listId, signer);
          return published?.ok === true ? published.value : undefined;
        },
      };
    },
    ...(options.claims === undefined ? {} : { claims: options.claims }),
  });
  const challenges = createChallengeRepository(store);
  const verifier = createVerifier({
    resolver,
    status,
    authority,
    challenges,
    schemas: createSchemas(),
    anchors: [{ did: regulator.did, mayIssue: ['RegulatorAccreditation'] }],
    algorithms: ['ES256', 'EdDSA', 'ES256K'],
    methods: ['jwk', 'key'],
    limits: { maxDepth: 4, maxCredentials: 8, presentationMaxAgeSeconds: 120, clockSkewSeconds: 5 },
  });
  const app = new Koa();
  const answer = { handle: app.callback() };
  const server = await listen((request, response) => void answer.handle(request, response), { host: '127.0.0.1', port: 0 });
  const origin = `http://127.0.0.1:${server.port}`;
  const policySet = parsePolicySet({
    channel: 'behind_the_meter',
    claims: createClaimShapes(),
    request: 'read-off-the-policies',
    calendar: marketCalendar('Europe/Oslo'),
    cedar: `@id("own-plant") @denies("customer-not-active, bidding-zone-differs, above-export-limit")
      permit (principal, action, resource)
      when { context.CustomerStatus.active }
      when { context.CustomerStatus.biddingZoneEic == context.request.zone }
      when { context.request.powerW <= context.MeteringPointEntitlement.exportLimitW };`,
  });
  let index = 0;
  const gate = createGate({
    tenant: tenantId('market'),
    verifier,
    challenges,
    grants: createGrantRepository(store),
    status,
    signer: market,
    clock,
    publicOrigin: origin,
    tokenLifeSeconds: 600,
    audit: {
      appendRecord: async () => ({
        origin: 'log',
        index: (index += 1) - 1,
        leafHash: 'l' as never,
        treeSize: index,
        rootHash: 'r' as never,
      }),
    },
    policies: { behind_the_meter: { policySet, admission: { zone: ZONE, powerW: 0 } } },
    verifierInfo: async () => [{ format: 'vc+jwt', data: registration.compact }],
    bindTo: options.bindTo ?? 'holder',
  });
  const orders: JsonObject[] = [];
  app.use(gate.routes());
  app.use(gate.protect({ channel: 'behind_the_meter', resource: (ctx) => ({ zone: ZONE, powerW: Number(ctx.query['powerW'] ?? 0) }) }));
  app.use((ctx) => {
    orders.push({ method: ctx.method, holder: accessOf(ctx).holderDid });
    ctx.body = { placed: orders.length };
  });
  answer.handle = app.callback();
  return {
    store,
    clock,
    resolver,
    status,
    authority,
    issuer,
    regulator,
    market,
    origin,
    orders,
    vault: openKeyVault({ repository: createKeyRepository(store), keks: [{ id: 'k', bytes: new Uint8Array(32).fill(1) }], clock }),
    offer: async (...types) =>
      (await issuer.exchange.createOffer({ configurationIds: types.map((type) => `${type}_dc_sd_jwt`), reference: 'r', txCode: false }))
        .offerUri,
    async gateRequest() {
      const signer = createJwkParty();
      let nonce: string | undefined;
      for (;;) {
        const url = `${origin}/.gridpass/requests`;
        const dpop = await buildDpopProof({ signer, method: 'POST', url, at: clock.now(), ...(nonce === undefined ? {} : { nonce }) });
        const response = await fetch(url, {
          method: 'POST',
          headers: { dpop, 'content-type': 'application/json' },
          body: '{"channel":"behind_the_meter"}',
        });
        if (response.status === 201)
          return { uri: ((await response.json()) as { authorizationRequest: string }).authorizationRequest, signer };
        if (nonce !== undefined) throw new Error(await response.text());
        nonce = response.headers.get('dpop-nonce') ?? '';
      }
    },
    async stop() {
      await server.close();
      await issuer.stop();
      await store.close();
    },
  };
}
