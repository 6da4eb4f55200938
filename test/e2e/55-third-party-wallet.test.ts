import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Kms, type SdJwtVcRecord } from '@credo-ts/core';
import { digestOf } from '@gridpass/codec';
import { accessOf, createGate } from '@gridpass/gate';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';
import { gateSettings, listen, openProgram } from '@gridpass/program';
import { createTestEngine, freePorts } from '@gridpass/testkit';
import Koa from 'koa';
import { openCredoWallet, type CredoWallet } from './_credo-host.js';
import { createDpopClient, type Answer, type DpopClient } from './_dpop.js';
import { ZONE, startIssuingChain, type IssuingChain } from './_issuing-chain.js';
import { freshFetch } from './_fetch.js';

const CHANNEL = 'own_plant';
const POLICY = `@id("own-plant") @denies("customer-not-active, other-zone, not-entitled-yet")
  permit (principal, action, resource)
  when { context.CustomerStatus.active }
  when { context.CustomerStatus.biddingZoneEic == "${ZONE}" }
  when { context.MeteringPointEntitlement.entitledFrom <= context.request.epochDay };`;

const CUSTOMER = { customerKind: 'household', active: true, jurisdiction: 'DK', biddingZoneEic: ZONE };
const ENTITLEMENT = {
  meteringPointHash: '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
  direction: 'combined',
  gridAreaEic: ZONE,
  entitledFrom: 20_500,
};

/** The browser beside the wallet: it has the session's key, the wallet has the credentials. */
interface Session {
  readonly request: string;
  call: DpopClient;
}

interface Market {
  readonly origin: string;
  readonly did: string;
  openSession(): Promise<Session>;
  close(): Promise<void>;
}

/** A market of its own: another program, store and identity than the issuers', in front of it nothing but our gate. */
async function startMarket(chain: IssuingChain): Promise<Market> {
  const port = await freePorts(8);
  const origin = `http://127.0.0.1:${port}`;
  const program = await openProgram({
    database: { kind: 'pglite', engine: await createTestEngine() },
    checkpointDirectory: 'forget-at-exit',
    keks: [{ id: 'k1', bytes: new Uint8Array(32).fill(9) }],
    chains: [],
    fetch: { allow: [chain.origin], allowPrivate: true },
  });
  const settings = await gateSettings(program, {
    tenant: 'market',
    publicOrigin: origin,
    anchors: [{ did: chain.rootDid, mayIssue: ['RegulatorAccreditation'] }],
    policies: { [CHANNEL]: POLICY },
    stalenessBoundSeconds: 1,
  });
  // The wallet's key is not the browser's, so the gate binds to the session's.
  const gate = createGate({ ...settings, bindTo: 'session' });
  const app = new Koa();
  app.use(gate.routes());
  app.use(gate.protect(CHANNEL));
  app.use((ctx) => {
    ctx.body = { welcome: accessOf(ctx).holderDid };
  });
  const answer = app.callback();
  const server = await listen((request, response) => void answer(request, response), { host: '127.0.0.1', port });

  async function openSession(): Promise<Session> {
    const signer = createSigner(generatePrivateJwk('ES256'));
    const client = createDpopClient(signer);
    const call: Session['call'] = (path, method, options) => client(`${origin}${path}`, method, options);
    const opened = await call('/.gridpass/requests', 'POST', { body: { channel: CHANNEL } });
    expect(opened.status).toBe(201);
    return { request: String(opened.body['authorizationRequest']), call };
  }
  return {
    origin,
    did: settings.signer.did,
    openSession,
    close: async () => {
      await server.close();
      await program.close();
    },
  };
}

/** One key for everything the wallet receives: our gate wants one holder key behind a presentation. */
async function receive(wallet: CredoWallet, offers: readonly string[]): Promise<void> {
  const key = await wallet.kms.createKey({ type: { kty: 'EC', crv: 'P-256' } });
  const { holder } = wallet.openid4vc;
  for (const offer of offers) {
    const resolvedCredentialOffer = await holder.resolveCredentialOffer(offer);
    const token = await holder.requestToken({ resolvedCredentialOffer });
    const { credentials } = await holder.requestCredentials({
      resolvedCredentialOffer,
      accessToken: token.accessToken,
      ...(token.dpop === undefined ? {} : { dpop: token.dpop }),
      // As hosts of Credo do it: a DID where the issuer takes DIDs, else the key.
      credentialBindingResolver: ({ supportedDidMethods, supportsAllDidMethods }) => {
        if (supportsAllDidMethods || (supportedDidMethods ?? []).length > 0) throw new Error('a key alone is what our issuers bind to');
        return { method: 'jwk', keys: [Kms.PublicJwk.fromPublicJwk(key.publicJwk)] };
      },
    });
    expect(credentials).toHaveLength(1);
    for (const { record } of credentials) await wallet.sdJwtVc.store({ record: record as SdJwtVcRecord });
  }
}

/** What the wallet does with a request it was handed, and what the gate answers it. */
async function present(wallet: CredoWallet, request: string): Promise<Answer> {
  const { holder } = wallet.openid4vc;
  const resolved = await holder.resolveOpenId4VpAuthorizationRequest(request);
  const result = resolved.dcql?.queryResult;
  if (result?.can_be_satisfied !== true) throw new Error('the wallet cannot answer the query');
  const { serverResponse } = await holder.acceptOpenId4VpAuthorizationRequest({
    authorizationRequestPayload: resolved.authorizationRequestPayload,
    dcql: { credentials: holder.selectCredentialsForDcqlRequest(result) },
  });
  return { status: serverResponse?.status ?? 0, body: serverResponse?.body as Answer['body'] };
}

/** Asks until the answer is the one waited for, up to two minutes; the last answer either way. */
async function until(ask: () => Promise<Answer>, code: string): Promise<Answer> {
  const end = Date.now() + 120_000;
  for (;;) {
    const answer = await ask();
    if (answer.body['code'] === code || Date.now() > end) return answer;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** Credo is a wallet of other people's making (openwallet-foundation/credo-ts), used as published on npm. */
describe('an unmodified Credo wallet', () => {
  const wallets: CredoWallet[] = [];
  let chain: IssuingChain;
  let market: Market;
  const openWallet = async (): Promise<CredoWallet> => {
    const wallet = await openCredoWallet();
    wallets.push(wallet);
    return wallet;
  };
  beforeAll(async () => {
    chain = await startIssuingChain();
    market = await startMarket(chain);
  });
  afterAll(async () => {
    for (const wallet of wallets) await wallet.shutdown();
    await market.close();
    await chain.close();
  });

  it('receives from our issuers, is let in by our gate, and is out again when its credential is revoked', async () => {
    const wallet = await openWallet();
    await receive(wallet, [
      await chain.offer('supplier', 'CustomerStatus', CUSTOMER),
      await chain.offer('dso', 'MeteringPointEntitlement', ENTITLEMENT),
    ]);

    const session = await market.openSession();
    const resolved = await wallet.openid4vc.holder.resolveOpenId4VpAuthorizationRequest(session.request);
    expect(resolved.verifier.effectiveClientId).toBe(`decentralized_identifier:${market.did}`);
    const presented = await present(wallet, session.request);
    expect(presented).toMatchObject({ status: 200, body: { response_code: expect.any(String) } });
    const page = await freshFetch(String(presented.body['redirect_uri']));
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);

    const stranger = await market.openSession();
    const body = { response_code: presented.body['response_code'] };
    expect((await stranger.call('/.gridpass/token', 'POST', { body })).status).not.toBe(200);
    const token = await session.call('/.gridpass/token', 'POST', { body });
    expect(token).toMatchObject({ status: 200, body: { token_type: 'DPoP', receipt: { index: expect.any(Number) } } });
    const accessToken = String(token.body['access_token']);
    expect(await session.call('/', 'GET', { accessToken })).toMatchObject({
      status: 200,
      body: { welcome: expect.stringMatching(/^did:jwk:/) },
    });

    expect(await chain.revokeAll('supplier', 'CustomerStatus')).toBe(1);
    expect(await until(() => session.call('/', 'GET', { accessToken }), 'GRANT_ENDED')).toMatchObject({
      status: 401,
      body: { code: 'GRANT_ENDED' },
    });
    const again = await market.openSession();
    expect(await present(wallet, again.request)).toMatchObject({ status: 401, body: { code: 'REVOKED' } });
  });

  it('is denied with a reason when what it shows does not meet the policy', async () => {
    const wallet = await openWallet();
    await receive(wallet, [
      await chain.offer('supplier', 'CustomerStatus', { ...CUSTOMER, active: false }),
      // Another household, and so another point.
      await chain.offer('dso', 'MeteringPointEntitlement', { ...ENTITLEMENT, meteringPointHash: digestOf('elsewhere') }),
    ]);
    const { request } = await market.openSession();
    expect(await present(wallet, request)).toMatchObject({
      status: 403,
      body: { code: 'POLICY_DENIED', reasons: ['customer-not-active'] },
    });
  });

  it('knows from the query that it holds too little', async () => {
    const wallet = await openWallet();
    await receive(wallet, [await chain.offer('supplier', 'CustomerStatus', CUSTOMER)]);
    const { request } = await market.openSession();
    const resolved = await wallet.openid4vc.holder.resolveOpenId4VpAuthorizationRequest(request);
    expect(resolved.dcql?.queryResult.can_be_satisfied).toBe(false);
  });
});
