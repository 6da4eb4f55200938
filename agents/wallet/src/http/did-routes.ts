import type Router from '@koa/router';
import { randomToken } from '@gridpass/codec';
import { tenantId } from '@gridpass/core';
import type { RequestId } from '@gridpass/core';
import { buildDidWebDocument } from '@gridpass/did';
import type { KeyRotation } from '@gridpass/program';
import type { Context } from 'koa';
import type { WalletRuntime } from '../wallet-runtime.js';
import { unwrap } from './answer.js';
import { paramOf, refused } from './body.js';

type Owned = (handler: (wallet: WalletRuntime, ctx: Context) => Promise<void>) => (ctx: Context) => Promise<void>;

/**
 * The DID of an organisation: its did:web document for everybody, and a new key when its owner asks. What was issued to the old
 * key goes on answering with it; what is received from then on is bound to the new one.
 */
export function addDidRoutes(
  router: Router,
  parts: { readonly wallets: ReadonlyMap<string, WalletRuntime>; readonly rotation: KeyRotation | undefined },
  owned: Owned,
): void {
  router.get('/t/:tenant/did.json', (ctx) => {
    const identity = parts.wallets.get(paramOf(ctx, 'tenant'))?.identity;
    if (identity?.did.startsWith('did:web:') !== true) throw refused('NOT_FOUND', 'did');
    ctx.set('Cache-Control', 'public, max-age=60');
    ctx.body = buildDidWebDocument({ did: identity.did, keys: [identity.publicJwk], services: [] });
    ctx.type = 'application/did+json';
  });
  router.post(
    '/wallets/:tenant/did/rotate',
    owned(async ({ config, identity, client }, ctx) => {
      if (identity === undefined || parts.rotation === undefined) throw refused('NOT_FOUND', 'did');
      const context = { tenant: tenantId(config.tenant), actor: 'owner', requestId: randomToken() as RequestId };
      const { transactions, ...rotated } = unwrap(await parts.rotation.rotateKey(context, identity.did));
      // Tokens are bound to the face that drew them: the next call shows what there is now.
      client.forgetTokens();
      ctx.body = { ...rotated, transactions: [...transactions] };
    }),
  );
}
