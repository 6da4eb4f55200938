import type { Did, DidSigner, Outcome, PublicJwk } from '@gridpass/core';
import { instant, tenantId } from '@gridpass/core';
import { encodeBase64url, parseJson, utf8 } from '@gridpass/codec';
import { createExchangeSessionRepository, openStore } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { issueCredential } from '@gridpass/suite';
import { createFakeClock, createFakeResolver, createParty } from '@gridpass/testkit';
import type { FakeClock, FakeResolver } from '@gridpass/testkit';
import { ISSUANCE_SETTINGS, buildConfigurations, createIssuanceExchange, endpointsOf, setPlainHttpAllowed, toProtocolError, wellKnownUrl } from '../index.js';
import type { IssuanceExchange } from '../index.js';
import { listen, sendJson } from './loopback.js';

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

export function didJwk(jwk: PublicJwk): Did {
  return `did:jwk:${encodeBase64url(utf8(JSON.stringify(jwk)))}` as Did;
}

export async function startIssuer(): Promise<TestIssuer> {
  setPlainHttpAllowed(true);
  const store = await openStore({ kind: 'pglite' });
  await store.migrate();
  const clock = createFakeClock(instant(Math.floor(Date.now() / 1000)));
  const resolver = createFakeResolver();
  const signer = createParty('dso');
  resolver.publishKey(signer.did, signer.kid, signer.publicJwk);
  const requests: string[] = [];
  let exchange: IssuanceExchange | undefined;
  const server = await listen(async (request, body, response) => {
    if (exchange === undefined) throw new Error('not started');
    const url = `${server.origin}${request.url ?? ''}`;
    const issuer = `${server.origin}/dso`;
    const endpoints = endpointsOf(issuer);
    const dpop = request.headers['dpop'];
    const proof = typeof dpop === 'string' ? { dpop } : {};
    const refused = (outcome: Outcome<unknown>, endpoint: 'token' | 'credential'): void => {
      if (outcome.ok) return;
      const error = toProtocolError(outcome.refusal, endpoint);
      sendJson(response, error.status, error.body, error.wwwAuthenticate === undefined ? {} : { 'www-authenticate': error.wwwAuthenticate });
    };
    if (url === wellKnownUrl(issuer, 'openid-credential-issuer')) { sendJson(response, 200, exchange.issuerMetadata()); return; }
    if (url === wellKnownUrl(issuer, 'oauth-authorization-server')) { sendJson(response, 200, exchange.authorizationServerMetadata()); return; }
    if (url === endpoints.nonce) { sendJson(response, 200, await exchange.createNonce()); return; }
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
      const proven = await exchange.parseCredentialRequest({ body: json.ok ? json.value : null, ...proof, ...(authorization === undefined ? {} : { authorization }) });
      if (!proven.ok) { refused(proven, 'credential'); return; }
      const at = clock.now();
      const issued = await Promise.all(proven.value.holderKeys.map((key) => issueCredential(proven.value.configuration.format, {
        type: proven.value.configuration.type, issuer: signer, subject: key.did ?? didJwk(key.publicJwk), holderKey: key.publicJwk,
        claims: { customerKind: 'household', active: true, jurisdiction: 'DK', biddingZoneEic: '10YDK-1--------W', supplierDid: 'did:web:supplier.example', installedCapacityBand: 'up_to_10_8_kw' },
        issuedAt: at, validFrom: at, validUntil: instant(at + 86_400),
        status: proven.value.configuration.format === 'dc+sd-jwt'
          ? [{ kind: 'token', uri: `${server.origin}/status/1`, index: 7 }]
          : [{ kind: 'bitstring', purpose: 'revocation', uri: `${server.origin}/status/1`, index: 7 }, { kind: 'bitstring', purpose: 'suspension', uri: `${server.origin}/status/2`, index: 7 }],
        authority: { uri: `${server.origin}/authority/1`, digest: 'A'.repeat(43) as never },
      })));
      sendJson(response, 200, exchange.buildCredentialResponse(issued.map((credential) => credential.compact)));
      return;
    }
    sendJson(response, 404, {});
  });
  const credentialIssuer = `${server.origin}/dso`;
  exchange = createIssuanceExchange({
    tenant: tenantId('dso'), credentialIssuer, displayName: 'Test DSO', sessions: createExchangeSessionRepository(store), resolver, clock,
    settings: { ...ISSUANCE_SETTINGS, batchSize: 4, codeAttempts: 3 },
    configurations: buildConfigurations(['CustomerStatus', 'SystemOperatorRole'], {
      formats: (type) => (type === 'CustomerStatus' ? ['dc+sd-jwt'] : ['dc+sd-jwt', 'vc+jwt']), signingAlgorithms: ['ES256'],
    }),
  });
  return {
    exchange, credentialIssuer, signer, clock, resolver, store, requests,
    async stop() {
      await server.close();
      await store.close();
      setPlainHttpAllowed(false);
    },
  };
}
