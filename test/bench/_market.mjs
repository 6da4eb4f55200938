// A small market of real parts for benchmarks: a regulator, an operator and a market operator with did:jwk keys (P-256), their
// status lists and accreditations on a loopback server, a household with the four credentials that `behind_the_meter` asks
// for, and a gate with its own verifier, PGlite store and audit log. Nothing is faked; only names and claims are made up.
import { readFileSync } from 'node:fs';
import { createAuditLog, createForgetfulCheckpoints, createPseudonyms } from '@gridpass/audit';
import { instant, marketCalendar, nameNeeds, tenantId } from '@gridpass/core';
import { createDidResolver, toDidJwk, verificationMethodOf } from '@gridpass/did';
import { createSigner, generatePrivateJwk, toPublicJwk } from '@gridpass/keys';
import { parsePolicySet } from '@gridpass/policy';
import { createClaimShapes, createSchemas } from '@gridpass/schema';
import { SIGNED_AGE_BOUNDS, createForgetfulSeenLists, createStatusChecker, createStatusIssuer } from '@gridpass/status';
import { createAuditRepository, createChallengeRepository, createGrantRepository, createStatusRepository } from '@gridpass/store';
import { issueSdJwtVc, issueVcJwt, presentSdJwtVc } from '@gridpass/suite';
import { CLAIMS, listen, loopbackFetch, openTestStore } from '@gridpass/testkit';
import { createAuthoritySource } from '@gridpass/trust';
import { createVerifier } from '@gridpass/verify';

export const clock = { now: () => instant(Math.floor(Date.now() / 1000)) };
export const ZONE = '10YNO-0--------C';
export const CHANNEL = 'behind_the_meter';
const DAY = 86_400;
const epochDay = Math.floor(clock.now() / DAY);

/** Somebody with a key and a DID made of it. */
export function party(alg = 'ES256') {
  const privateJwk = generatePrivateJwk(alg);
  const publicJwk = toPublicJwk(privateJwk);
  const did = toDidJwk(publicJwk);
  return { ...createSigner(privateJwk), did, kid: verificationMethodOf(did, publicJwk) };
}

export async function openMarket() {
  const store = await openTestStore();
  const served = new Map();
  const lists = {};
  const server = await listen(async (request, _body, response) => {
    const [, kind = '', tenant = '', id = ''] = (request.url ?? '').split('/');
    if (kind === 'authority') return void response.writeHead(200, { 'content-type': 'application/vc+jwt' }).end(served.get(tenant));
    const list = await lists.issuer.publishList(tenantId(tenant), id, lists.signers[tenant]);
    return void response.writeHead(200, { 'content-type': list.value.mediaType, etag: list.value.etag }).end(list.value.body);
  });
  const [regulator, dso, market, supplier, house] = Array.from({ length: 5 }, () => party());
  lists.signers = { regulator, dso, market, supplier };
  lists.issuer = createStatusIssuer({
    repository: createStatusRepository(store),
    clock,
    listUri: (tenant, id) => `${server.origin}/status/${tenant}/${id}`,
    settings: { listSize: 131_072, listLifeSeconds: 3_600, ttlSeconds: 120, resignSeconds: 120 },
  });
  const base = (from) => ({
    issuedAt: instant(clock.now() - from),
    validFrom: instant(clock.now() - from),
    validUntil: instant(clock.now() + 90 * DAY - from),
  });
  const accredit = async (type, claims, subject, authority) => {
    const made = await issueVcJwt({
      type,
      claims,
      issuer: regulator,
      subject: subject.did,
      ...base(authority === undefined ? 0 : 3_600),
      validUntil: instant(clock.now() + 60 * DAY),
      ...(authority === undefined
        ? { issuedAt: instant(clock.now() - DAY), validFrom: instant(clock.now() - DAY), validUntil: instant(clock.now() + 80 * DAY) }
        : { authority }),
      status: await lists.issuer.allocateStatus(tenantId('regulator'), 'vc+jwt'),
    });
    served.set(made.digest, made.compact);
    return { uri: `${server.origin}/authority/${made.digest}`, digest: made.digest };
  };
  const root = await accredit('RegulatorAccreditation', CLAIMS.RegulatorAccreditation, regulator);
  const byDso = await accredit('SystemOperatorRole', CLAIMS.SystemOperatorRole, dso, root);
  const byMarket = await accredit('MarketOperatorRole', { ...CLAIMS.MarketOperatorRole, platformDid: market.did }, market, root);
  const bySupplier = await accredit('MarketPartyRole', CLAIMS.MarketPartyRole, supplier, root);

  const give = async (type, tenant, authority, claims, holder = house) =>
    (
      await issueSdJwtVc({
        type,
        issuer: lists.signers[tenant],
        subject: holder.did,
        holderKey: holder.publicJwk,
        claims,
        authority,
        ...base(60),
        validUntil: instant(clock.now() + 20 * DAY),
        status: await lists.issuer.allocateStatus(tenantId(tenant), 'dc+sd-jwt'),
      })
    ).compact;
  const commissioning = (holder) => ({
    ...CLAIMS.DeviceCommissioning,
    deviceDid: holder.did,
    // Readings of the 90 days that the market takes.
    commissioned: epochDay - 100,
    ratedActivePowerW: 9_000,
    conformityUntil: epochDay + 1_000,
  });
  const held = {
    CustomerStatus: await give('CustomerStatus', 'supplier', bySupplier, CLAIMS.CustomerStatus),
    MeteringPointEntitlement: await give('MeteringPointEntitlement', 'dso', byDso, CLAIMS.MeteringPointEntitlement),
    DeviceCommissioning: await give('DeviceCommissioning', 'dso', byDso, commissioning(house)),
    MarketChannelAdmission: await give('MarketChannelAdmission', 'market', byMarket, CLAIMS.MarketChannelAdmission),
  };

  const repository = createAuditRepository(store);
  const audit = createAuditLog({
    repository,
    signer: createSigner(generatePrivateJwk('EdDSA')),
    origin: 'bench.example',
    checkpoints: createForgetfulCheckpoints(),
  });
  const anchors = [{ did: regulator.did, mayIssue: ['RegulatorAccreditation'] }];
  const methods = ['jwk', 'key'];
  const schemas = createSchemas();
  /** Caches that know nothing yet, as after a start. */
  const openPorts = () => {
    const resolver = createDidResolver({ methods, chains: [], fetch: loopbackFetch, clock, cacheSeconds: 60, maxEntries: 1_000 });
    const status = createStatusChecker({
      fetch: loopbackFetch,
      resolver,
      clock,
      stalenessBoundSeconds: 60,
      signedAge: SIGNED_AGE_BOUNDS,
      seen: createForgetfulSeenLists(),
    });
    return { resolver, status, authority: createAuthoritySource({ fetch: loopbackFetch }) };
  };
  const policySet = parsePolicySet({
    channel: CHANNEL,
    claims: createClaimShapes(),
    request: 'read-off-the-policies',
    calendar: marketCalendar('Europe/Oslo'),
    cedar: readFileSync(new URL('../../agents/marketplace/policies/behind_the_meter.cedar', import.meta.url), 'utf8'),
  });
  /** Settings of a gate with cold caches, on the market's store and log. */
  const gateSettings = (publicOrigin) => {
    const ports = openPorts();
    const challenges = createChallengeRepository(store);
    return {
      tenant: tenantId('market'),
      signer: market,
      clock,
      publicOrigin,
      audit,
      challenges,
      grants: createGrantRepository(store),
      status: ports.status,
      pseudonyms: createPseudonyms(repository),
      tokenLifeSeconds: 3_600,
      nonceSlotSeconds: 3_600,
      proofMaxAgeSeconds: 3_600,
      cacheEntries: 100_000,
      rateLimit: { burst: 1e7, perMinute: 1e7 },
      rateLimitTogether: { burst: 1e7, perMinute: 1e7 },
      policies: { [CHANNEL]: { policySet, admission: { zone: ZONE, orderWh: 0 } } },
      verifier: createVerifier({
        ...ports,
        challenges,
        schemas,
        anchors,
        methods,
        algorithms: ['ES256', 'EdDSA', 'ES256K'],
        limits: { maxDepth: 4, maxCredentials: 8, presentationMaxAgeSeconds: 300, clockSkewSeconds: 0 },
      }),
    };
  };
  /** The household's answer to an open challenge: an OpenID4VP token of four key-bound SD-JWTs, least disclosure. */
  const answer = async ({ nonce, audience }, needs = policySet.needs[0], credentials = held, holder = house) =>
    Object.fromEntries(
      await Promise.all(
        nameNeeds([needs]).credentials.map(async ({ id, type, claims }) => [
          id,
          [await presentSdJwtVc({ compact: credentials[type], disclose: claims, holder, audience, nonce, at: clock.now() })],
        ]),
      ),
    );
  return {
    store,
    audit,
    anchors,
    market,
    house,
    openPorts,
    gateSettings,
    answer,
    meter: async () => {
      const meter = party();
      return { meter, held: { DeviceCommissioning: await give('DeviceCommissioning', 'dso', byDso, commissioning(meter), meter) } };
    },
    close: async () => {
      await server.close();
      await store.close();
    },
  };
}
