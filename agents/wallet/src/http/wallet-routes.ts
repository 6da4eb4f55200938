import Router from '@koa/router';
import { bearerTokenOf, isTokenOf } from '@gridpass/codec';
import type { Clock, DidRepository, FetchPort } from '@gridpass/core';
import type { DidLifecycle } from '@gridpass/did';
import { checkQuery } from '@gridpass/gate';
import type { Context, Middleware } from 'koa';
import type { KeyRotation } from '@gridpass/program';
import type { WalletRuntime } from '../wallet-runtime.js';
import { markOwner, markReceiving, unwrap } from './answer.js';
import { addApplicationRoutes } from './application-routes.js';
import { addArchiveRoutes } from './archive-routes.js';
import { optionalText, paramOf, readJson, refused, requireText } from './body.js';
import { addConsentRoutes, readCall, toAnswerView } from './consent-routes.js';
import { addDidRoutes } from './did-routes.js';
import { toCredentialView } from './views.js';

/** What the routes work on. */
export interface RouteParts {
  readonly wallets: ReadonlyMap<string, WalletRuntime>;
  readonly clock: Clock;
  readonly fetch: FetchPort;
  readonly maxBodyBytes: number;
  /** Rotates the keys of organisations, where the program can. */
  readonly rotation: KeyRotation | undefined;
  readonly lifecycle: DidLifecycle | undefined;
  /** What the documents of organisations are made from. */
  readonly dids: Pick<DidRepository, 'readDid'>;
}

type Handler = (wallet: WalletRuntime, ctx: Context) => Promise<void>;

/** The wallet's REST face for its owner; every route wants the wallet's own bearer token. */
export function createWalletRoutes(parts: RouteParts): Middleware {
  const router = new Router({ sensitive: true, strict: true });
  const json = (ctx: Context) => readJson(ctx, parts.maxBodyBytes);
  const owned =
    (handler: Handler) =>
    async (ctx: Context): Promise<void> =>
      handler(ownWallet(parts.wallets, ctx), ctx);

  router.get(
    '/wallets/:tenant',
    owned(async ({ config, identity }, ctx) => {
      const { tenant, displayName, kind } = config;
      ctx.body = { tenant, displayName, kind, ...(identity === undefined ? {} : { did: identity.did, kid: identity.kid }) };
    }),
  );
  router.post(
    '/wallets/:tenant/offers',
    owned(async ({ holder }, ctx) => {
      const body = await json(ctx);
      const [txCode, audience, offer] = [optionalText(body, 'txCode'), optionalText(body, 'audience'), requireText(body, 'offer')];
      markReceiving(ctx);
      const held = unwrap(
        await holder.receiveOffer(offer, {
          ...(txCode === undefined ? {} : { txCode }),
          ...(audience === undefined ? {} : { audience }),
        }),
      );
      ctx.status = 201;
      ctx.body = { credentials: held.map((credential) => toCredentialView(credential, parts.clock.now())) };
    }),
  );
  router.get(
    '/wallets/:tenant/credentials',
    owned(async ({ holder }, ctx) => {
      ctx.body = { credentials: (await holder.credentials()).map((credential) => toCredentialView(credential, parts.clock.now())) };
    }),
  );
  router.post(
    '/wallets/:tenant/credentials/refresh',
    owned(async ({ holder }, ctx) => {
      ctx.body = { changed: await holder.refreshStates() };
    }),
  );
  router.delete(
    '/wallets/:tenant/credentials/:id',
    owned(async ({ holder }, ctx) => {
      if (!(await holder.removeCredential(paramOf(ctx, 'id')))) throw refused('NOT_FOUND', 'credential');
      ctx.status = 204;
    }),
  );
  addApplicationRoutes(router, parts, owned);
  addDidRoutes(router, parts, owned);
  addConsentRoutes(router, parts, owned);
  router.post(
    '/wallets/:tenant/present',
    owned(async ({ holder }, ctx) => {
      ctx.body = unwrap(await holder.present(requireText(await json(ctx), 'request')));
    }),
  );
  router.post(
    '/wallets/:tenant/access',
    owned(async ({ client }, ctx) => {
      ctx.body = toAnswerView(unwrap(await client.accessResource(readCall(await json(ctx)))));
    }),
  );
  router.get(
    '/wallets/:tenant/disclosures',
    owned(async ({ holder }, ctx) => {
      ctx.body = { disclosures: await holder.disclosures() };
    }),
  );
  router.get(
    '/wallets/:tenant/disclosures.ndjson',
    owned(async ({ holder }, ctx) => {
      ctx.type = 'application/x-ndjson';
      ctx.body = (await holder.disclosures()).map((disclosure) => `${JSON.stringify(disclosure)}\n`).join('');
    }),
  );
  router.delete(
    '/wallets/:tenant/disclosures',
    owned(async ({ holder }, ctx) => {
      ctx.body = { erased: await holder.eraseDisclosures() };
    }),
  );
  addArchiveRoutes(router, parts, owned);
  router.post(
    '/wallets/:tenant/leave',
    owned(async ({ holder, client }, ctx) => {
      await holder.leave();
      client.forgetTokens();
      ctx.status = 204;
    }),
  );
  return router.routes() as Middleware;
}

// The same answer for a wallet that is not there and a token that is wrong, in the same time.
function ownWallet(wallets: ReadonlyMap<string, WalletRuntime>, ctx: Context): WalletRuntime {
  const wallet = wallets.get(paramOf(ctx, 'tenant'));
  const token = bearerTokenOf(ctx.get('authorization'));
  if (!isTokenOf(token, wallet?.config.tokenDigest ?? '') || wallet === undefined) throw refused('ADMIN_TOKEN_INVALID', 'authorization');
  markOwner(ctx, wallet.name);
  unwrap(checkQuery(ctx, {}));
  return wallet;
}
