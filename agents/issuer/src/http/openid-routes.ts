import type Router from '@koa/router';
import { noteRequest } from '@gridpass/gate';
import type { Context } from 'koa';
import { watchBoundOf } from '../config.js';
import { assertWithinLimit, unwrap, requestIdOf } from './answer.js';
import { browserRoutes } from './browser-routes.js';
import { readForm, readJson } from './read.js';
import type { HttpParts, TenantRuntime } from './tenant-runtime.js';

type TenantOf = (ctx: Context) => TenantRuntime;

/** OpenID4VCI 1.0: metadata, token, nonce, credential. The exchange judges messages, the engine whether to issue. */
export function addOpenidRoutes(router: Router, parts: HttpParts, tenantOf: TenantOf): void {
  const { engine, config } = parts;
  const browsers = browserRoutes(router);

  const issuerMetadata = async (ctx: Context): Promise<void> => {
    const { exchange, signer, tenant } = tenantOf(ctx);
    ctx.set('Cache-Control', 'public, max-age=60');
    // Further members are allowed (12.2.4): the DID behind the signatures, where to apply, and how long a revocation may stay unseen.
    ctx.body = {
      ...exchange.issuerMetadata(),
      gridpass: {
        did: signer.did,
        applications_endpoint: `${config.publicOrigin}/t/${tenant}/applications`,
        status_staleness_bound_seconds: config.stalenessBoundSeconds,
        status_list_ttl_seconds: config.listTtlSeconds,
        prerequisites_watched_within_seconds: watchBoundOf(config),
      },
    };
  };
  const serverMetadata = async (ctx: Context): Promise<void> => {
    ctx.set('Cache-Control', 'public, max-age=60');
    ctx.body = tenantOf(ctx).exchange.authorizationServerMetadata();
  };
  // Between host and path (12.2.2), and at the end of the path for wallets of the drafts.
  browsers.get('/.well-known/openid-credential-issuer/t/:tenant', issuerMetadata);
  browsers.get('/t/:tenant/.well-known/openid-credential-issuer', issuerMetadata);
  browsers.get('/.well-known/oauth-authorization-server/t/:tenant', serverMetadata);
  browsers.get('/t/:tenant/.well-known/oauth-authorization-server', serverMetadata);

  browsers.post('/t/:tenant/token', async (ctx) => {
    ctx.state['protocolEndpoint'] = 'token';
    assertWithinLimit(ctx, parts);
    const { exchange } = tenantOf(ctx);
    const form = await readForm(ctx, config.maxBodyBytes);
    ctx.body = unwrap(await exchange.answerTokenRequest({ form, ...headerOf(ctx, 'dpop') }));
  });

  browsers.post('/t/:tenant/nonce', async (ctx) => {
    ctx.state['protocolEndpoint'] = 'credential';
    assertWithinLimit(ctx, parts);
    ctx.body = await tenantOf(ctx).exchange.createNonce();
  });

  browsers.post('/t/:tenant/credential', async (ctx) => {
    ctx.state['protocolEndpoint'] = 'credential';
    assertWithinLimit(ctx, parts);
    const { exchange, tenant } = tenantOf(ctx);
    const body = await readJson(ctx, config.maxBodyBytes);
    const request = unwrap(await exchange.parseCredentialRequest({ body, ...headerOf(ctx, 'authorization'), ...headerOf(ctx, 'dpop') }));
    try {
      const issued = unwrap(
        await engine.issueTo(tenant, {
          offerId: request.offerId,
          applicationId: request.reference,
          type: request.configuration.type,
          format: request.configuration.format,
          holderKeys: request.holderKeys,
          requestId: requestIdOf(ctx),
        }),
      );
      ctx.body = await exchange.buildCredentialResponse(issued.map(({ compact }) => compact));
    } finally {
      // The engine itself issues once to one set of keys; giving the right back lets a wallet ask again after a lost answer.
      await exchange.releaseIssuance(request);
    }
  });
}

/** A header as an option, left out where it is missing or was sent twice. */
function headerOf<Name extends 'authorization' | 'dpop'>(ctx: Context, name: Name): Partial<Record<Name, string>> {
  const values = ctx.req.rawHeaders.filter((_value, index, all) => index % 2 === 1 && all[index - 1]?.toLowerCase() === name);
  const [value] = values;
  return values.length === 1 && value !== undefined ? ({ [name]: value } as Record<Name, string>) : {};
}

/** Every tenant of the program is looked up by its exact name; unknown ones are not told from unknown routes. */
export function createTenantOf(parts: Pick<HttpParts, 'tenants'>): TenantOf {
  return (ctx) => {
    const name: unknown = (ctx as Context & { readonly params?: Readonly<Record<string, string>> }).params?.['tenant'];
    const tenant = typeof name === 'string' ? parts.tenants.get(name) : undefined;
    if (tenant !== undefined) noteRequest(ctx.req, { tenant: tenant.tenant });
    return tenant ?? unwrap({ ok: false, refusal: { kind: 'refusal', code: 'NOT_FOUND', stage: 'route', detail: 'no such tenant' } });
  };
}
