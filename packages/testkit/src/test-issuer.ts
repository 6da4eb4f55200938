import type { CredentialFormat, CredentialType, DidResolverPort, DidSigner, JsonObject, Outcome } from '@gridpass/core';
import { formatsOf, instant, tenantId } from '@gridpass/core';
import { toDidJwk } from '@gridpass/did';
import { digestOf, parseJson } from '@gridpass/codec';
import { openTestStore } from './test-store.js';
import { createExchangeSessionRepository } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { issueCredential } from '@gridpass/suite';
import {
  ISSUANCE_SETTINGS,
  buildConfigurations,
  createIssuanceExchange,
  endpointsOf,
  toProtocolError,
  wellKnownUrl,
} from '@gridpass/exchange';
import type { IssuanceExchange, ProvenHolderKey } from '@gridpass/exchange';
import { createFakeClock } from './fake-clock.js';
import type { FakeClock } from './fake-clock.js';
import { createFakeResolver } from './fake-resolver.js';
import type { FakeResolver } from './fake-resolver.js';
import { createParty } from './parties.js';
import { listen, sendJson } from './loopback.js';
import { CLAIMS } from './society.js';

/** A minimal issuer over loopback: the exchange, and HTTP around it. */
export interface TestIssuer {
  readonly exchange: IssuanceExchange;
  readonly credentialIssuer: string;
  readonly signer: DidSigner;
  readonly clock: FakeClock;
  readonly resolver: FakeResolver;
  readonly store: Store;
  /** Bodies of credential requests as they came in. */
  readonly requests: string[];
  stop(): Promise<void>;
}

/** What a test issuer differs in. */
export interface TestIssuerOptions {
  readonly store?: Store;
  /** The resolver that everybody of the test asks; its own unless given. */
  readonly resolver?: FakeResolver;
  /** Another party than `did:web:dso.example`, and the resolver that knows it and its holders. */
  readonly signer?: DidSigner;
  readonly exchangeResolver?: DidResolverPort;
  readonly clock?: FakeClock;
  /** Allocates status entries and serves their lists; references to nothing unless given. */
  readonly statusLists?: (origin: string, signer: DidSigner) => TestStatusLists;
  /** Changes what is about to be issued for one key, e.g. to break it. */
  readonly alter?: (input: Parameters<typeof issueCredential>[1], key: ProvenHolderKey) => Parameters<typeof issueCredential>[1];
  readonly claims?: Partial<Record<CredentialType, JsonObject>>;
  readonly lifeSeconds?: number;
}

/** Status lists that a test issuer refers to and serves. */
export interface TestStatusLists {
  allocate(format: CredentialFormat): Promise<Parameters<typeof issueCredential>[1]['status']>;
  /** The list at a path such as `/status/1`. */
  publish(path: string): Promise<{ readonly mediaType: string; readonly body: string } | undefined>;
}

const TYPES = Object.keys(CLAIMS) as (keyof typeof CLAIMS)[];

/** Starts a minimal issuer of every type in {@link CLAIMS}, with sessions in PGlite and HTTP on loopback. */
export async function startTestIssuer(options: TestIssuerOptions = {}): Promise<TestIssuer> {
  const store = options.store ?? (await openTestStore());
  await store.migrate();
  const clock = options.clock ?? createFakeClock(instant(Math.floor(Date.now() / 1000)));
  const resolver = options.resolver ?? createFakeResolver();
  const signer = options.signer ?? createParty('dso');
  resolver.publishKey(signer.did, signer.kid, signer.publicJwk);
  const requests: string[] = [];
  const started: { exchange?: IssuanceExchange } = {};
  const server = await listen(async (request, body, response) => {
    const { exchange } = started;
    if (exchange === undefined) throw new Error('not started');
    const url = `${server.origin}${request.url ?? ''}`;
    const issuer = `${server.origin}/dso`;
    const endpoints = endpointsOf(issuer);
    const dpop = request.headers['dpop'];
    const proof = typeof dpop === 'string' ? { dpop } : {};
    const refused = (outcome: Outcome<unknown>, endpoint: 'token' | 'credential'): void => {
      if (outcome.ok) return;
      const error = toProtocolError(outcome.refusal, endpoint);
      sendJson(
        response,
        error.status,
        error.body,
        error.wwwAuthenticate === undefined ? {} : { 'www-authenticate': error.wwwAuthenticate },
      );
    };
    if (url === wellKnownUrl(issuer, 'openid-credential-issuer')) {
      sendJson(response, 200, exchange.issuerMetadata());
      return;
    }
    if (url === wellKnownUrl(issuer, 'oauth-authorization-server')) {
      sendJson(response, 200, exchange.authorizationServerMetadata());
      return;
    }
    if (url === endpoints.nonce) {
      sendJson(response, 200, await exchange.createNonce());
      return;
    }
    if (url === endpoints.token) {
      const answered = await exchange.answerTokenRequest({ form: Object.fromEntries(new URLSearchParams(body)), ...proof });
      if (answered.ok) sendJson(response, 200, answered.value);
      else refused(answered, 'token');
      return;
    }
    if (url === endpoints.credential) {
      requests.push(body);
      const json = parseJson(body);
      const { authorization } = request.headers;
      const proven = await exchange.parseCredentialRequest({
        body: json.ok ? json.value : null,
        ...proof,
        ...(authorization === undefined ? {} : { authorization }),
      });
      if (!proven.ok) {
        refused(proven, 'credential');
        return;
      }
      const at = clock.now();
      const { format, type } = proven.value.configuration;
      const issued = await Promise.all(
        proven.value.holderKeys.map(async (key) => {
          const input = {
            type,
            issuer: signer,
            subject: key.did ?? toDidJwk(key.publicJwk),
            ...(format === 'dc+sd-jwt' ? { holderKey: key.publicJwk } : {}),
            claims: options.claims?.[type] ?? CLAIMS[type as keyof typeof CLAIMS],
            issuedAt: at,
            validFrom: at,
            validUntil: instant(at + (options.lifeSeconds ?? 86_400)),
            status: (await lists?.allocate(format)) ?? statusOf(format, server.origin),
            authority: { uri: `${server.origin}/authority/1`, digest: digestOf('authority') },
          };
          return issueCredential(format, options.alter?.(input, key) ?? input);
        }),
      );
      sendJson(response, 200, await exchange.buildCredentialResponse(issued.map((credential) => credential.compact)));
      return;
    }
    const list = await lists?.publish(request.url ?? '');
    if (list !== undefined) {
      response.writeHead(200, { 'content-type': list.mediaType });
      response.end(list.body);
      return;
    }
    sendJson(response, 404, {});
  });
  const lists = options.statusLists?.(server.origin, signer);
  const credentialIssuer = `${server.origin}/dso`;
  const exchange = (started.exchange = createIssuanceExchange({
    tenant: tenantId('dso'),
    credentialIssuer,
    displayName: 'Test DSO',
    sessions: createExchangeSessionRepository(store),
    resolver: options.exchangeResolver ?? resolver,
    clock,
    settings: { ...ISSUANCE_SETTINGS, batchSize: 4, codeAttempts: 3 },
    configurations: buildConfigurations(TYPES, {
      formats: formatsOf,
      signingAlgorithms: ['ES256'],
    }),
  }));
  return {
    exchange,
    credentialIssuer,
    signer,
    clock,
    resolver,
    store,
    requests,
    async stop() {
      await server.close();
      if (options.store === undefined) await store.close();
    },
  };
}

function statusOf(format: CredentialFormat, origin: string): Parameters<typeof issueCredential>[1]['status'] {
  if (format === 'dc+sd-jwt') return [{ kind: 'token', uri: `${origin}/status/1`, index: 7 }];
  return [
    { kind: 'bitstring', purpose: 'revocation', uri: `${origin}/status/2`, index: 7 },
    { kind: 'bitstring', purpose: 'suspension', uri: `${origin}/status/3`, index: 7 },
  ];
}
