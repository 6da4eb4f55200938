import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Kms } from '@credo-ts/core';
import type { SdJwtVcRecord } from '@credo-ts/core';
import { buildDpopProof } from '@gridpass/exchange';
import { openCredoWallet } from './credo-wallet.js';
import type { CredoWallet } from './credo-wallet.js';
import { startMarket } from './market-rig.js';
import type { MarketRig } from './market-rig.js';

/** Credo is a wallet of other people's making (openwallet-foundation/credo-ts), used as published on npm. */
describe('an unmodified Credo wallet', () => {
  let market: MarketRig;
  let credo: CredoWallet;
  beforeAll(async () => {
    // The wallet's key is not the browser's, so the gate binds to the session (RFC 9449 proofs by the session's key).
    market = await startMarket({ bindTo: 'session' });
    credo = await openCredoWallet();
  });
  afterAll(async () => {
    await credo.shutdown();
    await market.stop();
  });

  it('receives from our issuer and presents to our gate', async () => {
    const { holder } = credo.openid4vc;
    const offer = await holder.resolveCredentialOffer(await market.offer('CustomerStatus', 'MeteringPointEntitlement'));
    expect(Object.keys(offer.offeredCredentialConfigurations)).toEqual(['CustomerStatus_dc_sd_jwt', 'MeteringPointEntitlement_dc_sd_jwt']);
    const token = await holder.requestToken({ resolvedCredentialOffer: offer });
    // One key for both credentials: our gate wants one holder key behind a presentation.
    const key = await credo.kms.createKey({ type: { kty: 'EC', crv: 'P-256' } });
    const { credentials } = await holder.requestCredentials({
      resolvedCredentialOffer: offer,
      accessToken: token.accessToken,
      ...(token.dpop === undefined ? {} : { dpop: token.dpop }),
      credentialBindingResolver: () => ({ method: 'jwk', keys: [Kms.PublicJwk.fromPublicJwk(key.publicJwk)] }),
    });
    expect(credentials).toHaveLength(2);
    for (const { record } of credentials) await credo.sdJwtVc.store({ record: record as SdJwtVcRecord });

    const { uri, signer } = await market.gateRequest();
    const request = await holder.resolveOpenId4VpAuthorizationRequest(uri);
    expect(request.verifier.effectiveClientId).toBe(`decentralized_identifier:${market.market.did}`);
    expect(request.dcql?.queryResult.can_be_satisfied).toBe(true);
    const presented = await holder.acceptOpenId4VpAuthorizationRequest({
      authorizationRequestPayload: request.authorizationRequestPayload,
      dcql: { credentials: holder.selectCredentialsForDcqlRequest(request.dcql?.queryResult as never) },
    });
    expect(presented.serverResponse?.status).toBe(200);
    expect(presented.ok).toBe(true);
    const { response_code: code } = presented.serverResponse?.body as { response_code: string };

    const url = `${market.origin}/.gridpass/token`;
    const send = async (target: string, method: string, body?: object, accessToken?: string) => {
      let nonce: string | undefined;
      for (;;) {
        const dpop = await buildDpopProof({
          signer,
          method,
          url: target,
          at: market.clock.now(),
          ...(nonce === undefined ? {} : { nonce }),
          ...(accessToken === undefined ? {} : { accessToken }),
        });
        const response = await fetch(target, {
          method,
          headers: {
            dpop,
            'content-type': 'application/json',
            ...(accessToken === undefined ? {} : { authorization: `DPoP ${accessToken}` }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        if (response.status !== 401 || nonce !== undefined)
          return { status: response.status, body: (await response.json()) as Record<string, unknown> };
        nonce = response.headers.get('dpop-nonce') ?? '';
      }
    };
    const drawn = await send(url, 'POST', { response_code: code });
    expect(drawn).toMatchObject({ status: 200, body: { token_type: 'DPoP' } });
    const opened = await send(`${market.origin}/orders?powerW=9000`, 'GET', undefined, drawn.body['access_token'] as string);
    expect(opened).toMatchObject({ status: 200, body: { placed: 1 } });
  });

  it('is denied, not let in, when its holder is not entitled', async () => {
    const { uri } = await market.gateRequest();
    const empty = await openCredoWallet();
    const request = await empty.openid4vc.holder.resolveOpenId4VpAuthorizationRequest(uri);
    expect(request.dcql?.queryResult.can_be_satisfied).toBe(false);
    await empty.shutdown();
  });
});
