import { assertOk, instant, ok, tenantId } from '@gridpass/core';
import type { Did, DidResolverPort, Nonce, TenantId } from '@gridpass/core';
import { randomToken } from '@gridpass/codec';
import { createDidResolver } from '@gridpass/did';
import {
  authorizationRequestUri,
  buildDcqlQuery,
  clientIdOf,
  createPresentationRequest,
  parseAuthorizationResponse,
} from '@gridpass/exchange';
import type { AuthorizationResponse } from '@gridpass/exchange';
import { openKeyVault } from '@gridpass/keys';
import type { KeyVault } from '@gridpass/keys';
import { createSchemas } from '@gridpass/schema';
import { createDidRepository, createKeyRepository, createWalletRepository } from '@gridpass/store';
import { createFakeStatus, createParty, listen, loopbackFetch, sendJson, startTestIssuer } from '@gridpass/testkit';
import type { FakeStatus, TestIssuer, TestIssuerOptions } from '@gridpass/testkit';
import { createArchiveTurns, createHolder, lendDidKeys } from '../index.js';
import type { Holder, HolderParts, LentKeys, WalletIdentity } from '../index.js';

export const schemas = createSchemas();

/** An issuer, wallets on its store, and verifiers that only ask and remember. */
export interface Rig {
  readonly issuer: TestIssuer;
  readonly vault: KeyVault;
  readonly status: FakeStatus;
  person(name: string, spareFaces: number): WalletIdentity;
  /** Keeps the DID among the tenant's, with keys that issue, and lends them. */
  lend(tenant: TenantId, did: Did, keyIds: readonly string[]): Promise<LentKeys>;
  wallet(name: string, more?: Partial<HolderParts>): Promise<{ holder: Holder; tenant: TenantId }>;
  offer(...ids: string[]): Promise<string>;
  verifier(name: string, needs?: Parameters<typeof buildDcqlQuery>[0]): Promise<TestVerifier>;
  stop(): Promise<void>;
}

export interface TestVerifier {
  readonly did: Did;
  readonly origin: string;
  readonly answers: Extract<AuthorizationResponse, { readonly kind: 'presentation' }>[];
  ask(more?: Partial<Parameters<typeof createPresentationRequest>[0]> & { method?: 'get' | 'post' }): Promise<string>;
}

export async function startRig(options: TestIssuerOptions = {}): Promise<Rig> {
  const issuer = await startTestIssuer(options);
  const repository = createKeyRepository(issuer.store);
  const vault = openKeyVault({ repository, keks: [{ id: 'k1', bytes: new Uint8Array(32).fill(7) }], clock: issuer.clock });
  const status = createFakeStatus();
  const real = createDidResolver({
    methods: ['jwk', 'key'],
    chains: [],
    fetch: loopbackFetch,
    clock: issuer.clock,
    cacheSeconds: 60,
    maxEntries: 100,
  });
  const resolver: DidResolverPort = {
    resolveDid: (did, more) =>
      did.startsWith('did:web:') ? issuer.resolver.resolveDid(did, { ...more, fresh: true }) : real.resolveDid(did, more),
  };
  const archives = createArchiveTurns();
  const servers: { close(): Promise<void> }[] = [];
  return {
    issuer,
    vault,
    status,
    async wallet(name, more = {}) {
      const tenant = tenantId(name);
      const identity: WalletIdentity = { kind: 'pairwise', spareFaces: 3, keys: vault.keysOf(tenant, 'holding') };
      return {
        tenant,
        holder: createHolder({
          tenant,
          identity,
          repository: createWalletRepository(issuer.store),
          resolver,
          fetch: loopbackFetch,
          status,
          clock: issuer.clock,
          schemas,
          issuerTrust: async () => ok(true),
          unregisteredVerifiers: 'answerUnregistered',
          clockSkewSeconds: 5,
          archives,
          ...more,
        }),
      };
    },
    person: (name, spareFaces) => ({ kind: 'pairwise', spareFaces, keys: vault.keysOf(tenantId(name), 'holding') }),
    async lend(tenant, did, keyIds) {
      const dids = createDidRepository(issuer.store);
      const row = { tenant, did, alias: '', provider: 'did:web', keyNamespace: 'issuing', keyIds, services: [] } as const;
      assertOk(await dids.saveDid({ ...row, controllerKeyId: keyIds[0] ?? '', createdAt: issuer.clock.now() }));
      return lendDidKeys({ vault, dids, tenant }, did);
    },
    async offer(...ids) {
      return (await issuer.exchange.createOffer({ configurationIds: ids, reference: 'r', txCode: false })).offerUri;
    },
    async verifier(
      name,
      needs = [
        [
          { type: 'CustomerStatus', claims: ['active', 'biddingZoneEic'] },
          { type: 'MeteringPointEntitlement', claims: ['exportLimitW'] },
        ],
      ],
    ) {
      const signer = createParty(name);
      issuer.resolver.publishKey(signer.did, signer.kid, signer.publicJwk);
      const requests = new Map<string, (walletNonce?: string) => Promise<string>>();
      const answers: Extract<AuthorizationResponse, { readonly kind: 'presentation' }>[] = [];
      const server = await listen(async (request, body, response) => {
        const made = requests.get(request.url ?? '');
        if (made !== undefined) {
          const walletNonce = new URLSearchParams(body).get('wallet_nonce');
          response.writeHead(200, { 'content-type': 'application/oauth-authz-req+jwt' });
          response.end(await made(walletNonce ?? undefined));
          return;
        }
        const parsed = parseAuthorizationResponse(Object.fromEntries(new URLSearchParams(body)));
        if (parsed.ok && parsed.value.kind === 'presentation') answers.push(parsed.value);
        sendJson(response, parsed.ok ? 200 : 400, {});
      });
      servers.push(server);
      return {
        did: signer.did,
        origin: server.origin,
        answers,
        async ask({ method = 'post', ...more } = {}) {
          const path = `/r/${randomToken(8)}`;
          requests.set(
            path,
            async (walletNonce) =>
              (
                await createPresentationRequest({
                  clientId: clientIdOf(signer.did),
                  signer,
                  nonce: randomToken(16) as Nonce,
                  state: randomToken(16),
                  responseUri: `${server.origin}/answer`,
                  dcql: buildDcqlQuery(needs),
                  at: issuer.clock.now(),
                  lifeSeconds: 120,
                  ...(walletNonce === undefined ? {} : { walletNonce }),
                  ...more,
                })
              ).requestObject,
          );
          return authorizationRequestUri({
            clientId: clientIdOf(signer.did),
            requestUri: `${server.origin}${path}`,
            requestUriMethod: method,
          });
        },
      };
    },
    async stop() {
      for (const server of servers) await server.close();
      await issuer.stop();
    },
  };
}

export const at = instant;
