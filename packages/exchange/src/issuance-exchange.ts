import { Fault, InputError, instant, ok, refuse } from '@gridpass/core';
import type {
  Clock,
  DidResolverPort,
  Digest,
  ExchangeSessionRepository,
  Instant,
  JsonObject,
  JsonValue,
  OfferSession,
  OpenedSession,
  Outcome,
  TenantId,
  Thumbprint,
  TransactionHandle,
} from '@gridpass/core';
import { digestOf, isJsonObject, memberOf, randomToken, textsOf } from '@gridpass/codec';
import { randomInt } from 'node:crypto';
import { buildAuthorizationDetails, parseAuthorizationDetails } from './authorization-details.js';
import type { CredentialConfiguration } from './configurations.js';
import { parseDpopProof } from './dpop.js';
import { buildAuthorizationServerMetadata, buildIssuerMetadata, endpointsOf } from './issuer-metadata.js';
import type { ProvenHolderKey } from './key-proof.js';
import { parseKeyProof } from './key-proof.js';
import { readConfiguration } from './requested-configuration.js';
import { buildOfferUri, checkIssuerMetadata, parseTokenForm } from './vci-messages.js';
import { parseServiceUrl } from './service-url.js';

/** Bounds of an issuer's exchanges; all in whole seconds or counts. */
export interface IssuanceSettings {
  readonly offerLifeSeconds: number;
  readonly tokenLifeSeconds: number;
  readonly nonceLifeSeconds: number;
  /** How old a key proof or DPoP proof may be. */
  readonly proofMaxAgeSeconds: number;
  readonly clockSkewSeconds: number;
  /** How often a code may be tried, right or wrong. */
  readonly codeAttempts: number;
  /** How many keys one credential request may bring. */
  readonly batchSize: number;
}

export const ISSUANCE_SETTINGS: IssuanceSettings = Object.freeze({
  offerLifeSeconds: 86_400,
  tokenLifeSeconds: 300,
  nonceLifeSeconds: 300,
  proofMaxAgeSeconds: 300,
  clockSkewSeconds: 5,
  codeAttempts: 5,
  batchSize: 16,
});

/**
 * How long the right to issue is somebody's. A program that dies over an issuance gives nothing back; within the life of its token the
 * wallet may ask again. Where an issuance takes longer, the engine's own locks decide between the two.
 */
const RIGHT_TO_ISSUE_SECONDS = 60;

/** An offer as the holder gets it; the transaction code goes another way than the offer. */
export interface MadeOffer {
  readonly offerId: string;
  readonly offer: JsonObject;
  readonly offerUri: string;
  readonly txCode?: string;
  readonly expiresAt: Instant;
}

/** A credential request whose token, nonce and keys are proven; the right to issue is taken. */
export interface ProvenCredentialRequest {
  readonly offerId: string;
  readonly reference: string;
  readonly configuration: CredentialConfiguration;
  readonly holderKeys: readonly [ProvenHolderKey, ...ProvenHolderKey[]];
  /** When the right was taken: what gives it back gives back its own alone. */
  readonly claimedAt: Instant;
}

export interface IssuanceExchange {
  issuerMetadata(): JsonObject;
  authorizationServerMetadata(): JsonObject;
  createOffer(options: {
    readonly configurationIds: readonly string[];
    readonly reference: string;
    readonly txCode: boolean;
    readonly lifeSeconds?: number;
    /** Where the applicant asks by itself: the offer is kept with what else that transaction does. */
    readonly own?: { readonly tx: TransactionHandle };
  }): Promise<MadeOffer>;
  /**
   * Who calls an address of the issuer's own: the key of a DPoP proof for exactly this call, which counts once. Refuses DPOP_INVALID. `url`
   * is the address as it is published.
   */
  proveCaller(call: { readonly dpop: string; readonly method: string; readonly url: string }): Promise<Outcome<Thumbprint>>;
  /** `form` is the decoded body, `dpop` the header of that name. */
  answerTokenRequest(request: { readonly form: Readonly<Record<string, string>>; readonly dpop?: string }): Promise<Outcome<JsonObject>>;
  createNonce(): Promise<JsonObject>;
  parseCredentialRequest(request: {
    readonly authorization?: string;
    readonly dpop?: string;
    readonly body: JsonValue;
  }): Promise<Outcome<ProvenCredentialRequest>>;
  /** Gives the right to issue back, unless another request has taken it over; the wallet may ask again with a fresh nonce. */
  releaseIssuance(request: Pick<ProvenCredentialRequest, 'offerId' | 'configuration' | 'claimedAt'>): Promise<void>;
  /** One credential for each key, in the order of the keys (OpenID4VCI 1.0 8.3), and a nonce for the next request. */
  buildCredentialResponse(credentials: readonly string[]): Promise<JsonObject>;
}

/**
 * The issuer's side of OpenID4VCI 1.0 for one tenant: offers with a pre-authorized code, tokens, nonces, key proofs. It knows no
 * transport: the program maps HTTP to these calls. `credentialIssuer` is the address published, without a trailing slash.
 */
export function createIssuanceExchange(parts: {
  readonly tenant: TenantId;
  readonly credentialIssuer: string;
  readonly displayName: string;
  readonly configurations: readonly CredentialConfiguration[];
  readonly sessions: ExchangeSessionRepository;
  readonly resolver: DidResolverPort;
  readonly clock: Clock;
  readonly settings: IssuanceSettings;
}): IssuanceExchange {
  const { tenant, credentialIssuer, configurations, sessions, resolver, clock, settings } = parts;
  if (configurations.length === 0) throw new InputError('CONFIG_INVALID', 'an issuer offers at least one credential configuration');
  if (!parseServiceUrl(credentialIssuer, { loopbackHttp: true }).ok || credentialIssuer.endsWith('/'))
    throw new InputError('CONFIG_INVALID', 'credentialIssuer is an https (or loopback) address without a trailing slash');
  const endpoints = endpointsOf(credentialIssuer);
  const byId = new Map(configurations.map((configuration) => [configuration.id, configuration]));
  const metadata = checkIssuerMetadata(
    buildIssuerMetadata({ credentialIssuer, displayName: parts.displayName, configurations, batchSize: settings.batchSize }),
  );

  async function checkDpop(
    compact: string,
    call: { readonly method: string; readonly url: string; readonly accessToken?: string },
  ): Promise<Outcome<Thumbprint>> {
    const at = clock.now();
    const proof = parseDpopProof(compact, {
      ...call,
      at,
      maxAgeSeconds: settings.proofMaxAgeSeconds,
      clockSkewSeconds: settings.clockSkewSeconds,
    });
    if (!proof.ok) return proof;
    const expiresAt = (at + settings.proofMaxAgeSeconds + settings.clockSkewSeconds + 1) as Instant;
    const fresh = await sessions.markSeen(tenant, { digest: proof.value.replayDigest, expiresAt });
    return fresh ? ok(proof.value.thumbprint) : refuse('DPOP_INVALID', 'dpop', 'jti: seen before');
  }

  async function createNonce(): Promise<JsonObject> {
    const nonce = randomToken(32);
    await sessions.keepNonce(tenant, { digest: digestOf(nonce), expiresAt: (clock.now() + settings.nonceLifeSeconds) as Instant });
    return { c_nonce: nonce };
  }

  // A bound token is worth nothing without its key, and a bearer token is not upgraded on the way (RFC 9449 7.2).
  async function openSession(
    token: { readonly scheme: 'bearer' | 'dpop'; readonly accessToken: string },
    dpop: string | undefined,
  ): Promise<Outcome<OpenedSession>> {
    const session = await sessions.readToken(tenant, { tokenDigest: digestOf(token.accessToken), at: clock.now() });
    if (!session.ok) return session;
    const { thumbprint } = session.value;
    if ((thumbprint !== undefined) !== (token.scheme === 'dpop'))
      return refuse('TOKEN_INVALID', 'credential-request', 'authorization: another scheme than the token is for');
    if (thumbprint === undefined) return session;
    if (dpop === undefined) return refuse('DPOP_INVALID', 'credential-request', 'dpop: missing');
    const bound = await checkDpop(dpop, { method: 'POST', url: endpoints.credential, accessToken: token.accessToken });
    if (!bound.ok) return bound;
    return bound.value === thumbprint
      ? session
      : refuse('DPOP_INVALID', 'credential-request', 'dpop: another key than the token is bound to');
  }

  /** What of the offer the token is asked for, judged before the code is used up; undefined where it is asked for the whole of it. */
  async function readAsked(
    grant: { readonly code: string; readonly authorizationDetails?: string },
    at: Instant,
  ): Promise<Outcome<readonly string[] | undefined>> {
    if (grant.authorizationDetails === undefined) return ok(undefined);
    const offered = await sessions.readOffer(tenant, { codeDigest: digestOf(grant.code), at });
    return offered.ok ? parseAuthorizationDetails(grant.authorizationDetails, { offered: offered.value, credentialIssuer }) : offered;
  }

  /** Every proof is checked before anything is consumed; all must carry one nonce and each another key. */
  async function proveKeys(body: JsonObject): Promise<Outcome<{ readonly keys: readonly ProvenHolderKey[]; readonly nonce: string }>> {
    const proofs = memberOf(body, 'proofs');
    const jwts =
      proofs !== undefined && isJsonObject(proofs) && Object.keys(proofs).length === 1 ? textsOf(memberOf(proofs, 'jwt')) : undefined;
    if (jwts === undefined || jwts.length === 0) return refuse('KEY_PROOF_INVALID', 'credential-request', 'proofs.jwt: missing');
    if (jwts.length > settings.batchSize) return refuse('KEY_PROOF_INVALID', 'credential-request', 'proofs.jwt: more than the batch size');
    const keys: ProvenHolderKey[] = [];
    const nonces = new Set<string>();
    for (const jwt of jwts) {
      const proof = await parseKeyProof(jwt, {
        credentialIssuer,
        resolver,
        at: clock.now(),
        maxAgeSeconds: settings.proofMaxAgeSeconds,
        clockSkewSeconds: settings.clockSkewSeconds,
      });
      if (!proof.ok) return proof;
      keys.push(proof.value.key);
      nonces.add(proof.value.nonce);
    }
    const [nonce] = nonces;
    if (nonce === undefined || nonces.size > 1) return refuse('NONCE_INVALID', 'credential-request', 'proofs.jwt: not one nonce');
    if (new Set(keys.map((key) => key.thumbprint)).size !== keys.length)
      return refuse('KEY_PROOF_INVALID', 'credential-request', 'proofs.jwt: a key twice');
    return ok({ keys, nonce });
  }

  return {
    issuerMetadata: () => metadata,
    authorizationServerMetadata: () => buildAuthorizationServerMetadata(credentialIssuer),
    async createOffer(options) {
      const unknown = options.configurationIds.find((id) => !byId.has(id));
      if (unknown !== undefined || options.configurationIds.length === 0)
        throw new InputError('CREDENTIAL_CONFIGURATION_UNKNOWN', 'the issuer offers no such configuration');
      const offerId = randomToken(16);
      const code = randomToken(32);
      const txCode = options.txCode ? String(randomInt(1_000_000)).padStart(6, '0') : undefined;
      const expiresAt = (clock.now() + (options.lifeSeconds ?? settings.offerLifeSeconds)) as Instant;
      const session: OfferSession = {
        offerId,
        codeDigest: digestOf(code),
        configurationIds: options.configurationIds,
        reference: options.reference,
        attempts: settings.codeAttempts,
        expiresAt,
        ...(txCode === undefined ? {} : { txCodeDigest: txCodeDigest(code, txCode) }),
        ...(options.own === undefined ? {} : { own: true }),
      };
      await sessions.keepOffer(tenant, session, options.own?.tx);
      const built = await buildOfferUri({
        metadata,
        credentialIssuer,
        configurationIds: options.configurationIds,
        code,
        txCode: txCode !== undefined,
      });
      return { offerId, ...built, expiresAt, ...(txCode === undefined ? {} : { txCode }) };
    },
    async answerTokenRequest(request) {
      const grant = parseTokenForm({ form: request.form, url: endpoints.token });
      if (!grant.ok) return grant;
      const bound = request.dpop === undefined ? undefined : await checkDpop(request.dpop, { method: 'POST', url: endpoints.token });
      if (bound !== undefined && !bound.ok) return bound;
      const at = clock.now();
      const asked = await readAsked(grant.value, at);
      if (!asked.ok) return asked;
      const accessToken = randomToken(32);
      const redeemed = await sessions.redeemOffer(tenant, {
        codeDigest: digestOf(grant.value.code),
        at,
        ...(grant.value.txCode === undefined ? {} : { txCodeDigest: txCodeDigest(grant.value.code, grant.value.txCode) }),
        token: {
          tokenDigest: digestOf(accessToken),
          expiresAt: (at + settings.tokenLifeSeconds) as Instant,
          ...(bound === undefined ? {} : { thumbprint: bound.value }),
          ...(asked.value === undefined ? {} : { authorizedIds: asked.value }),
        },
      });
      if (!redeemed.ok) return redeemed;
      return ok({
        access_token: accessToken,
        token_type: bound === undefined ? 'Bearer' : 'DPoP',
        expires_in: settings.tokenLifeSeconds,
        ...(asked.value === undefined ? {} : { authorization_details: buildAuthorizationDetails(redeemed.value.offerId, asked.value) }),
      });
    },
    proveCaller: ({ dpop, method, url }) => checkDpop(dpop, { method, url }),
    createNonce,
    async parseCredentialRequest(request) {
      const token = parseAuthorization(request.authorization);
      if (!token.ok) return token;
      const session = await openSession(token.value, request.dpop);
      if (!session.ok) return session;
      const { offerId, reference } = session.value;
      const { body } = request;
      if (!isJsonObject(body)) return refuse('REQUEST_MALFORMED', 'credential-request', 'body: not an object');
      const configuration = readConfiguration(body, session.value, byId);
      if (!configuration.ok) return configuration;
      const { id } = configuration.value;
      const proven = await proveKeys(body);
      if (!proven.ok) return proven;
      const consumed = await sessions.consumeNonce(tenant, { digest: digestOf(proven.value.nonce), at: clock.now() });
      if (!consumed.ok) return consumed;
      const at = clock.now();
      const staleBefore = instant(Math.max(0, at - RIGHT_TO_ISSUE_SECONDS));
      const claimed = await sessions.claimIssuance(tenant, { offerId, configurationId: id, at, staleBefore });
      if (!claimed) return refuse('CONFLICT', 'credential-request', 'this credential of the offer was issued before');
      const [first, ...rest] = proven.value.keys;
      if (first === undefined) throw new Fault('INTERNAL', 'a proven request without a key');
      return ok({ offerId, reference, configuration: configuration.value, holderKeys: [first, ...rest], claimedAt: at });
    },
    releaseIssuance: ({ offerId, configuration, claimedAt }) =>
      sessions.releaseIssuance(tenant, { offerId, configurationId: configuration.id, at: claimedAt }),
    // OpenID4VCI 1.0 has the wallet ask for a nonce; wallets that grew up with its drafts look for the next one here (Credo 0.6 does).
    buildCredentialResponse: async (credentials) => ({
      credentials: credentials.map((credential) => ({ credential })),
      ...(await createNonce()),
    }),
  };
}

function txCodeDigest(code: string, txCode: string): Digest {
  return digestOf(JSON.stringify([code, txCode]));
}

function parseAuthorization(header: string | undefined): Outcome<{ readonly scheme: 'bearer' | 'dpop'; readonly accessToken: string }> {
  const match = /^(bearer|dpop) ([A-Za-z0-9_-]{20,200})$/i.exec(header ?? '');
  const accessToken = match?.[2];
  if (match === null || accessToken === undefined)
    return refuse('TOKEN_INVALID', 'credential-request', 'authorization: missing or not a token of ours');
  return ok({ scheme: match[1]?.toLowerCase() === 'dpop' ? 'dpop' : 'bearer', accessToken });
}
