import type Router from '@koa/router';
import { memberOf, randomToken } from '@gridpass/codec';
import { tenantId } from '@gridpass/core';
import type { Clock, DidRepository, JsonObject, RequestId } from '@gridpass/core';
import { publishDidWeb } from '@gridpass/did';
import type { KeyRotation } from '@gridpass/program';
import type { Context } from 'koa';
import type { WalletRuntime } from '../wallet-runtime.js';
import { unwrap } from './answer.js';
import { paramOf, readJson, refused, requireText } from './body.js';

type Owned = (handler: (wallet: WalletRuntime, ctx: Context) => Promise<void>) => (ctx: Context) => Promise<void>;

/**
 * The DID of an organisation: its did:web document for everybody, and a new key when its owner asks. What was issued to the old
 * key goes on answering with it; what is received from then on is bound to the new one. Services and the end are for did:web alone.
 */
export function addDidRoutes(
  router: Router,
  parts: {
    readonly wallets: ReadonlyMap<string, WalletRuntime>;
    readonly rotation: KeyRotation | undefined;
    readonly dids: Pick<DidRepository, 'readDid'>;
    readonly clock: Clock;
    readonly maxBodyBytes: number;
  },
  owned: Owned,
): void {
  const { rotation } = parts;
  /** The DID whose owner asks, and what can be done with it. */
  const openOwn = ({ config, identity }: WalletRuntime) => {
    if (identity === undefined || rotation === undefined) throw refused('NOT_FOUND', 'did');
    const context = { tenant: tenantId(config.tenant), actor: 'owner', requestId: randomToken() as RequestId };
    return { did: identity.did, rotation, context };
  };

  router.get('/t/:tenant/did.json', async (ctx) => {
    const { config, identity } = parts.wallets.get(paramOf(ctx, 'tenant')) ?? {};
    if (config === undefined || identity === undefined) throw refused('NOT_FOUND', 'did');
    ctx.body = unwrap(await publishDidWeb({ repository: parts.dids, clock: parts.clock }, tenantId(config.tenant), identity));
    ctx.set('Cache-Control', 'public, max-age=60');
    ctx.type = 'application/did+json';
  });
  router.post(
    '/wallets/:tenant/did/rotate',
    owned(async (wallet, ctx) => {
      const { did, rotation, context } = openOwn(wallet);
      const { transactions, ...rotated } = unwrap(await rotation.rotateKey(context, did));
      // Tokens are bound to the face that drew them: the next call shows what there is now.
      wallet.client.forgetTokens();
      ctx.body = { ...rotated, transactions: [...transactions] };
    }),
  );
  router.post(
    '/wallets/:tenant/did/services',
    owned(async (wallet, ctx) => {
      const { did, rotation, context } = openOwn(wallet);
      const body = await readClosed(ctx, parts.maxBodyBytes, ['type', 'endpoint', 'validSeconds']);
      const validSeconds = memberOf(body, 'validSeconds');
      if (typeof validSeconds !== 'number') throw refused('REQUEST_MALFORMED', 'validSeconds: a number');
      ctx.body = unwrap(await rotation.web.addService(context, did, { ...readService(body), validSeconds }));
    }),
  );
  router.delete(
    '/wallets/:tenant/did/services',
    owned(async (wallet, ctx) => {
      const { did, rotation, context } = openOwn(wallet);
      const body = await readClosed(ctx, parts.maxBodyBytes, ['type', 'endpoint']);
      ctx.body = unwrap(await rotation.web.removeService(context, did, readService(body)));
    }),
  );
  router.post(
    '/wallets/:tenant/did/deactivate',
    owned(async (wallet, ctx) => {
      const { did, rotation, context } = openOwn(wallet);
      // What cannot be taken back names what it ends.
      const named = requireText(await readClosed(ctx, parts.maxBodyBytes, ['did']), 'did');
      if (named !== did) throw refused('CONFLICT', "did: not this wallet's");
      ctx.body = unwrap(await rotation.web.deactivate(context, did));
      wallet.client.forgetTokens();
    }),
  );
}

const readService = (body: JsonObject) => ({ type: requireText(body, 'type'), endpoint: requireText(body, 'endpoint') });

/** A member that is not read would be a decision nobody made. */
async function readClosed(ctx: Context, maxBytes: number, known: readonly string[]): Promise<JsonObject> {
  const body = await readJson(ctx, maxBytes);
  const unknown = Object.keys(body).filter((name) => !known.includes(name));
  if (unknown.length > 0) throw refused('REQUEST_MALFORMED', `${unknown.join(', ')}: not read here`);
  return body;
}
